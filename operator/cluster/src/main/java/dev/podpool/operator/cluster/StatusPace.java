package dev.podpool.operator.cluster;

import dev.podpool.crd.Condition;
import dev.podpool.crd.WorkerPoolStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When a status is written: never while it is the same; at once where somebody may wait for what
 * changed, but not twice within a second; where only counts of tasks changed, every 10 s.
 */
final class StatusPace {

  private static final Duration APART = Duration.ofSeconds(1);
  private static final Duration COUNTS_APART = Duration.ofSeconds(10);

  private StatusPace() {}

  /**
   * When {@code next} is to be written; null if it need not be.
   *
   * @param last what was written last, at {@code lastAt}
   */
  static @Nullable Instant writeAt(
      @Nullable WorkerPoolStatus last, Instant lastAt, WorkerPoolStatus next) {
    if (last == null) {
      return Instant.MIN;
    }
    if (!urgent(last).equals(urgent(next))) {
      return later(lastAt, APART);
    }
    return told(last).equals(told(next)) ? null : later(lastAt, COUNTS_APART);
  }

  private static Instant later(Instant at, Duration by) {
    return at.equals(Instant.MIN) ? at : at.plus(by);
  }

  /** What somebody may wait for. */
  private static Object urgent(WorkerPoolStatus status) {
    return List.of(
        status.workers(),
        status.readyWorkers(),
        status.observedGeneration(),
        String.valueOf(status.selector()),
        status.conditions().stream()
            .map(c -> List.of(c.type(), c.status(), String.valueOf(c.reason())))
            .toList());
  }

  /** What tells people more, but for the index: it moves with other pools' tasks too. */
  private static Object told(WorkerPoolStatus status) {
    return List.of(
        String.valueOf(status.unfinished()),
        String.valueOf(status.dead()),
        status.conditions().stream().map(Condition::message).map(String::valueOf).toList());
  }
}
