package dev.podpool.operator.plan;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a pool should be, as far as planning needs it.
 *
 * @param name the pool's name; its workers are {@code <name>-<ordinal>}
 * @param workers number of workers wanted, 0 or more
 * @param templateHash changes exactly when workers must be replaced to become what the spec says
 * @param daemon whether deletion stops workers at once instead of joining the work first
 * @param drainDeadline how long a busy worker is waited for: when the pool shrinks, and when a pool
 *     with {@code daemon: false} is deleted
 * @param deletedAt when deletion was asked for; null for a pool that is wanted
 */
public record PoolSpec(
    String name,
    int workers,
    String templateHash,
    boolean daemon,
    Duration drainDeadline,
    @Nullable Instant deletedAt) {

  public PoolSpec {
    if (workers < 0) {
      throw new IllegalArgumentException("workers is %d: give 0 or more".formatted(workers));
    }
  }

  /** The name of the worker in place {@code ordinal}. */
  public String workerName(int ordinal) {
    return name + "-" + ordinal;
  }
}
