package dev.podpool.operator.cluster;

import com.google.protobuf.ByteString;
import dev.podpool.crd.Condition;
import dev.podpool.crd.WorkerPool;
import dev.podpool.crd.WorkerPoolStatus;
import dev.podpool.operator.plan.Observed;
import dev.podpool.operator.plan.Plan;
import dev.podpool.operator.plan.PlannedStatus;
import dev.podpool.operator.plan.PoolSpec;
import dev.podpool.operator.plan.Step;
import dev.podpool.operator.plan.Worker;
import dev.podpool.protocol.WorkerStatus;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One reconciliation of a pool that has its queue and its owner: observe, plan, apply, publish. */
final class PoolTurn {

  // Reasons for which nobody has to do anything.
  private static final Set<String> EVERYDAY =
      Set.of(
          "Joined",
          "DrainedByHand",
          "Working",
          "Starting",
          "Rolling",
          "ScalingDown",
          "Draining",
          "Stopping",
          "QueueUnreachable");

  private static final Duration GONE_OVERDUE = Duration.ofSeconds(30);
  private static final Duration LOOK_WHILE_WORKING = Duration.ofSeconds(10);

  private final WorkerPool pool;
  private final PoolTools tools;
  private final PoolMemory memory;
  private final PoolQueue queue;
  private final QueueView view;
  private final Map<ByteString, WorkerStatus> sessions;
  private final PodTemplate template;
  private final Supplier<@Nullable OwnerReference> owner;
  private final Set<String> owners;
  private final BiConsumer<Pod, @Nullable Pod> seen;
  private final Instant now;
  private Duration again = Duration.ofSeconds(30);
  private int heldBack;

  /**
   * @param owner makes whom new pods go with, if need be; null if another has its name
   * @param owners uids of whom this pool's pods may go with
   * @param seen takes a pod as the API server has just shown it, and what it was before if anything
   */
  PoolTurn(
      WorkerPool pool,
      PoolTools tools,
      PoolMemory memory,
      PoolQueue queue,
      Supplier<@Nullable OwnerReference> owner,
      Set<String> owners,
      BiConsumer<Pod, @Nullable Pod> seen) {
    this.pool = pool;
    this.tools = tools;
    this.memory = memory;
    this.queue = queue;
    this.view = queue.view(name()).of(pool.getMetadata().getUid());
    this.sessions = view.workers();
    this.template = new PodTemplate(pool, tools.settings().workerImage());
    this.owner = owner;
    this.owners = owners;
    this.seen = seen;
    this.now = tools.clock().instant();
  }

  private String name() {
    return pool.getMetadata().getName();
  }

  private @Nullable Instant deletedAt() {
    String at = pool.getMetadata().getDeletionTimestamp();
    return at == null ? null : Instant.parse(at);
  }

  /**
   * Does it.
   *
   * @param pods that carry the pool's label, each in a place of its own
   * @param departed those that have gone since the last time
   * @return what was planned
   */
  Plan run(List<WorkerPod> pods, List<WorkerPod> departed) {
    Observed observed = PoolObserver.observe(pods, owners, view, memory, now);
    var spec = pool.getSpec();
    Plan plan =
        Plan.towards(
            new PoolSpec(
                name(),
                spec.workers(),
                template.hash(),
                spec.daemon(),
                spec.drainDeadlineOrDefault(),
                deletedAt()),
            observed,
            now);
    memory.backoff = plan.backoff();
    departed.stream()
        // Of one that was forced away nobody knows whether it runs on: its session's end will tell.
        .filter(WorkerPod::hasEnded)
        .forEach(pod -> tellEnd(pod, sessions.containsKey(pod.nonce())));
    settle(pods);
    keepCordoned(pods, plan);
    apply(plan, pods);
    heldBack = (int) pods.stream().filter(this::isHeldBack).count();
    return plan;
  }

  /** When to look again, whatever happens meanwhile. */
  Duration again(Plan plan) {
    Duration most = view.unfinished() > 0 ? LOOK_WHILE_WORKING : plan.recheckAfter();
    most = most.compareTo(plan.recheckAfter()) < 0 ? most : plan.recheckAfter();
    return again.compareTo(most) < 0 ? again : most;
  }

  /** The same, where there is no plan. */
  Duration againAt(Duration most) {
    return again.compareTo(most) < 0 ? again : most;
  }

  private void lookAgainIn(Duration time) {
    Duration soon = time.isPositive() ? time : Duration.ofMillis(1);
    again = soon.compareTo(again) < 0 ? soon : again;
  }

  // ---- what needs no plan

  /** Brings pods, and what the queue knows of them, to what they were meant to be. */
  private void settle(List<WorkerPod> pods) {
    for (WorkerPod pod : pods) {
      if (pod.hasEnded()) {
        tellEnd(pod, sessions.containsKey(pod.nonce()));
      }
      Instant goneAt = pod.goneAt();
      if (goneAt != null) {
        endIfOverdue(pod, goneAt);
      } else if (pod.controller().isEmpty()) {
        tools.calls().delete(pod.pod(), null); // was orphaned: nobody's, in a place of this pool's
      } else if (isOfOldOwner(pod)) {
        OwnerReference now = owner.get();
        if (now != null) {
          seen.accept(tools.calls().give(pod.pod(), now), pod.pod());
        }
      }
    }
  }

  /** Whether it goes with whom it went with before {@code daemon} was changed. */
  private boolean isOfOldOwner(WorkerPod pod) {
    String uid = pod.controller().orElseThrow().getUid();
    boolean goesWithPool = uid.equals(pool.getMetadata().getUid());
    return owners.contains(uid) && goesWithPool != pool.getSpec().daemon();
  }

  /** One that joined the queue after it was cordoned is cordoned there too. */
  private void keepCordoned(List<WorkerPod> pods, Plan plan) {
    for (WorkerPod pod : pods) {
      WorkerStatus session = sessions.get(pod.nonce());
      if (pod.cordonedAt() != null
          && session != null
          && !session.getCordoned()
          && view.reachable()
          && !plan.steps().contains(new Step.Uncordon(pod.name()))) {
        queue.cordon(name(), pod.name(), true);
      }
    }
  }

  /** Whether somebody has cordoned it by hand, which stays so. */
  private boolean isHeldBack(WorkerPod pod) {
    WorkerStatus session = sessions.get(pod.nonce());
    return session != null && session.getCordoned() && pod.cordonedAt() == null;
  }

  private void tellEnd(WorkerPod pod, boolean queueHasItsSession) {
    Integer told = memory.endsTold.get(pod.uid());
    if (told == null && pod.goneAt() == null) {
      tools
          .events()
          .warning(pool, pod.reason(), "Worker %s died: %s".formatted(pod.name(), pod.cause()));
    }
    int generation = queue.generation();
    if (told == null || (queueHasItsSession && told != generation)) {
      queue.ended(
          pod.nonce(), new PoolQueue.WorkerEnd(pod.exitCode(), pod.cause(), pod.wasDisrupted()));
      memory.endsTold.put(pod.uid(), generation);
    }
  }

  /** Its node is lost or its kubelet stuck: the queue has its items elsewhere by then. */
  private void endIfOverdue(WorkerPod pod, Instant goneAt) {
    Instant overdueAt = goneAt.plus(GONE_OVERDUE);
    if (overdueAt.isAfter(now)) {
      lookAgainIn(Duration.between(now, overdueAt));
      return;
    }
    tools
        .events()
        .warning(
            pool,
            "WorkerForceDeleted",
            "Worker %s was to be gone %d s ago, and its node does not say that it is: its place is"
                    .formatted(pod.name(), Duration.between(goneAt, now).toSeconds())
                + " taken by another");
    tools.calls().delete(pod.pod(), 0L);
  }

  // ---- steps

  private void apply(Plan plan, List<WorkerPod> pods) {
    int started = 0;
    for (Step step : plan.steps()) {
      if (step instanceof Step.Start start) {
        started += start(start) ? 1 : 0;
      } else {
        pods.stream()
            .filter(pod -> pod.name().equals(step.name()))
            .findFirst()
            .ifPresent(pod -> perform(step, pod));
      }
    }
    if (started > 0) {
      tools
          .events()
          .normal(pool, "Started", "Started " + (started == 1 ? "1 worker" : started + " workers"));
    }
  }

  private void perform(Step step, WorkerPod pod) {
    switch (step) {
      case Step.Cordon _ -> {
        seen.accept(tools.calls().cordoned(pod.pod(), now.toString()), pod.pod());
        queue.cordon(name(), pod.name(), true);
      }
      case Step.Uncordon _ -> {
        // Forgotten only when the queue has heard it: else it would be for ever, as if by hand.
        WorkerStatus session = sessions.get(pod.nonce());
        if (session != null && session.getCordoned()) {
          queue.cordon(name(), pod.name(), false);
        } else {
          seen.accept(tools.calls().cordoned(pod.pod(), null), pod.pod());
        }
      }
      case Step.Stop stop -> {
        tools
            .events()
            .normal(pool, "Stopped", "Stopped worker %s: %s".formatted(pod.name(), stop.reason()));
        tools.calls().delete(pod.pod(), null);
      }
      case Step.Remove _ -> tools.calls().delete(pod.pod(), null);
      case Step.Start _ -> throw new IllegalArgumentException("no step for a pod: " + step);
    }
  }

  /** Whether a pod was made. */
  private boolean start(Step.Start step) {
    if (memory.refusals.until().isAfter(now)) {
      lookAgainIn(Duration.between(now, memory.refusals.until()));
      return false;
    }
    OwnerReference whose = owner.get();
    if (whose == null) {
      refused(
          new Worker.Trouble(
              "NameTaken",
              "refused: ConfigMap %s exists and is not this pool's: delete it, or name the pool otherwise"
                  .formatted(Owners.anchorName(name()))));
      return false;
    }
    try {
      Pod made = tools.calls().create(template.pod(step.name(), step.ordinal(), whose));
      memory.started(made.getMetadata().getUid(), now);
      seen.accept(made, null);
      memory.refusals.accepted();
      return true;
    } catch (KubernetesClientException e) {
      if (ApiCalls.isForTermination(e)) {
        throw e; // no trouble of the pool's
      }
      switch (e.getCode()) {
        case HttpURLConnection.HTTP_CONFLICT -> taken(step);
        case HttpURLConnection.HTTP_BAD_REQUEST, HttpURLConnection.HTTP_FORBIDDEN, 422 ->
            refused(ApiCalls.refusal(e));
        default -> {
          memory.expect(step.ordinal(), now); // it may have been made all the same
          throw e;
        }
      }
      return false;
    }
  }

  /** There is a pod of that name: ours, which is not seen yet, or somebody else's. */
  private void taken(Step.Start step) {
    Pod there = tools.calls().find(pool.getMetadata().getNamespace(), step.name());
    if (there == null) {
      lookAgainIn(Duration.ofSeconds(1)); // it has just gone
    } else if (name().equals(new WorkerPod(there).pool())) {
      memory.expect(step.ordinal(), now);
    } else {
      refused(
          new Worker.Trouble(
              "NameTaken",
              "refused: pod %s exists and is not this pool's: delete it, or name the pool otherwise"
                  .formatted(step.name())));
    }
  }

  private void refused(Worker.Trouble why) {
    if (!why.equals(memory.refusals.last())) {
      tools.events().warning(pool, why.reason(), "A worker was " + why.words());
    }
    memory.refusals.refused(why, now);
    lookAgainIn(Duration.between(now, memory.refusals.until()));
  }

  // ---- status

  /** Publishes what there is to say, if it is time to. */
  void publish(PlannedStatus planned) {
    WorkerPoolStatus last = memory.written == null ? pool.getStatus() : memory.written;
    WorkerPoolStatus next = new PoolStatuses(pool, said(planned), view).status(last, now);
    Instant writeAt = StatusPace.writeAt(last, memory.writtenAt, next);
    if (writeAt != null && writeAt.isAfter(now)) {
      lookAgainIn(Duration.between(now, writeAt));
      return;
    }
    if (writeAt != null) {
      if (!tools.calls().status(pool, next)) {
        lookAgainIn(ApiCalls.UNWRITTEN);
        return;
      }
      memory.written = next;
      memory.writtenAt = now;
      warnOf(next.conditions().getFirst(), last);
    }
    if (view.reachable() && view.pool() != null) {
      queue.published(name(), view.unfinished() == 0, view.pool().getQueueIndex());
    }
  }

  /** Of trouble that nothing else has told. */
  private void warnOf(Condition ready, @Nullable WorkerPoolStatus last) {
    String reason = String.valueOf(ready.reason());
    boolean said =
        last != null
            && last.conditions().stream()
                .anyMatch(c -> c.type().equals(ready.type()) && reason.equals(c.reason()));
    if (!said && !EVERYDAY.contains(reason)) {
      tools.events().warning(pool, reason, String.valueOf(ready.message()));
    }
  }

  /** What the planner says, unless the API server or somebody's hand is why a pool is as it is. */
  private PlannedStatus said(PlannedStatus planned) {
    Worker.Trouble refusal = memory.refusals.last();
    if (refusal != null && planned.workers() < pool.getSpec().workers() && !planned.draining()) {
      return planned.saying(refusal.reason(), "Pending: workers " + refusal.words());
    }
    return heldBack == 0 || planned.progressing() || !view.reachable()
        ? planned
        : planned.saying(
            "DrainedByHand",
            "Drained by hand: %d of %d workers cordoned".formatted(heldBack, planned.workers()));
  }
}
