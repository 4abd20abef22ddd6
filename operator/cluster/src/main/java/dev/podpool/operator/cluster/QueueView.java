package dev.podpool.operator.cluster;

import com.google.protobuf.ByteString;
import dev.podpool.operator.plan.Observed;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.WorkerStatus;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a queue last said of a pool.
 *
 * @param reachable whether that is of now
 * @param pool what it said; null if it does not know the pool, or was never heard
 */
record QueueView(boolean reachable, @Nullable PoolStatus pool) {

  /** Of a queue that was never heard. */
  static final QueueView UNHEARD = new QueueView(false, null);

  /** This, but for another pool of the same name: null in place of that. */
  QueueView of(String uid) {
    return pool == null || pool.getUid().equals(uid) ? this : new QueueView(reachable, null);
  }

  /** Tasks accepted and not ended. */
  long unfinished() {
    return pool == null ? 0 : pool.getReady() + pool.getLeased();
  }

  /** What the planner needs of it. */
  Observed.Queue facts() {
    PoolStatus said = pool == null ? PoolStatus.getDefaultInstance() : pool;
    return new Observed.Queue(
        reachable,
        unfinished(),
        said.getFailure().getFailures(),
        Words.brief(said.getFailure().getFailure().getMessage()));
  }

  /** Sessions of workers, by what they were opened with. */
  Map<ByteString, WorkerStatus> workers() {
    return pool == null
        ? Map.of()
        : pool.getWorkersList().stream()
            .collect(Collectors.toMap(WorkerStatus::getNonce, Function.identity(), (a, b) -> b));
  }
}
