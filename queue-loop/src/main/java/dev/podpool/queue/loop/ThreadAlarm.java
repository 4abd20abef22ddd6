package dev.podpool.queue.loop;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An alarm with a thread of its own, from the first time that it is set. */
final class ThreadAlarm implements Alarm {

  // As good as no deadline at all.
  private static final long NEVER_MILLIS = TimeUnit.DAYS.toMillis(3650);

  private final Runnable ring;
  private @Nullable ScheduledThreadPoolExecutor executor;
  private @Nullable ScheduledFuture<?> next;
  private long nextNanos;
  private boolean closed;

  ThreadAlarm(Runnable ring) {
    this.ring = ring;
  }

  @Override
  public synchronized void set(long inMillis) {
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
                Thread thread = new Thread(runnable, "podpool-alarm");
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
    ring.run();
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (executor != null) {
      executor.shutdownNow();
    }
  }
}
