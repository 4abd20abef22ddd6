package dev.podpool.operator.local;

import java.time.Instant;
import java.time.InstantSource;

/**
 * Instants that only differences of mean anything: whoever sets the machine's clock changes no
 * plan.
 */
final class MonotonicClock implements InstantSource {

  private final long originNanos = System.nanoTime();

  @Override
  public Instant instant() {
    // Far from the epoch, which a plan takes for "never".
    return Instant.EPOCH.plusSeconds(1L << 32).plusNanos(System.nanoTime() - originNanos);
  }
}
