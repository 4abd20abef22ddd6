package dev.podpool;

import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.protocol.Outcome;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A job whose inputs are taken as its results are consumed: never more than a window ahead.
 *
 * <p>A thread of its own reads the inputs, since they may block. Guarded by {@code this}: what
 * feeder, queue and consumer share.
 */
final class ImapJob extends Job {

  // Of inputs that are there already, so many travel together.
  private static final int GATHERED_MAX = 64;

  private final Submission submission;
  private final Inputs inputs;
  private final boolean ordered;
  private final int window;
  private final Thread feeder = new Thread(this::feed, "podpool-imap");

  // By first index if ordered, else by arrival.
  private final TreeMap<Long, Outcome> arrived = new TreeMap<>();
  private final ArrayDeque<Outcome> unordered = new ArrayDeque<>();
  private long submitted;
  private long consumed;
  private boolean inputEnded;
  private boolean allArrived;
  private @Nullable RuntimeException inputError;
  private @Nullable Supplier<? extends RuntimeException> broken;

  /**
   * What is read.
   *
   * @param iterator used by the feeder alone
   * @param isReady whether its {@code next} would not wait now
   * @param close called when no more is read
   */
  record Inputs(Iterator<?> iterator, BooleanSupplier isReady, Runnable close) {}

  ImapJob(
      PoolClient client, CapturedFunction function, Inputs inputs, boolean ordered, int window) {
    super(client, 0);
    this.submission = new Submission(client, id, function);
    this.inputs = inputs;
    this.ordered = ordered;
    this.window = window;
    feeder.setDaemon(true);
  }

  void submit(JobOptions options, int chunk) {
    submission.open(this, options, chunk);
    feeder.start();
  }

  // ---- the feeder

  private void feed() {
    try {
      boolean more = true;
      try {
        while (more && awaitRoom()) {
          more = sendSome();
        }
      } finally {
        inputs.close().run();
      }
    } catch (Throwable e) { // whatever the caller's iterator throws
      // Results of what was submitted still come; then the consumer gets this.
      RuntimeException error =
          e instanceof RuntimeException own
              ? own
              : new PodpoolException("the inputs could not be read: " + e, e);
      synchronized (this) {
        inputError = error;
      }
    }
    synchronized (this) {
      inputEnded = true;
      notifyAll();
    }
    submission.end(); // means nothing where the job has ended
  }

  /** False: there are no more. */
  private boolean sendSome() {
    try {
      do {
        if (!inputs.iterator().hasNext()) {
          return false;
        }
        submission.gather(inputs.iterator().next());
      } while (submission.gathered() < GATHERED_MAX
          && !submission.isFull()
          && hasRoom()
          && inputs.isReady().getAsBoolean());
      return true;
    } finally {
      if (submission.gathered() > 0) {
        synchronized (this) {
          submitted = submission.taken();
        }
        submission.sendGathered(false);
      }
    }
  }

  private synchronized boolean hasRoom() {
    return submission.taken() - consumed < window;
  }

  /**
   * Waits until there is room for as many as travel together, not to send each by itself once the
   * window was full. False: no more inputs are wanted.
   */
  private synchronized boolean awaitRoom() throws InterruptedException {
    int room = Math.max(1, Math.min(GATHERED_MAX, window / 4));
    while (submission.taken() - consumed > window - room && broken == null && !allArrived) {
      wait();
    }
    return broken == null && !allArrived; // past its deadline a job may end before its inputs
  }

  // ---- the consumer

  /** The next run of outcomes for the consumer; null after the last. Waits. */
  synchronized @Nullable Outcome take() throws InterruptedException {
    while (true) {
      Outcome next = ordered ? arrived.remove(consumed) : unordered.poll();
      if (next != null) {
        return next;
      }
      if (broken != null) {
        throw broken.get();
      }
      if (allArrived || (inputEnded && consumed == submitted)) {
        if (inputError != null) {
          RuntimeException error = inputError;
          inputError = null; // once
          throw error;
        }
        return null;
      }
      wait();
    }
  }

  synchronized void consumed(int items) {
    consumed += items;
    notifyAll();
  }

  synchronized long submitted() {
    return submitted;
  }

  // ---- from the queue

  @Override
  synchronized boolean onOutcome(Outcome outcome) {
    if (ordered) {
      arrived.put(outcome.getFirst(), outcome);
    } else {
      unordered.add(outcome);
    }
    notifyAll();
    return true;
  }

  @Override
  synchronized void onEnd() {
    allArrived = true;
    notifyAll();
  }

  @Override
  void onBroken(Supplier<? extends RuntimeException> reason) {
    synchronized (this) {
      broken = reason;
      notifyAll();
    }
    if (Thread.currentThread() != feeder) {
      feeder.interrupt(); // it may wait for an input that nobody wants any more
    }
  }

  @Override
  boolean endsWithSession() {
    return true;
  }

  @Override
  void onPoolClosing() {
    fail(() -> new IllegalStateException("the pool was closed before all results were read"));
  }
}
