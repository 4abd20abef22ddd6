package dev.podpool.operator.cluster;

import dev.podpool.crd.Condition;
import dev.podpool.crd.Condition.Truth;
import dev.podpool.crd.WorkerPool;
import dev.podpool.crd.WorkerPoolStatus;
import dev.podpool.operator.plan.PlannedStatus;
import dev.podpool.protocol.PoolStatus;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What to publish of a pool. */
record PoolStatuses(WorkerPool pool, PlannedStatus planned, QueueView queue) {

  /**
   * All of it.
   *
   * @param last what was published before; a condition that is as it was keeps its time, and counts
   *     that are unknown keep their values
   */
  WorkerPoolStatus status(@Nullable WorkerPoolStatus last, Instant now) {
    PoolStatus said = queue.pool();
    return new WorkerPoolStatus(
        planned.workers(),
        planned.readyWorkers(),
        PodTemplate.selector(pool.getMetadata().getName()),
        said != null ? Long.valueOf(queue.unfinished()) : last == null ? null : last.unfinished(),
        said != null ? Long.valueOf(said.getDead()) : last == null ? null : last.dead(),
        said != null ? Long.valueOf(said.getQueueIndex()) : last == null ? null : last.queueIndex(),
        pool.getMetadata().getGeneration(),
        conditions(now).stream()
            .map(
                condition ->
                    Conditions.since(condition, last == null ? List.of() : last.conditions()))
            .toList());
  }

  private List<Condition> conditions(Instant now) {
    String at = now.truncatedTo(ChronoUnit.SECONDS).toString();
    boolean ready =
        planned.readyWorkers() >= pool.getSpec().workers()
            && !planned.draining()
            && queue.reachable()
            && queue.pool() != null;
    return List.of(
        condition(at, "Ready", truth(ready), planned.reason(), planned.message()),
        condition(
            at,
            "Progressing",
            truth(planned.progressing()),
            planned.progressing() ? planned.reason() : "Settled",
            planned.progressing() ? planned.message() : "All workers are as the spec says"),
        condition(
            at,
            "Draining",
            truth(planned.draining()),
            planned.draining() ? "Deleted" : "NotDeleted",
            planned.draining() ? "The pool is joined, and goes then" : "The pool is not deleted"),
        condition(
            at,
            "QueueReachable",
            truth(queue.reachable()),
            queue.reachable() ? "Answers" : "NoAnswer",
            queue.reachable()
                ? "The queue answers"
                : "The queue does not answer; workers go on with what they have"),
        joined(at));
  }

  private Condition joined(String at) {
    if (!queue.reachable() || queue.pool() == null) {
      return condition(at, "Joined", Truth.Unknown, "QueueUnreachable", "The queue was not read");
    }
    return queue.unfinished() == 0
        ? condition(at, "Joined", Truth.True, "NothingUnfinished", "No task is unfinished")
        : condition(at, "Joined", Truth.False, "Unfinished", "Tasks are unfinished");
  }

  private Condition condition(String at, String type, Truth status, String reason, String message) {
    return new Condition(type, status, pool.getMetadata().getGeneration(), at, reason, message);
  }

  private static Truth truth(boolean is) {
    return is ? Truth.True : Truth.False;
  }
}
