package dev.podpool.operator.cluster;

import dev.podpool.crd.WorkerPoolStatus;
import dev.podpool.operator.plan.Backoff;
import dev.podpool.protocol.DefinePool;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one pool from one reconciliation to the next. All of it may be lost: then
 * some things are said or done once more, and a pool whose workers die starts with one at once.
 * Owned by its pool's reconciliation, of which there is one at a time.
 */
final class PoolMemory {

  private static final Duration EXPECTATION = Duration.ofSeconds(30);

  Backoff backoff = Backoff.NONE;

  // Uids of pods that have taken items.
  final Set<String> everReady = new HashSet<>();
  // Uids of pods whose end is told, and in which session of the queue.
  final Map<String, Integer> endsTold = new HashMap<>();

  @Nullable WorkerPoolStatus written;
  Instant writtenAt = Instant.MIN;

  @Nullable DefinePool defined;
  int definedIn;
  int deletedIn;

  // By uid. Kubernetes tells times in whole seconds, and a worker may not live that long.
  private final Map<String, Instant> startedAt = new HashMap<>();
  private final Map<String, Instant> endedAt = new HashMap<>();

  // Places of pods that may have been made, until when they should have been seen.
  private final Map<Integer, Instant> expected = new HashMap<>();

  final StartRefusals refusals = new StartRefusals();

  /** Forgets whatever is not one of {@code pods}. */
  void keep(List<WorkerPod> pods) {
    Set<String> uids = pods.stream().map(WorkerPod::uid).collect(Collectors.toSet());
    everReady.retainAll(uids);
    startedAt.keySet().retainAll(uids);
    endedAt.keySet().retainAll(uids);
    endsTold.keySet().retainAll(uids);
  }

  // ---- times

  void started(String uid, Instant now) {
    startedAt.put(uid, now);
  }

  /** When {@code pod} was made. */
  Instant startedAt(WorkerPod pod) {
    return startedAt.getOrDefault(pod.uid(), pod.createdAt());
  }

  /** When {@code pod} was first seen to have ended. */
  Instant endedAt(WorkerPod pod, Instant now) {
    return endedAt.computeIfAbsent(pod.uid(), uid -> now);
  }

  // ---- starts that are not seen yet

  /** A pod in place {@code ordinal} was made, or may have been. */
  void expect(int ordinal, Instant now) {
    expected.put(ordinal, now.plus(EXPECTATION));
  }

  /** Places of pods that are not seen yet, given those that are. */
  Set<Integer> pending(Set<Integer> seen, Instant now) {
    expected.keySet().removeAll(seen);
    expected.values().removeIf(until -> !until.isAfter(now));
    return Set.copyOf(expected.keySet());
  }
}
