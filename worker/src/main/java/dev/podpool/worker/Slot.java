package dev.podpool.worker;

import org.jspecify.annotations.Nullable;

/** Room for one item at a time: a child, or the wait for the next one. */
final class Slot {
  private static final long BACK_OFF_NANOS = 100_000_000;
  private static final long BACK_OFF_NANOS_MAX = 5_000_000_000L;

  private @Nullable ChildProcess child;
  private int crashes; // since the last item that ended in an orderly way
  private long startAtNanos;

  Slot(long nowNanos) {
    startAtNanos = nowNanos;
  }

  @Nullable ChildProcess child() {
    return child;
  }

  /** The child, if it takes items. */
  @Nullable ChildProcess ready() {
    return child != null && child.state == ChildProcess.State.READY ? child : null;
  }

  /** When to start a child, if there is none. */
  long startAtNanos() {
    return startAtNanos;
  }

  void started(ChildProcess next) {
    child = next;
  }

  void itemsEnded() {
    crashes = 0;
  }

  /** The child is gone. One crash may be chance; a second in a row waits, and so on. */
  void ended(boolean crashed, long nowNanos) {
    child = null;
    startAtNanos = nowNanos;
    if (crashed) {
      crashes++;
      if (crashes > 1) {
        long wait = BACK_OFF_NANOS << Math.min(crashes - 2, 10);
        startAtNanos += Math.min(wait, BACK_OFF_NANOS_MAX);
      }
    }
  }
}
