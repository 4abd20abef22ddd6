package dev.podpool.worker;

import dev.podpool.worker.ChildProcess.Ending;
import dev.podpool.worker.ChildProcess.State;
import java.util.concurrent.TimeUnit;

/** What is due when: time-outs of items, of initializers, of children asked to end. */
final class Timers {
  private static final long RECHECK_NANOS = 2_000_000;
  // 146 years: a time that far from now can still be written.
  private static final long TIMEOUT_NANOS_MAX = Long.MAX_VALUE / 2;

  private final Slot[] slots;
  private final long initializerNanos;
  private boolean recheck;

  Timers(Slot[] slots, WorkerSettings settings) {
    this.slots = slots;
    this.initializerNanos =
        Math.min(TimeUnit.NANOSECONDS.convert(settings.initializerTimeout()), TIMEOUT_NANOS_MAX);
  }

  private static long timeoutNanos(long millis) {
    return Math.min(TimeUnit.MILLISECONDS.toNanos(millis), TIMEOUT_NANOS_MAX);
  }

  /** Whether the balance between the children must be looked at again soon. */
  void recheck(boolean soon) {
    recheck = soon;
  }

  /**
   * Nanoseconds until something is due, at most 0 if it is now; {@link Long#MAX_VALUE} if never.
   *
   * @param otherAtNanos when the first thing is due that is not seen to here
   */
  long next(long nowNanos, long otherAtNanos) {
    long next = otherAtNanos;
    for (Slot slot : slots) {
      ChildProcess child = slot.child();
      if (child != null) {
        next = Math.min(next, dueAt(child, nowNanos));
      }
    }
    if (recheck) {
      next = Math.min(next, nowNanos + RECHECK_NANOS);
    }
    return next == Long.MAX_VALUE ? next : next - nowNanos;
  }

  private long dueAt(ChildProcess child, long nowNanos) {
    if (child.state == State.STARTING) {
      return Math.min(child.killAtNanos, child.startedNanos + initializerNanos);
    }
    long due = child.killAtNanos;
    if (child.state == State.READY && child.timeoutMillisMin() > 0) {
      long running = running(child);
      // One that has not begun can't be due before its time-out from now.
      long deadline =
          running < 0
              ? nowNanos + timeoutNanos(child.timeoutMillisMin())
              : deadline(child, running, nowNanos);
      due = Math.min(due, deadline);
    }
    return due;
  }

  private static long running(ChildProcess child) {
    long done = child.page.done();
    // A claim that is about to fail shows for a moment: of an item that the child was not sent.
    long begun = Math.min(child.page.begun(), child.next());
    return begun > done && done >= child.reported() ? done : -1;
  }

  private static long deadline(ChildProcess child, long running, long nowNanos) {
    long timeout = child.run(running).job().getItemTimeoutMillis();
    return timeout == 0
        ? nowNanos + timeoutNanos(child.timeoutMillisMin())
        : child.page.startedNanos() + timeoutNanos(timeout);
  }

  /** Kills what has overrun. */
  void expire(long nowNanos, Dispatcher.Killer killer) {
    for (Slot slot : slots) {
      ChildProcess child = slot.child();
      if (child == null) {
        continue;
      }
      if (child.killAtNanos <= nowNanos) {
        child.killAtNanos = Long.MAX_VALUE;
        child.kill();
      } else if (child.state == State.STARTING
          && child.startedNanos + initializerNanos <= nowNanos) {
        child.startFailed = true;
        killer.kill(child, Ending.TIMED_OUT);
      } else if (child.state == State.READY && child.timeoutMillisMin() > 0) {
        expireItem(child, nowNanos, killer);
      }
    }
  }

  private static void expireItem(ChildProcess child, long nowNanos, Dispatcher.Killer killer) {
    long running = running(child);
    if (running < 0
        || child.run(running).job().getItemTimeoutMillis() == 0
        || deadline(child, running, nowNanos) > nowNanos
        || !child.isRunning(running)) {
      return;
    }
    // Nothing else may begin, or it would be killed in its place.
    child.suspend();
    if (child.isRunning(running)) {
      killer.kill(child, Ending.TIMED_OUT);
    }
  }
}
