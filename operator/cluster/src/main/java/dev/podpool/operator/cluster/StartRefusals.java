package dev.podpool.operator.cluster;

import dev.podpool.operator.plan.Worker;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Starts that the API server refuses, and when to try again. */
final class StartRefusals {

  private static final Duration FIRST = Duration.ofSeconds(2);
  private static final int DOUBLINGS_MAX = 5;

  private Worker.@Nullable Trouble last;
  private int count;
  private Instant until = Instant.MIN;

  /** No pod can be made, for that reason: not tried again at once. */
  void refused(Worker.Trouble why, Instant now) {
    last = why;
    until = now.plus(FIRST.multipliedBy(1L << count));
    count = Math.min(count + 1, DOUBLINGS_MAX);
  }

  void accepted() {
    last = null;
    count = 0;
    until = Instant.MIN;
  }

  /** Why no pod can be made; null if none was refused last. */
  Worker.@Nullable Trouble last() {
    return last;
  }

  /** When to try again. */
  Instant until() {
    return until;
  }
}
