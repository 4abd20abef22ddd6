package dev.podpool;

import dev.podpool.function.CaptureException;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A pool as an executor. Closing the executor closes the pool.
 *
 * <p>Differs from a local one where processes do: a task must be able to travel, and {@code
 * shutdownNow} can't hand back what had not begun.
 */
final class PoolExecutorService implements ExecutorService {

  private final Pool pool;

  PoolExecutorService(Pool pool) {
    this.pool = pool;
  }

  @Override
  public <T extends @Nullable Object> Future<T> submit(Callable<T> task) {
    return start(task);
  }

  @Override
  public Future<?> submit(Runnable task) {
    return start(task);
  }

  /** {@code result} stays here. */
  @Override
  public <T extends @Nullable Object> Future<T> submit(Runnable task, T result) {
    return start(task, done -> result);
  }

  @Override
  public void execute(Runnable command) {
    // As any executor: what it throws goes to the handler of uncaught exceptions.
    var unused =
        start(command)
            .onError(
                e -> {
                  if (e instanceof CancellationException) {
                    return; // asked for
                  }
                  Thread thread = Thread.currentThread();
                  thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
                });
  }

  @SuppressWarnings("unchecked")
  private <T extends @Nullable Object> AsyncResult<T> start(Object task) {
    return start(task, results -> (T) results.get(0));
  }

  private <T extends @Nullable Object> AsyncResult<T> start(
      Object task, Function<List<?>, T> result) {
    if (!(task instanceof Serializable function)) {
      throw new CaptureException(
          "the task "
              + task.getClass().getName()
              + " can't travel to a worker; submit a"
              + " RemoteSupplier, or a lambda cast to (Callable<T> & Serializable)");
    }
    try {
      return pool.submit(function, Collections.singletonList(null), result);
    } catch (IllegalStateException e) {
      if (pool.client().isOpen()) {
        throw e;
      }
      throw new RejectedExecutionException(e.getMessage(), e);
    }
  }

  @Override
  public <T extends @Nullable Object> List<Future<T>> invokeAll(
      Collection<? extends Callable<T>> tasks) throws InterruptedException {
    return invokeAll(tasks, Long.MAX_VALUE, TimeUnit.NANOSECONDS);
  }

  @Override
  public <T extends @Nullable Object> List<Future<T>> invokeAll(
      Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
      throws InterruptedException {
    List<AsyncResult<T>> started = startAll(tasks);
    long deadline = deadline(timeout, unit);
    try {
      for (AsyncResult<T> each : started) {
        each.await(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
      }
      return List.copyOf(started);
    } finally {
      started.forEach(each -> each.cancel(true)); // those that are done don't mind
    }
  }

  @Override
  public <T extends @Nullable Object> T invokeAny(Collection<? extends Callable<T>> tasks)
      throws InterruptedException, ExecutionException {
    try {
      return invokeAny(tasks, Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException("waited for ever", e);
    }
  }

  @Override
  public <T extends @Nullable Object> T invokeAny(
      Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    if (tasks.isEmpty()) {
      throw new IllegalArgumentException("no tasks; give at least 1");
    }
    List<AsyncResult<T>> started = startAll(tasks);
    BlockingQueue<AsyncResult<T>> ended = new LinkedBlockingQueue<>();
    for (AsyncResult<T> each : started) {
      // Not as callbacks: those may be busy, or be what calls this.
      each.onceReady(() -> ended.add(each));
    }
    long deadline = deadline(timeout, unit);
    try {
      ExecutionException last = null;
      for (int i = 0; i < started.size(); i++) {
        AsyncResult<T> next = ended.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (next == null) {
          throw new TimeoutException("none of " + started.size() + " tasks succeeded in time");
        }
        try {
          return next.get();
        } catch (ExecutionException e) {
          last = e;
        }
      }
      throw Objects.requireNonNull(last);
    } finally {
      started.forEach(each -> each.cancel(true));
    }
  }

  private <T extends @Nullable Object> List<AsyncResult<T>> startAll(
      Collection<? extends Callable<T>> tasks) {
    List<AsyncResult<T>> started = new ArrayList<>();
    boolean all = false;
    try {
      for (Callable<T> task : tasks) {
        started.add(start(task));
      }
      all = true;
      return started;
    } finally {
      if (!all) {
        started.forEach(each -> each.cancel(true));
      }
    }
  }

  private static long deadline(long timeout, TimeUnit unit) {
    // Half of what a long can hold, so that no difference to it overflows.
    return System.nanoTime() + Math.max(0, Math.min(unit.toNanos(timeout), Long.MAX_VALUE / 2));
  }

  @Override
  public void shutdown() {
    pool.shutdown();
  }

  /** Terminates the pool. What had not begun can't be handed back: the list is empty. */
  @Override
  public List<Runnable> shutdownNow() {
    pool.terminate();
    return List.of();
  }

  @Override
  public boolean isShutdown() {
    return !pool.client().isOpen();
  }

  @Override
  public boolean isTerminated() {
    return pool.client().isClosed();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    return pool.client().awaitEnd(unit.toNanos(timeout));
  }

  // An @Override from Java 19 on.
  public void close() {
    pool.close();
  }
}
