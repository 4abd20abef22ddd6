package dev.podpool.operator.cluster;

import dev.podpool.crd.WorkerPool;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What is remembered of each pool: of the one that has the name now, and no other. */
final class PoolMemories {

  private record Known(String uid, PoolMemory memory) {}

  private final Map<ResourceID, Known> pools = new ConcurrentHashMap<>();

  /** What is remembered of {@code pool}; nothing yet if it is new, or another of its name was. */
  PoolMemory of(WorkerPool pool) {
    String uid = pool.getMetadata().getUid();
    Known known =
        pools.compute(
            ResourceID.fromResource(pool),
            (id, before) ->
                before != null && before.uid().equals(uid)
                    ? before
                    : new Known(uid, new PoolMemory()));
    return known.memory();
  }

  /** {@code pool} is gone. */
  void forget(WorkerPool pool) {
    pools.computeIfPresent(
        ResourceID.fromResource(pool), (id, known) -> isOf(known, pool) ? null : known);
  }

  private static boolean isOf(Known known, WorkerPool pool) {
    return known.uid().equals(pool.getMetadata().getUid());
  }
}
