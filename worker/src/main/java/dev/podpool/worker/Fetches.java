package dev.podpool.worker;

import java.io.InterruptedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What the supervisor waits for without blocking: each fetch has a thread while it lasts, and what
 * comes of it is told on the supervisor's thread. Used by the latter.
 */
final class Fetches implements AutoCloseable {
  private static final long CLOSE_MILLIS = 1_000;

  private final Consumer<Runnable> post;
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          0,
          Integer.MAX_VALUE,
          1,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          task -> {
            Thread thread = new Thread(task, "podpool-fetch");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * @param post has the supervisor's thread do something soon
   */
  Fetches(Consumer<Runnable> post) {
    this.post = post;
  }

  /** What a fetch's thread does. */
  interface Work<T> {
    T get(Fetch fetch) throws Exception;
  }

  /** A fetch under way. */
  static final class Fetch {
    private volatile long progressNanos = System.nanoTime();
    private Future<?> future = CompletableFuture.completedFuture(null); // supervisor's
    private volatile boolean cancelled;

    /** Its thread has got on. */
    void touch() {
      progressNanos = System.nanoTime();
    }

    /** It waits for {@code other}, which has got on as far as it has. */
    void follow(Fetch other) {
      progressNanos = other.progressNanos;
    }

    /** When it got on last. */
    long progressNanos() {
      return progressNanos;
    }

    boolean isCancelled() {
      return cancelled;
    }

    /** Nothing will be told of it. The supervisor's to call. */
    void cancel() {
      cancelled = true;
      future.cancel(true);
    }
  }

  /**
   * Starts a fetch. One of {@code came} and {@code failed} is called, unless it is cancelled.
   *
   * @param failed gets an {@link UnusableException}, or what may be otherwise another time
   */
  <T> Fetch start(Work<T> work, Consumer<T> came, Consumer<Exception> failed) {
    Fetch fetch = new Fetch();
    fetch.future = threads.submit(() -> run(work, fetch, came, failed));
    return fetch;
  }

  private <T> void run(Work<T> work, Fetch fetch, Consumer<T> came, Consumer<Exception> failed) {
    Runnable news;
    try {
      T value = work.get(fetch);
      news = () -> came.accept(value);
    } catch (InterruptedException e) {
      news = () -> failed.accept(new InterruptedIOException("interrupted")); // cancelled, that is
    } catch (Exception e) {
      news = () -> failed.accept(e);
    } catch (Error e) { // such as memory that does not suffice
      news = () -> failed.accept(new IllegalStateException(e.toString(), e));
    }
    Runnable told = news;
    post.accept(
        () -> {
          if (!fetch.cancelled) {
            told.run();
          }
        });
  }

  /** Interrupts all, and gives them a second to end. */
  @Override
  public void close() {
    threads.shutdownNow();
    try {
      threads.awaitTermination(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
