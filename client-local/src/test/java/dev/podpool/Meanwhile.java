package dev.podpool;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Something that another thread does, and may be interrupted at. */
final class Meanwhile<T> {

  private static final long PATIENCE_SECONDS = 20;

  private final CompletableFuture<T> done = new CompletableFuture<>();
  private final Thread thread;
  private volatile boolean leftInterrupted;

  private Meanwhile(Callable<T> work) {
    thread =
        new Thread(
            () -> {
              try {
                done.complete(work.call());
              } catch (Exception | AssertionError e) {
                done.completeExceptionally(e);
              }
              leftInterrupted = Thread.currentThread().isInterrupted();
            });
    thread.setDaemon(true);
    thread.start();
  }

  static <T> Meanwhile<T> call(Callable<T> work) {
    return new Meanwhile<>(work);
  }

  /** Returns when {@code count} wait at {@code object}. */
  static void untilWaiting(SharedObject object, int count) throws InterruptedException {
    while (object.status().getWaiting() < count) {
      Thread.sleep(1);
    }
  }

  void interrupt() {
    thread.interrupt();
  }

  boolean isDone() {
    return done.isDone();
  }

  T get() throws Exception {
    return done.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** What it threw. */
  Throwable failure() throws InterruptedException, TimeoutException {
    try {
      T value = done.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      throw new AssertionError("it returned " + value);
    } catch (ExecutionException e) {
      return e.getCause();
    }
  }

  /** Whether its thread was interrupted at the end. */
  boolean wasLeftInterrupted() throws InterruptedException {
    thread.join();
    return leftInterrupted;
  }
}
