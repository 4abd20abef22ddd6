package dev.podpool.operator.plan;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What there is of a pool.
 *
 * @param workers each worker whose remains are still there, in any order
 * @param pendingStarts places of {@link Step.Start} that were performed and are not seen in {@code
 *     workers} yet. Whoever performs steps adds them, and takes them out once the worker is seen or
 *     is known never to come.
 * @param backoff what the last plan said, or {@link Backoff#NONE} for a first one
 */
public record Observed(
    List<Worker> workers, Set<Integer> pendingStarts, Queue queue, Backoff backoff) {

  /**
   * What the queue says of the pool.
   *
   * @param reachable whether the counts are of now; else of when it was last reached
   * @param unfinished tasks accepted and not ended
   * @param initializerFailures how often the initializer failed in a row; 0 while it works
   * @param initializerFailure what it said last; empty while it works
   */
  public record Queue(
      boolean reachable, long unfinished, int initializerFailures, String initializerFailure) {}

  public Observed {
    workers = List.copyOf(workers);
    pendingStarts = Set.copyOf(pendingStarts);
    var places = new HashSet<Integer>();
    for (Worker worker : workers) {
      if (!places.add(worker.ordinal())) {
        throw new IllegalArgumentException("two workers in place " + worker.ordinal());
      }
    }
  }

  /** Each place that no other worker may have yet. */
  Set<Integer> occupied() {
    var places = new HashSet<>(pendingStarts);
    workers.forEach(worker -> places.add(worker.ordinal()));
    return places;
  }
}
