package dev.podpool.worker;

import com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;

/** What is known of a function: how long an item of it takes, of late. */
final class Workload {
  // Unknown: so that a slot gets its two.
  private static final double FIRST_GUESS_NANOS = 20_000_000;
  // Of running time, after which the past counts half: some items of 10 ms, thousands of short
  // ones.
  private static final double MEMORY_NANOS = 20_000_000;

  final ByteString function;

  /** What it came with; null for the worker's own class path. */
  final @Nullable Code code;

  private double nanos;
  private double items;

  Workload(ByteString function, @Nullable Code code) {
    this.function = function;
    this.code = code;
  }

  void took(int count, long runNanos) {
    if (nanos > MEMORY_NANOS) { // the first item loads classes: that is soon forgotten
      nanos /= 2;
      items /= 2;
    }
    nanos += runNanos;
    items += count;
  }

  /** At least 1. */
  long itemNanos() {
    return (long) (items == 0 ? FIRST_GUESS_NANOS : Math.max(1, nanos / items));
  }
}
