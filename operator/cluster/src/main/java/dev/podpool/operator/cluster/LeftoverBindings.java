package dev.podpool.operator.cluster;

import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.Set;

/**
 * Rights of queues that went while no operator ran. No garbage collector takes them: what is in no
 * namespace can't belong to what is in one.
 */
final class LeftoverBindings {

  private static final System.Logger LOG = System.getLogger(LeftoverBindings.class.getName());

  private final ApiCalls calls;
  private final Set<String> namespaces;

  /**
   * @param namespaces of the queues to look for; empty for all
   */
  LeftoverBindings(ApiCalls calls, Set<String> namespaces) {
    this.calls = calls;
    this.namespaces = namespaces;
  }

  /** Deletes those whose queue is gone. What fails is said, and left to the next start. */
  void sweep() {
    try {
      calls.bindings().forEach(this::deleteIfLeftOver);
    } catch (KubernetesClientException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "ClusterRoleBindings of queues that are gone may be left ({0}); the next start looks again",
          e.getMessage());
    }
  }

  private void deleteIfLeftOver(ClusterRoleBinding binding) {
    String name = binding.getMetadata().getName();
    ResourceID queue = QueueNames.ofBinding(name);
    if (queue == null) {
      return;
    }
    String namespace = queue.getNamespace().orElseThrow();
    if ((namespaces.isEmpty() || namespaces.contains(namespace))
        && calls.findQueue(namespace, queue.getName()) == null) {
      calls.deleteBinding(name);
    }
  }
}
