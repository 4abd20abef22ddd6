package dev.podpool.worker;

import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Refusal;
import dev.podpool.sandbox.UninterruptibleThread;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Runs a pool's items in child processes: one session with the queue, {@code slots} children. Works
 * within a caller's JVM as well as in a pod. Thread-safe.
 *
 * <p>Uses one thread of its own, and two small ones for each child, all daemon. No child outlives
 * this process, however that ends.
 */
public final class Worker implements SessionHandler, AutoCloseable {
  private final WorkerSettings settings;
  private @Nullable Supervisor supervisor;
  private @Nullable Thread thread;

  public Worker(WorkerSettings settings) {
    this.settings = settings;
  }

  /**
   * Starts the children, and asks the queue for items as soon as one is ready. Does not wait.
   *
   * @param session this handler's; its end ends the worker. Nothing is sent before this returns, or
   *     by this thread: it may wait until it is open
   * @throws IOException if there is no place for a socket in the temporary directory
   * @throws IllegalStateException if started before, or closed
   */
  public synchronized void start(QueueSession session) throws IOException {
    if (supervisor != null) {
      throw new IllegalStateException("worker '" + settings.worker() + "' is started already");
    }
    Supervisor started = new Supervisor(settings, session);
    supervisor = started;
    thread = new UninterruptibleThread(started, "podpool-worker");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void onDelivery(Delivery delivery) {
    started().post(() -> started().deliver(delivery));
  }

  /** Kills what runs: its items are no longer this worker's. */
  @Override
  public void onEnd(Refusal reason) {
    started().post(() -> started().end());
  }

  /**
   * Takes no more items, gives back those that have not begun, and lets the others finish.
   *
   * @return completed when this worker holds no item, and what became of them is sent
   */
  public CompletableFuture<Void> drain() {
    CompletableFuture<Void> drained = new CompletableFuture<>();
    started().post(() -> started().drain(drained));
    return drained;
  }

  /**
   * Ends the children, and returns when they are gone. Those at work are killed; idle ones end in
   * an orderly way if they do so within a second. The items are the session's to give back: close
   * it afterwards, or {@link #drain} before. Does nothing if not started, or closed before.
   */
  @Override
  public void close() {
    Supervisor ending;
    Thread running;
    synchronized (this) {
      ending = supervisor;
      running = thread;
    }
    if (ending == null || running == null) {
      return;
    }
    ending.post(() -> ending.end());
    boolean interrupted = false;
    while (running.isAlive()) {
      try {
        running.join();
      } catch (InterruptedException e) {
        interrupted = true; // no child is left behind for that
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized Supervisor started() {
    if (supervisor == null) {
      throw new IllegalStateException("worker '" + settings.worker() + "' is not started");
    }
    return supervisor;
  }
}
