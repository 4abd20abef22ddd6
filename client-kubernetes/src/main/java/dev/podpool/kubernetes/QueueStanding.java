package dev.podpool.kubernetes;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The QueueClusters of a namespace, and what their status says. */
record QueueStanding(List<GenericKubernetesResource> all) {

  private static final ResourceDefinitionContext QUEUES =
      new ResourceDefinitionContext.Builder()
          .withGroup("podpool.dev")
          .withVersion("v1alpha1")
          .withKind("QueueCluster")
          .withPlural("queueclusters")
          .withNamespaced(true)
          .build();

  /** Asks for them; a KubernetesClientException where they can't be had. */
  static QueueStanding of(KubernetesClient client, String namespace) {
    return new QueueStanding(
        client.genericKubernetesResources(QUEUES).inNamespace(namespace).list().getItems());
  }

  List<String> names() {
    return all.stream().map(queue -> queue.getMetadata().getName()).toList();
  }

  /**
   * Why a queue does not serve.
   *
   * @param reason in a word for programs
   */
  record Pending(String reason, String words) {

    /** Whether that will stay so until a person does something. */
    boolean isDataLost() {
      return reason.equals("DataLost");
    }
  }

  /** Why that queue does not serve yet; null where it does. It must be among these. */
  @Nullable Pending pending(String queue) {
    GenericKubernetesResource found =
        all.stream()
            .filter(each -> each.getMetadata().getName().equals(queue))
            .findFirst()
            .orElseThrow();
    if (found.get("status", "conditions") instanceof List<?> conditions) {
      for (Object each : conditions) {
        if (each instanceof Map<?, ?> condition && "Ready".equals(condition.get("type"))) {
          return "True".equals(condition.get("status"))
              ? null
              : new Pending(
                  String.valueOf(condition.get("reason")),
                  String.valueOf(condition.get("message")));
        }
      }
    }
    return new Pending("Unseen", "the operator has not looked at it yet");
  }
}
