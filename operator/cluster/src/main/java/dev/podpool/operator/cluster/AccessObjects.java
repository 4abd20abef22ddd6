package dev.podpool.operator.cluster;

import dev.podpool.crd.QueueCluster;
import dev.podpool.rpc.AccessDirectory;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who a queue and its workers are, what they may do, and how whoever calls a queue finds it and
 * knows that it is it. All of it goes with the QueueCluster, but for the binding of the cluster's,
 * which the operator deletes.
 */
final class AccessObjects {

  /** Selects whatever is part of a queue. */
  static final String SELECTOR = Names.QUEUE + ",app.kubernetes.io/component=queue";

  private static final String RBAC = "rbac.authorization.k8s.io";
  // Made by whoever installs the operator.
  private static final String QUEUE_ROLE = "podpool-queue";
  private static final String WORKER_ROLE = "podpool-worker";

  private final QueueCluster queue;
  private final String name;
  private final String namespace;
  private final String trusted;

  /**
   * @param trusted who signs for queues, as PEM
   */
  AccessObjects(QueueCluster queue, String trusted) {
    this.queue = queue;
    this.name = queue.getMetadata().getName();
    this.namespace = queue.getMetadata().getNamespace();
    this.trusted = trusted;
  }

  /** In the order to make them in. */
  List<HasMetadata> all() {
    return List.of(
        account(QueueNames.object(name)),
        account(QueueNames.worker(name)),
        queueRights(),
        workerRights(),
        access());
  }

  /** Pods of ours say themselves which token they mount; nobody else's gets one. */
  private HasMetadata account(String called) {
    return new ServiceAccountBuilder()
        .withMetadata(QueueObjects.metadata(queue, called))
        .withAutomountServiceAccountToken(false)
        .build();
  }

  /** Who calls, and what they may, is asked of the whole cluster. */
  private HasMetadata queueRights() {
    return new ClusterRoleBindingBuilder()
        .withNewMetadata()
        .withName(QueueNames.binding(namespace, name))
        .withLabels(QueueObjects.labels(name))
        .endMetadata()
        .withNewRoleRef(RBAC, "ClusterRole", QUEUE_ROLE)
        .addNewSubject(null, "ServiceAccount", QueueNames.object(name), namespace)
        .build();
  }

  private HasMetadata workerRights() {
    String worker = QueueNames.worker(name);
    return new RoleBindingBuilder()
        .withMetadata(QueueObjects.metadata(queue, worker))
        .withNewRoleRef(RBAC, "ClusterRole", WORKER_ROLE)
        .addNewSubject(null, "ServiceAccount", worker, namespace)
        .build();
  }

  private HasMetadata access() {
    return new ConfigMapBuilder()
        .withMetadata(QueueObjects.metadata(queue, QueueNames.access(name)))
        .addToData(
            AccessDirectory.ENDPOINT, QueueNames.host(namespace, name) + ":" + QueueNames.PORT)
        .addToData(AccessDirectory.AUTHORITIES, trusted)
        .build();
  }

  // ---- since when

  /** Says on {@code access} that it is published {@code now}. */
  static void published(ConfigMap access, Instant now) {
    access
        .getMetadata()
        .getAnnotations()
        .put(Names.PUBLISHED_AT, now.truncatedTo(ChronoUnit.SECONDS).toString());
  }

  /** Since when {@code access} says to trust {@code authority}; null if it does not. */
  static @Nullable Instant publishedSince(@Nullable ConfigMap access, Authority authority) {
    return access != null
            && access.getData() != null
            && access
                .getData()
                .getOrDefault(AccessDirectory.AUTHORITIES, "")
                .contains(authority.certificatePem())
        ? publishedAt(access)
        : null;
  }

  /** Since when {@code access} is as it is; null if that is not known. */
  static @Nullable Instant publishedAt(ConfigMap access) {
    Map<String, String> annotations = access.getMetadata().getAnnotations();
    String since = annotations == null ? null : annotations.get(Names.PUBLISHED_AT);
    try {
      return since == null ? null : Instant.parse(since);
    } catch (DateTimeParseException e) {
      return null; // somebody has edited it
    }
  }
}
