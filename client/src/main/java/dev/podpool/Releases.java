package dev.podpool;

import java.util.concurrent.TimeUnit;

/** Counts the releases that a session sends, for questions that must come behind them. */
final class Releases {

  private long sent;
  private long applied;

  synchronized void sent() {
    sent++;
  }

  /** In the order in which they were sent. */
  synchronized void applied() {
    applied++;
    notifyAll();
  }

  /** The session is over: there is nothing to wait for. */
  synchronized void end() {
    applied = Long.MAX_VALUE;
    notifyAll();
  }

  /** Waits until those that were sent by now are applied, or {@code millisMax} have passed. */
  synchronized void await(long millisMax) throws InterruptedException {
    long last = sent;
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millisMax);
    while (applied < last) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        return;
      }
      wait(left);
    }
  }
}
