package dev.podpool.operator.cluster;

import dev.podpool.crd.WorkerPool;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Pods that are gone, as they last were, until their pool has seen to them. Thread-safe. */
final class Departed {

  // Of a pool that nobody reconciles, as another replica leads.
  private static final int PODS_MAX = 10_000;

  private final Map<ResourceID, Deque<WorkerPod>> pods = new ConcurrentHashMap<>();

  void add(WorkerPod pod) {
    ResourceID pool = new ResourceID(pod.pool(), pod.pod().getMetadata().getNamespace());
    pods.compute(
        pool,
        (id, before) -> {
          Deque<WorkerPod> all = before == null ? new ArrayDeque<>() : before;
          if (all.size() >= PODS_MAX) {
            all.removeFirst();
          }
          all.addLast(pod);
          return all;
        });
  }

  /** Those of {@code pool} since this was last asked. */
  List<WorkerPod> take(WorkerPool pool) {
    Deque<WorkerPod> taken = pods.remove(ResourceID.fromResource(pool));
    return taken == null ? List.of() : List.copyOf(taken);
  }
}
