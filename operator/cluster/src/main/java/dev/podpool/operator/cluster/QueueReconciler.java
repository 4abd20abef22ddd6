package dev.podpool.operator.cluster;

import dev.podpool.crd.Condition;
import dev.podpool.crd.QueueCluster;
import dev.podpool.crd.QueueClusterStatus;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Has queues become what their specs say. What is made carries a hash of what it was made from, and
 * is applied again when that is another, when somebody has changed it, or it is gone.
 */
@ControllerConfiguration(name = QueueReconciler.NAME, triggerReconcilerOnAllEvents = true)
public final class QueueReconciler implements Reconciler<QueueCluster> {

  static final String NAME = "queueclusters";

  private static final Duration LOOK_AGAIN = Duration.ofMinutes(5);
  private static final Duration LOOK_WHILE_STARTING = Duration.ofSeconds(30);

  private final PoolTools tools;
  private final CaStore ca;
  private final PoolQueue.All queues;
  private final PartMatcher parts = new PartMatcher();

  QueueReconciler(PoolTools tools, CaStore ca, PoolQueue.All queues) {
    this.tools = tools;
    this.ca = ca;
    this.queues = queues;
  }

  @Override
  public List<EventSource<?, QueueCluster>> prepareEventSources(
      EventSourceContext<QueueCluster> context) {
    return List.of(
        source(ServiceAccount.class, context),
        source(RoleBinding.class, context),
        bindings(context),
        source(ConfigMap.class, context),
        source(Service.class, context),
        source(PodDisruptionBudget.class, context),
        source(NetworkPolicy.class, context),
        source(StatefulSet.class, context),
        source(Pod.class, context));
  }

  private static <R extends HasMetadata> EventSource<?, QueueCluster> source(
      Class<R> type, EventSourceContext<QueueCluster> context) {
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(type, QueueCluster.class)
            .withName(type.getSimpleName())
            .withLabelSelector(AccessObjects.SELECTOR)
            .withSecondaryToPrimaryMapper(
                part ->
                    Set.of(
                        new ResourceID(
                            part.getMetadata().getLabels().get(Names.QUEUE),
                            part.getMetadata().getNamespace())))
            .withNamespacesInheritedFromController()
            .build(),
        context);
  }

  /** In no namespace, whichever are looked after: their names say which they are of. */
  private static EventSource<?, QueueCluster> bindings(EventSourceContext<QueueCluster> context) {
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(ClusterRoleBinding.class, QueueCluster.class)
            .withName(ClusterRoleBinding.class.getSimpleName())
            .withLabelSelector(AccessObjects.SELECTOR)
            .withSecondaryToPrimaryMapper(
                binding -> {
                  ResourceID queue = QueueNames.ofBinding(binding.getMetadata().getName());
                  return queue == null ? Set.of() : Set.of(queue);
                })
            .withWatchAllNamespaces()
            .build(),
        context);
  }

  @Override
  public UpdateControl<QueueCluster> reconcile(QueueCluster queue, Context<QueueCluster> context) {
    if (context.isPrimaryResourceDeleted()) {
      tools
          .calls()
          .deleteBinding(
              QueueNames.binding(
                  queue.getMetadata().getNamespace(), queue.getMetadata().getName()));
      queues.close(queue);
      return UpdateControl.noUpdate();
    }
    if (queue.isMarkedForDeletion()) {
      return UpdateControl.noUpdate(); // the garbage collector's
    }
    try {
      return run(queue, context);
    } catch (KubernetesClientException e) {
      if (!ApiCalls.isForTermination(e)) {
        throw e;
      }
      // It is deleted with its namespace, which is an event.
      return UpdateControl.<QueueCluster>noUpdate().rescheduleAfter(LOOK_AGAIN);
    }
  }

  private UpdateControl<QueueCluster> run(QueueCluster queue, Context<QueueCluster> context) {
    // First what its pod needs from its start.
    for (HasMetadata object : new AccessObjects(queue, ca.authorities().bundle()).all()) {
      apply(object, context);
    }
    StatefulSet there = context.getSecondaryResource(StatefulSet.class).orElse(null);
    List<Pod> pods = pods(context);
    for (HasMetadata object : new QueueObjects(queue, tools.settings()).all()) {
      if (object instanceof StatefulSet set && isToBeginAnew(queue, there, pods)) {
        set.getSpec().setReplicas(1);
      }
      apply(object, context);
    }
    var _ = queues.of(queue); // to hear of processes: no pool need be there
    Instant now = tools.clock().instant();
    Instant dataSince =
        DataMark.since(queue, context.getSecondaryResourcesAsStream(ConfigMap.class));
    QueueStatuses statuses = new QueueStatuses(queue, there, pods, dataSince, now);
    if (dataSince == null) {
      // Whoever has accepted that data is lost need not wait until a kubelet tries again.
      pods.stream()
          .filter(pod -> QueueObjects.hasFoundNoData(pod, Instant.EPOCH))
          .forEach(pod -> tools.calls().delete(pod, null));
      if (there != null && Owners.isOwned(there, queue) && statuses.serves()) {
        tools.calls().apply(DataMark.of(queue, now));
      }
    } else if (DataMark.isSilent(queue, context.getSecondaryResourcesAsStream(ConfigMap.class))) {
      mendMark(queue, dataSince);
    }
    boolean isWritten = publish(queue, statuses.status());
    return UpdateControl.<QueueCluster>noUpdate()
        .rescheduleAfter(
            !isWritten
                ? ApiCalls.UNWRITTEN
                : statuses.isWhole() ? LOOK_AGAIN : LOOK_WHILE_STARTING);
  }

  /** Not one that is gone, which a cache that is behind still has: somebody accepts a loss so. */
  private void mendMark(QueueCluster queue, Instant dataSince) {
    ConfigMap there =
        tools
            .calls()
            .findConfigMap(
                queue.getMetadata().getNamespace(), QueueNames.data(queue.getMetadata().getName()));
    if (there != null && DataMark.isSilent(queue, Stream.of(there))) {
      tools.calls().apply(DataMark.of(queue, dataSince));
    }
  }

  private static List<Pod> pods(Context<QueueCluster> context) {
    return context
        .getSecondaryResourcesAsStream(Pod.class)
        .sorted(Comparator.comparing(pod -> pod.getMetadata().getName()))
        .toList();
  }

  /**
   * Whether the queue grows, and its only pod does not know yet that it is to be one of several. It
   * begins anew before there are others: a StatefulSet rolls its last pod first, and waits until
   * that is ready, which those that join are not before this one lets them.
   */
  private boolean isToBeginAnew(QueueCluster queue, @Nullable StatefulSet cached, List<Pod> pods) {
    if (queue.getSpec().replicas() == 1
        || (cached != null && cached.getSpec().getReplicas() != 1)) {
      return false;
    }
    // A cache that is behind must neither take replicas away nor have them come too early.
    StatefulSet there =
        tools
            .calls()
            .findStatefulSet(
                queue.getMetadata().getNamespace(),
                QueueNames.object(queue.getMetadata().getName()));
    String first = QueueNames.pod(queue.getMetadata().getName(), 0);
    return there != null
        && there.getSpec().getReplicas() == 1
        && pods.stream()
            .filter(pod -> pod.getMetadata().getName().equals(first))
            .noneMatch(QueueObjects::isOfSeveral);
  }

  private void apply(HasMetadata wanted, Context<QueueCluster> context) {
    String hash = PodTemplate.hash(wanted);
    wanted.getMetadata().getAnnotations().put(Names.APPLIED, hash);
    boolean isThere =
        context
            .getSecondaryResourcesAsStream(wanted.getClass())
            .filter(there -> there.getMetadata().getName().equals(wanted.getMetadata().getName()))
            .anyMatch(there -> isApplied(there, hash) && isUnchanged(there, wanted, context));
    if (!isThere) {
      if (wanted instanceof ConfigMap access) {
        AccessObjects.published(access, since(access, hash));
      }
      tools.calls().apply(wanted);
    }
  }

  /** Whether nobody has changed it by hand since it was applied. */
  private boolean isUnchanged(HasMetadata there, HasMetadata wanted, Context<?> context) {
    String since = there.getMetadata().getAnnotations().get(Names.PUBLISHED_AT);
    if (since != null) {
      wanted.getMetadata().getAnnotations().put(Names.PUBLISHED_AT, since);
    }
    return parts.matches(there, wanted, context);
  }

  private static boolean isApplied(HasMetadata there, String hash) {
    return there.getMetadata().getAnnotations() != null
        && hash.equals(there.getMetadata().getAnnotations().get(Names.APPLIED));
  }

  /** Now, unless it is there already: the cache may not show yet what was applied a moment ago. */
  private Instant since(ConfigMap access, String hash) {
    ConfigMap there =
        tools
            .calls()
            .findConfigMap(access.getMetadata().getNamespace(), access.getMetadata().getName());
    Instant before =
        there != null && isApplied(there, hash) ? AccessObjects.publishedAt(there) : null;
    return before == null ? tools.clock().instant() : before;
  }

  /** Whether all is written that there is to say. */
  private boolean publish(QueueCluster queue, QueueClusterStatus next) {
    QueueClusterStatus last = queue.getStatus();
    if (next.equals(last)) {
      return true;
    }
    if (!tools.calls().status(queue, next)) {
      return false;
    }
    for (Condition news : QueueStatuses.news(next, last)) {
      tools.events().warning(queue, String.valueOf(news.reason()), String.valueOf(news.message()));
    }
    return true;
  }
}
