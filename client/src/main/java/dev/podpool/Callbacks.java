package dev.podpool;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs what users attached to results: one after the other, in a thread of its own. */
final class Callbacks {

  private volatile @Nullable Thread thread;

  private final ThreadPoolExecutor executor =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          this::newThread,
          // Attached after the pool has closed: in the thread that attaches.
          (task, closed) -> task.run());

  private Thread newThread(Runnable work) {
    Thread created = new Thread(work, "podpool-callbacks");
    created.setDaemon(true);
    thread = created;
    return created;
  }

  /** Runs {@code task} behind the others; what it throws goes to the thread's handler. */
  void run(Runnable task) {
    executor.execute(
        () -> {
          try {
            task.run();
          } catch (Throwable e) { // whatever a callback throws
            Thread current = Thread.currentThread();
            current.getUncaughtExceptionHandler().uncaughtException(current, e);
          }
        });
  }

  /** Those attached from now on run where they are attached. */
  void close() {
    executor.shutdown();
  }

  /**
   * Waits until all have run, after {@link #close}; false if the time passes before. A callback
   * does not wait for itself.
   */
  boolean await(long nanos) throws InterruptedException {
    return Thread.currentThread() == thread
        || executor.awaitTermination(nanos, TimeUnit.NANOSECONDS);
  }
}
