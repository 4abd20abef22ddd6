package dev.podpool.operator.cluster;

import com.google.protobuf.ByteString;
import dev.podpool.operator.plan.Observed;
import dev.podpool.operator.plan.Worker;
import dev.podpool.operator.plan.Worker.Phase;
import dev.podpool.protocol.WorkerStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Pods and a queue's words as what the planner knows. Decides nothing. */
final class PoolObserver {

  private PoolObserver() {}

  /**
   * What there is of a pool.
   *
   * @param pods that carry the pool's label, each in a place of its own
   * @param owners uids of whom the pool's pods go with; another's only keeps its place
   */
  static Observed observe(
      List<WorkerPod> pods, Set<String> owners, QueueView queue, PoolMemory memory, Instant now) {
    Map<ByteString, WorkerStatus> sessions = queue.workers();
    List<Worker> workers = new ArrayList<>();
    for (WorkerPod pod : pods) {
      WorkerStatus session = sessions.get(pod.nonce());
      if (session != null && session.getWindow() > 0) {
        memory.everReady.add(pod.uid());
      }
      boolean ours = pod.controller().map(owner -> owners.contains(owner.getUid())).orElse(false);
      workers.add(worker(pod, ours, session, memory, now));
    }
    memory.keep(pods);
    Set<Integer> seen = pods.stream().map(WorkerPod::ordinal).collect(Collectors.toSet());
    return new Observed(workers, memory.pending(seen, now), queue.facts(), memory.backoff);
  }

  private static Worker worker(
      WorkerPod pod, boolean ours, @Nullable WorkerStatus session, PoolMemory memory, Instant now) {
    Phase phase = phase(pod, ours, session, memory);
    return new Worker(
        pod.ordinal(),
        pod.templateHash(),
        phase,
        memory.startedAt(pod),
        pod.cordonedAt(),
        session == null ? 0 : session.getLeased(),
        phase == Phase.ENDED
            ? new Worker.End(memory.endedAt(pod, now), false, pod.reason(), pod.cause())
            : null,
        phase == Phase.STARTING ? pod.trouble() : null);
  }

  private static Phase phase(
      WorkerPod pod, boolean ours, @Nullable WorkerStatus session, PoolMemory memory) {
    if (pod.goneAt() != null || !ours) {
      return Phase.STOPPING;
    }
    if (pod.hasEnded()) {
      return Phase.ENDED;
    }
    // One that was ready is so while it replaces its children, and asks for nothing.
    return session != null && memory.everReady.contains(pod.uid()) ? Phase.READY : Phase.STARTING;
  }
}
