package dev.podpool.queue.loop;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Calls back when the machine's next deadline is due. Its thread exists while there is one. */
final class Ticker {

  // The machine has no deadline at all.
  private static final long NEVER_MILLIS = TimeUnit.DAYS.toMillis(3650);

  private final Runnable tick;
  private @Nullable ScheduledThreadPoolExecutor executor;
  private @Nullable ScheduledFuture<?> next;
  private long nextNanos;
  private boolean closed;

  Ticker(Runnable tick) {
    this.tick = tick;
  }

  /** The next deadline is {@code inMillis} away. Earlier calls no longer count. */
  synchronized void schedule(long inMillis) {
    if (closed || inMillis > NEVER_MILLIS) {
      return;
    }
    long delayMillis = Math.max(1, inMillis);
    long atNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayMillis);
    if (next != null && nextNanos - atNanos <= 0) {
      return; // ticking early does no harm, and asks again
    }
    if (executor == null) {
      executor =
          new ScheduledThreadPoolExecutor(
              1,
              runnable -> {
                Thread thread = new Thread(runnable, "podpool-ticker");
                thread.setDaemon(true);
                return thread;
              });
      executor.setRemoveOnCancelPolicy(true);
    }
    if (next != null) {
      next.cancel(false);
    }
    nextNanos = atNanos;
    next = executor.schedule(this::run, delayMillis, TimeUnit.MILLISECONDS);
  }

  private void run() {
    synchronized (this) {
      next = null;
    }
    tick.run();
  }

  synchronized void close() {
    closed = true;
    if (executor != null) {
      executor.shutdownNow();
    }
  }
}
