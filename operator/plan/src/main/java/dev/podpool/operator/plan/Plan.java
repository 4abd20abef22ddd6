package dev.podpool.operator.plan;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What to do next for one pool.
 *
 * <p>Plan again whenever what is observed changes, and after {@link #recheckAfter} at the latest.
 * The same arguments give the same plan, so a plan whose steps were not performed can be made anew.
 *
 * @param steps in the order to perform them; they can fail alone, and come again if still needed
 * @param backoff to be part of the next {@link Observed}
 * @param recheckAfter when time alone changes the plan; 30 s if it doesn't; above 0
 * @param over whether the pool was deleted and is not, or no longer, joined: what its workers still
 *     do counts for nothing
 * @param gone whether it is over and nothing of it is left
 */
public record Plan(
    List<Step> steps,
    PlannedStatus status,
    Backoff backoff,
    Duration recheckAfter,
    boolean over,
    boolean gone) {

  public Plan {
    steps = List.copyOf(steps);
  }

  /** The plan that takes a pool from {@code observed} towards {@code spec} at {@code now}. */
  public static Plan towards(PoolSpec spec, Observed observed, Instant now) {
    return new Planner(spec, observed, now).plan();
  }
}
