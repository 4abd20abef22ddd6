package dev.podpool.operator.cluster;

import dev.podpool.crd.Condition;
import dev.podpool.crd.Condition.Truth;
import dev.podpool.crd.QueueCluster;
import dev.podpool.crd.QueueClusterStatus;
import dev.podpool.operator.plan.Worker;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetStatus;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
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
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Has queues become what their specs say. What is made carries a hash of what it was made from, and
 * is applied again when that is another, or it is gone.
 */
@ControllerConfiguration(name = QueueReconciler.NAME, triggerReconcilerOnAllEvents = true)
public final class QueueReconciler implements Reconciler<QueueCluster> {

  static final String NAME = "queueclusters";

  private static final String SELECTOR = Names.QUEUE + ",app.kubernetes.io/component=queue";
  private static final Duration LOOK_AGAIN = Duration.ofMinutes(5);
  private static final Duration LOOK_WHILE_STARTING = Duration.ofSeconds(30);

  private final PoolTools tools;
  private final QueueKeys keys;
  private final PoolQueue.All queues;

  QueueReconciler(PoolTools tools, QueueKeys keys, PoolQueue.All queues) {
    this.tools = tools;
    this.keys = keys;
    this.queues = queues;
  }

  @Override
  public List<EventSource<?, QueueCluster>> prepareEventSources(
      EventSourceContext<QueueCluster> context) {
    return List.of(
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
            .withLabelSelector(SELECTOR)
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

  @Override
  public UpdateControl<QueueCluster> reconcile(QueueCluster queue, Context<QueueCluster> context) {
    if (context.isPrimaryResourceDeleted()) {
      queues.close(queue);
      return UpdateControl.noUpdate();
    }
    if (queue.isMarkedForDeletion()) {
      return UpdateControl.noUpdate(); // the garbage collector's
    }
    QueueObjects objects = new QueueObjects(queue, tools.settings());
    Optional<StatefulSet> there = context.getSecondaryResource(StatefulSet.class);
    if (there.isEmpty() || readyReplicas(there.get()) < queue.getSpec().replicas()) {
      tools.calls().createIfAbsent(objects.secret(keys.of(queue)));
    }
    for (HasMetadata object : objects.all()) {
      apply(object, context.getSecondaryResource(object.getClass()).orElse(null));
    }
    publish(queue, there.map(QueueReconciler::readyReplicas).orElse(0), trouble(context));
    boolean serves = there.isPresent() && readyReplicas(there.get()) >= queue.getSpec().replicas();
    return UpdateControl.<QueueCluster>noUpdate()
        .rescheduleAfter(serves ? LOOK_AGAIN : LOOK_WHILE_STARTING);
  }

  private void apply(HasMetadata wanted, @Nullable HasMetadata there) {
    String hash = PodTemplate.hash(wanted);
    boolean isThere =
        there != null
            && there.getMetadata().getAnnotations() != null
            && hash.equals(there.getMetadata().getAnnotations().get(Names.APPLIED));
    if (!isThere) {
      wanted.getMetadata().getAnnotations().put(Names.APPLIED, hash);
      tools.calls().apply(wanted);
    }
  }

  private static int readyReplicas(StatefulSet set) {
    StatefulSetStatus status = set.getStatus();
    return status == null || status.getReadyReplicas() == null ? 0 : status.getReadyReplicas();
  }

  private static Worker.@Nullable Trouble trouble(Context<QueueCluster> context) {
    return context
        .getSecondaryResourcesAsStream(Pod.class)
        .map(pod -> PodTrouble.of(pod, QueueObjects.CONTAINER))
        .filter(trouble -> trouble != null)
        .findFirst()
        .orElse(null);
  }

  // ---- status

  private void publish(QueueCluster queue, int ready, Worker.@Nullable Trouble trouble) {
    QueueClusterStatus last = queue.getStatus();
    Condition condition = condition(queue, ready, trouble);
    QueueClusterStatus next =
        new QueueClusterStatus(ready, queue.getMetadata().getGeneration(), List.of(condition));
    if (!next.equals(last)) {
      tools.calls().status(queue, next);
      boolean said =
          last != null
              && last.conditions().stream()
                  .anyMatch(before -> String.valueOf(condition.message()).equals(before.message()));
      if (trouble != null && !said) {
        tools.events().warning(queue, trouble.reason(), String.valueOf(condition.message()));
      }
    }
  }

  private Condition condition(QueueCluster queue, int ready, Worker.@Nullable Trouble trouble) {
    boolean serves = ready >= queue.getSpec().replicas();
    String reason = serves ? "Serving" : trouble == null ? "Starting" : trouble.reason();
    String message =
        serves ? "Serving" : trouble == null ? "Starting" : "Pending: queue " + trouble.words();
    Condition now =
        new Condition(
            "Ready",
            serves ? Truth.True : Truth.False,
            queue.getMetadata().getGeneration(),
            tools.clock().instant().truncatedTo(ChronoUnit.SECONDS).toString(),
            reason,
            message);
    return queue.getStatus() == null ? now : Conditions.since(now, queue.getStatus().conditions());
  }
}
