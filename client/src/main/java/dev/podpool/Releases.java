package dev.podpool;

import java.util.concurrent.TimeUnit;

/**
 * Counts the releases that a link sends, for what must come behind them. Each is counted once here
 * and once there, whatever becomes of its session: one that expires sends it again.
 */
final class Releases {

  private long sent;
  private long applied;
  private boolean over;

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
    over = true;
    notifyAll();
  }

  /** Waits until those that were sent by now are applied, or {@code millisMax} have passed. */
  synchronized void await(long millisMax) throws InterruptedException {
    long last = sent;
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millisMax);
    while (!over && applied < last) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        return;
      }
      wait(left);
    }
  }
}
