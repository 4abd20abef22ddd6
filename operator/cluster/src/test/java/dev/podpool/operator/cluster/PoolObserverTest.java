package dev.podpool.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.operator.plan.Observed;
import dev.podpool.operator.plan.Worker;
import dev.podpool.operator.plan.Worker.Phase;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.WorkerStatus;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Pods and a queue's words as what the planner knows. */
class PoolObserverTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:10:00Z");

  private final PoolMemory memory = new PoolMemory();

  private static WorkerPod pod(String status, String owner) {
    WorkerPod pod = WorkerPodTest.pod(status);
    pod.pod()
        .getMetadata()
        .setOwnerReferences(
            List.of(
                new OwnerReferenceBuilder()
                    .withApiVersion("v1")
                    .withKind("Any")
                    .withName("any")
                    .withUid(owner)
                    .withController(true)
                    .build()));
    return pod;
  }

  private Observed observe(WorkerPod pod, int window, int leased) {
    PoolStatus.Builder status = PoolStatus.newBuilder().setReady(5).setLeased(leased);
    if (window >= 0) {
      status.addWorkers(
          WorkerStatus.newBuilder().setNonce(pod.nonce()).setWindow(window).setLeased(leased));
    }
    return PoolObserver.observe(
        List.of(pod), Set.of("ours"), new QueueView(true, status.build()), memory, NOW);
  }

  private Worker worker(WorkerPod pod, int window) {
    return observe(pod, window, 0).workers().getFirst();
  }

  @Test
  void aWorkerIsReadyFromWhenItFirstAsksForItemsUntilItsSessionEnds() {
    WorkerPod pod = pod("{phase: Running}", "ours");

    assertThat(worker(pod, -1).phase()).isEqualTo(Phase.STARTING);
    assertThat(worker(pod, 0).phase()).isEqualTo(Phase.STARTING);
    assertThat(worker(pod, 2).phase()).isEqualTo(Phase.READY);
    assertThat(worker(pod, 0).phase()).as("it replaces its children").isEqualTo(Phase.READY);
    assertThat(worker(pod, -1).phase()).isEqualTo(Phase.STARTING);
  }

  @Test
  void aPodOfAnotherOwnerOnlyKeepsItsPlace() {
    assertThat(worker(pod("{phase: Running}", "theirs"), 2).phase()).isEqualTo(Phase.STOPPING);
    assertThat(worker(pod("{phase: Failed}", "theirs"), -1).phase()).isEqualTo(Phase.STOPPING);
  }

  @Test
  void aPodThatIsDeletedIsStoppingThoughItsContainerHasEnded() {
    WorkerPod pod = pod("{phase: Failed}", "ours");
    pod.pod().getMetadata().setDeletionTimestamp("2026-01-01T00:00:30Z");

    assertThat(worker(pod, -1).phase()).isEqualTo(Phase.STOPPING);
  }

  @Test
  void anEndIsOfWhenItWasFirstSeenHoweverOftenItIsSeen() {
    WorkerPod pod = pod("{phase: Failed, reason: Evicted}", "ours");

    Worker first = worker(pod, -1);
    Worker again =
        PoolObserver.observe(
                List.of(pod), Set.of("ours"), QueueView.UNHEARD, memory, NOW.plusSeconds(9))
            .workers()
            .getFirst();

    assertThat(first.phase()).isEqualTo(Phase.ENDED);
    assertThat(first.end()).isEqualTo(new Worker.End(NOW, false, "Evicted", "Evicted"));
    assertThat(again.end()).isEqualTo(first.end());
  }

  @Test
  void whatTheQueueSaysIsWhatThePlannerKnows() {
    Observed observed = observe(pod("{phase: Running}", "ours"), 2, 3);

    assertThat(observed.queue()).isEqualTo(new Observed.Queue(true, 8, 0, ""));
    assertThat(observed.workers().getFirst().leased()).isEqualTo(3);
  }

  @Test
  void aPlaceIsKeptForAPodThatMayHaveBeenMadeUntilItIsSeenOrOverdue() {
    memory.expect(0, NOW);
    memory.expect(1, NOW);

    assertThat(observe(pod("{phase: Running}", "ours"), 2, 0).pendingStarts()).containsExactly(1);
    assertThat(memory.pending(Set.of(), NOW.plusSeconds(31))).isEmpty();
  }

  @Test
  void whatTheServerRefusesIsTriedMoreAndMoreSeldom() {
    Worker.Trouble why = new Worker.Trouble("PodRefused", "refused");

    memory.refusals.refused(why, NOW);
    assertThat(memory.refusals.until()).isEqualTo(NOW.plusSeconds(2));
    memory.refusals.refused(why, NOW);
    assertThat(memory.refusals.until()).isEqualTo(NOW.plusSeconds(4));
    for (int i = 0; i < 9; i++) {
      memory.refusals.refused(why, NOW);
    }
    assertThat(memory.refusals.until()).isEqualTo(NOW.plusSeconds(64));
    memory.refusals.accepted();
    assertThat(memory.refusals.last()).isNull();
    assertThat(memory.refusals.until()).isBefore(NOW);
  }
}
