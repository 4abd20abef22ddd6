package dev.podpool.operator.cluster;

import dev.podpool.crd.QueueCluster;
import dev.podpool.crd.WorkerPool;
import dev.podpool.crd.WorkerPoolSpec;
import dev.podpool.operator.control.Control;
import dev.podpool.operator.plan.Plan;
import dev.podpool.operator.plan.PlannedStatus;
import dev.podpool.protocol.DefinePool;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Has pools become what their specs say.
 *
 * <p>Each reconciliation looks at all that there is, so none depends on the one before: the
 * operator may be killed between any two calls. A pool's identity is its uid; a pod's too.
 */
@ControllerConfiguration(name = PoolReconciler.NAME, triggerReconcilerOnAllEvents = true)
public final class PoolReconciler implements Reconciler<WorkerPool> {

  static final String NAME = "workerpools";

  private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);
  private static final Duration LOOK_AT_DELETED = Duration.ofSeconds(2);

  private final PoolTools tools;
  private final PoolQueue.All queues;
  private final Memories<PoolMemory> memories = new Memories<>(PoolMemory::new);
  private final Departed departed = new Departed();
  private final SimpleInboundEventSource<WorkerPool> queueNews =
      new SimpleInboundEventSource<>("queues");
  private @Nullable InformerEventSource<Pod, WorkerPool> pods;

  PoolReconciler(PoolTools tools, PoolQueue.All queues) {
    this.tools = tools;
    this.queues = queues;
  }

  /** A queue has said something new of that pool. */
  void queueHasNews(String namespace, String pool) {
    queueNews.propagateEvent(new ResourceID(pool, namespace));
  }

  @Override
  public List<EventSource<?, WorkerPool>> prepareEventSources(
      EventSourceContext<WorkerPool> context) {
    var ofPods =
        new InformerEventSource<Pod, WorkerPool>(
            InformerEventSourceConfiguration.from(Pod.class, WorkerPool.class)
                .withName("pods")
                .withLabelSelector(Names.POOL + ",app.kubernetes.io/component=worker")
                .withSecondaryToPrimaryMapper(PoolReconciler::poolOf)
                .withNamespacesInheritedFromController()
                .build(),
            context) {
          @Override
          public void onDelete(Pod pod, boolean isStale) {
            // The next reconciliation may well be too late to see how it ended.
            departed.add(new WorkerPod(pod));
            super.onDelete(pod, isStale);
          }
        };
    pods = ofPods;
    var ofAnchors =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(ConfigMap.class, WorkerPool.class)
                .withName("anchors")
                .withLabelSelector(Names.POOL + ",app.kubernetes.io/component=anchor")
                .withSecondaryToPrimaryMapper(PoolReconciler::poolOf)
                .withNamespacesInheritedFromController()
                .build(),
            context);
    var ofQueues =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(QueueCluster.class, WorkerPool.class)
                .withName("queue-clusters")
                .withSecondaryToPrimaryMapper(
                    queue ->
                        context
                            .getPrimaryCache()
                            .list(
                                queue.getMetadata().getNamespace(),
                                pool ->
                                    pool.getSpec()
                                        .queueOrDefault()
                                        .equals(queue.getMetadata().getName()))
                            .map(ResourceID::fromResource)
                            .collect(Collectors.toSet()))
                .withPrimaryToSecondaryMapper(
                    (WorkerPool pool) ->
                        Set.of(
                            new ResourceID(
                                pool.getSpec().queueOrDefault(),
                                pool.getMetadata().getNamespace())))
                .withNamespacesInheritedFromController()
                .build(),
            context);
    return List.of(ofPods, ofAnchors, ofQueues, queueNews);
  }

  private static Set<ResourceID> poolOf(io.fabric8.kubernetes.api.model.HasMetadata part) {
    return Set.of(
        new ResourceID(
            part.getMetadata().getLabels().get(Names.POOL), part.getMetadata().getNamespace()));
  }

  @Override
  public UpdateControl<WorkerPool> reconcile(WorkerPool pool, Context<WorkerPool> context) {
    PoolQueue queue = context.getSecondaryResource(QueueCluster.class).map(queues::of).orElse(null);
    if (context.isPrimaryResourceDeleted()) {
      gone(pool, queue);
      return UpdateControl.noUpdate();
    }
    return UpdateControl.<WorkerPool>noUpdate().rescheduleAfter(there(pool, queue, context));
  }

  private Duration there(WorkerPool pool, @Nullable PoolQueue queue, Context<WorkerPool> context) {
    try {
      return pool.isMarkedForDeletion()
          ? deleted(pool, queue, context)
          : living(pool, queue, context);
    } catch (KubernetesClientException e) {
      if (!ApiCalls.isForTermination(e)) {
        throw e;
      }
      return LOOK_AGAIN; // it is deleted with its namespace, which is an event
    }
  }

  // ---- a pool that is wanted

  private Duration living(WorkerPool pool, @Nullable PoolQueue queue, Context<WorkerPool> context) {
    PoolMemory memory = memories.of(pool);
    holdIfJoined(pool);
    if (queue == null) {
      return withoutQueue(pool, memory, context);
    }
    define(pool, queue, memory);
    QueueView view = queue.view(pool.getMetadata().getName()).of(pool.getMetadata().getUid());
    String problem = queue.problem(pool.getMetadata().getName());
    if (view.pool() == null && (view.reachable() || !wasEverDefined(pool))) {
      // Workers of a pool that the queue does not know would be sent away.
      return waiting(
          pool,
          memory,
          queue,
          !problem.isEmpty()
              ? new PlannedStatus(0, 0, true, false, "PoolRefused", problem)
              : view.reachable()
                  ? new PlannedStatus(0, 0, true, false, "Starting")
                  : new PlannedStatus(0, 0, true, false, "QueueUnreachable", "Queue unreachable"),
          context);
    }
    PoolTurn turn = turn(pool, memory, queue, context);
    Plan plan = turn.run(podsOf(context), departed.take(pool));
    turn.publish(told(plan.status(), context));
    dropAnchorOfOld(pool, context);
    return turn.again(plan);
  }

  private void holdIfJoined(WorkerPool pool) {
    boolean held = pool.getMetadata().getFinalizers().contains(Names.JOIN);
    if (!held && !pool.getSpec().daemon()) {
      tools.calls().hold(pool);
    } else if (held && pool.getSpec().daemon()) {
      tools.calls().release(pool);
    }
  }

  private static boolean wasEverDefined(WorkerPool pool) {
    return pool.getStatus() != null && pool.getStatus().queueIndex() != null;
  }

  private Duration withoutQueue(WorkerPool pool, PoolMemory memory, Context<WorkerPool> context) {
    String name = pool.getSpec().queueOrDefault();
    if (tools.settings().makesDefaultQueue() && name.equals(WorkerPoolSpec.QUEUE_DEFAULT)) {
      QueueCluster made = new QueueCluster();
      made.setMetadata(
          new ObjectMetaBuilder()
              .withName(name)
              .withNamespace(pool.getMetadata().getNamespace())
              .build());
      tools.calls().createIfAbsent(made);
      tools
          .events()
          .normal(pool, "QueueMade", "Made QueueCluster %s, as there was none".formatted(name));
      return LOOK_AGAIN; // it is seen before that
    }
    return waiting(
        pool,
        memory,
        PoolQueue.NONE,
        new PlannedStatus(
            0,
            0,
            true,
            false,
            "QueueMissing",
            "No QueueCluster %s in this namespace: make one, or change spec.queue".formatted(name)),
        context);
  }

  /** What there is stays as it is. */
  private Duration waiting(
      WorkerPool pool,
      PoolMemory memory,
      PoolQueue queue,
      PlannedStatus planned,
      Context<WorkerPool> context) {
    int there = (int) podsOf(context).stream().filter(pod -> !pod.hasEnded()).count();
    var status = new PlannedStatus(there, 0, true, false, planned.reason(), planned.message());
    PoolTurn turn = turn(pool, memory, queue, context);
    turn.publish(told(status, context));
    return turn.againAt(LOOK_AGAIN);
  }

  private void define(WorkerPool pool, PoolQueue queue, PoolMemory memory) {
    String name = pool.getMetadata().getName();
    String uid = pool.getMetadata().getUid();
    QueueView view = queue.view(name);
    int generation = queue.generation();
    DefinePool definition = Control.definition(name, uid, pool.getSpec());
    var known = view.pool();
    // A process is nobody's remains: then the pool must be named otherwise, and is refused.
    if (known != null
        && !known.getUid().equals(uid)
        && !known.hasProcess()
        && memory.deletedIn != generation) {
      memory.deletedIn = generation;
      queue.delete(name, known.getUid()); // of a pool that was here before this one
    } else if (memory.definedIn == generation
        && definition.equals(memory.defined)
        && (known != null || !view.reachable())) {
      return;
    }
    memory.definedIn = generation;
    memory.defined = definition;
    queue.define(definition);
  }

  /** Whom its pods go with; null if that can't be had now. */
  private @Nullable OwnerReference owner(WorkerPool pool, Context<WorkerPool> context) {
    if (pool.getSpec().daemon()) {
      return Owners.reference(pool);
    }
    ConfigMap anchor = anchor(pool, context);
    return anchor == null ? null : Owners.reference(anchor);
  }

  private @Nullable ConfigMap anchor(WorkerPool pool, Context<WorkerPool> context) {
    Optional<ConfigMap> cached = context.getSecondaryResource(ConfigMap.class, "anchors");
    if (cached.isPresent()) {
      if (Owners.isOf(cached.get(), pool) && !cached.get().isMarkedForDeletion()) {
        return cached.get();
      }
      // Of a pool that was here before this one; its workers go with it.
      tools.calls().delete(cached.get(), null);
    }
    ConfigMap wanted = Owners.anchor(pool);
    try {
      return tools.calls().createAnchor(wanted);
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
      ConfigMap there =
          tools
              .calls()
              .findConfigMap(wanted.getMetadata().getNamespace(), wanted.getMetadata().getName());
      return there != null && Owners.isOf(there, pool) ? there : null;
    }
  }

  /** A daemon pool that was none needs no anchor, once no pod goes with it. */
  private void dropAnchorOfOld(WorkerPool pool, Context<WorkerPool> context) {
    Optional<ConfigMap> anchor = context.getSecondaryResource(ConfigMap.class, "anchors");
    if (pool.getSpec().daemon() && anchor.isPresent()) {
      String uid = anchor.get().getMetadata().getUid();
      boolean needed =
          podsOf(context).stream()
              .anyMatch(pod -> pod.controller().filter(o -> o.getUid().equals(uid)).isPresent());
      if (!needed) {
        tools.calls().delete(anchor.get(), null);
      }
    }
  }

  // ---- a pool that is deleted

  private Duration deleted(
      WorkerPool pool, @Nullable PoolQueue queue, Context<WorkerPool> context) {
    PoolMemory memory = memories.of(pool);
    boolean held = pool.getMetadata().getFinalizers().contains(Names.JOIN);
    if (pool.getSpec().daemon() || !held) {
      // Its pods are the garbage collector's; who waits for its tasks is told now.
      deleteInQueue(pool, queue, memory);
      if (held) {
        tools.calls().release(pool);
      }
      return LOOK_AGAIN;
    }
    if (tools.calls().isTerminating(pool.getMetadata().getNamespace())) {
      deleteInQueue(pool, queue, memory);
      tools.calls().release(pool);
      return LOOK_AGAIN;
    }
    PoolQueue told = queue == null ? PoolQueue.NONE : queue;
    PoolTurn turn = turn(pool, memory, told, context);
    Plan plan = turn.run(podsOf(context), departed.take(pool));
    if (plan.over()) {
      warnOfUnfinished(pool, told, memory);
      deleteInQueue(pool, queue, memory);
    }
    if (plan.gone()) {
      dropAnchor(pool);
      tools.calls().release(pool);
      return LOOK_AGAIN;
    }
    turn.publish(told(plan.status(), context));
    Duration again = turn.again(plan);
    return again.compareTo(LOOK_AT_DELETED) < 0 ? again : LOOK_AT_DELETED;
  }

  private void warnOfUnfinished(WorkerPool pool, PoolQueue queue, PoolMemory memory) {
    QueueView view = queue.view(pool.getMetadata().getName()).of(pool.getMetadata().getUid());
    long unfinished = view.unfinished();
    if (memory.deletedIn != 0 || (view.reachable() && unfinished == 0)) {
      return;
    }
    String deadline =
        pool.getSpec().drainDeadline() == null ? "10m" : pool.getSpec().drainDeadline();
    String what =
        !view.reachable()
            ? "the queue does not answer, and cancels what is left when it does"
            : unfinished == 1 ? "1 task is cancelled" : unfinished + " tasks are cancelled";
    tools
        .events()
        .warning(
            pool,
            "DrainDeadlinePassed",
            "drainDeadline of %s has passed: %s".formatted(deadline, what));
  }

  private static void deleteInQueue(WorkerPool pool, @Nullable PoolQueue queue, PoolMemory memory) {
    if (queue != null && memory.deletedIn != queue.generation()) {
      memory.deletedIn = queue.generation();
      queue.delete(pool.getMetadata().getName(), pool.getMetadata().getUid());
    }
  }

  /** Not from the cache, which may not have it yet: nobody comes back for it. */
  private void dropAnchor(WorkerPool pool) {
    ConfigMap anchor =
        tools
            .calls()
            .findConfigMap(
                pool.getMetadata().getNamespace(), Owners.anchorName(pool.getMetadata().getName()));
    if (anchor != null && Owners.isOf(anchor, pool)) {
      tools.calls().delete(anchor, null);
    }
  }

  private void gone(WorkerPool pool, @Nullable PoolQueue queue) {
    deleteInQueue(pool, queue, memories.of(pool));
    memories.forget(pool);
    departed.take(pool);
    dropAnchor(pool); // it is there if somebody else took the finalizer away
  }

  // ---- both

  private PoolTurn turn(
      WorkerPool pool, PoolMemory memory, PoolQueue queue, Context<WorkerPool> context) {
    Set<String> owners = new HashSet<>();
    owners.add(pool.getMetadata().getUid());
    context
        .getSecondaryResource(ConfigMap.class, "anchors")
        .filter(anchor -> Owners.isOf(anchor, pool))
        .map(anchor -> anchor.getMetadata().getUid())
        .ifPresent(owners::add);
    return new PoolTurn(pool, tools, memory, queue, () -> owner(pool, context), owners, this::seen);
  }

  /** {@code planned}, unless its queue waits for a person: that comes first. */
  private static PlannedStatus told(PlannedStatus planned, Context<WorkerPool> context) {
    return context
        .getSecondaryResource(QueueCluster.class)
        .filter(QueueStatuses::saysDataLost)
        .map(queue -> queue.getMetadata().getName())
        .map(
            name ->
                planned.saying(
                    "QueueDataLost",
                    "Queue unreachable: its data is lost, kubectl describe qc/%s says what to do"
                        .formatted(name)))
        .orElse(planned);
  }

  private void seen(Pod now, @Nullable Pod before) {
    if (pods == null) {
      return;
    }
    if (before == null) {
      pods.handleRecentResourceCreate(ResourceID.fromResource(now), now);
    } else {
      pods.handleRecentResourceUpdate(ResourceID.fromResource(now), now, before);
    }
  }

  /** In places of their own: another pod that somebody has labelled so is none of the pool's. */
  private static List<WorkerPod> podsOf(Context<WorkerPool> context) {
    String pool = context.getPrimaryResource().getMetadata().getName();
    return context
        .getSecondaryResourcesAsStream(Pod.class)
        .map(WorkerPod::new)
        .filter(pod -> pod.ordinal() >= 0 && pod.name().equals(pool + "-" + pod.ordinal()))
        .toList();
  }
}
