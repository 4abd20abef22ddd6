package dev.podpool;

import java.util.concurrent.TimeUnit;

/**
 * Counts what a link sends that nobody waits for, but some must come behind: releases of jobs, and
 * receipts of what was taken. Each is counted once here and once there, whatever becomes of its
 * session: when that expires, a release is sent again, and a receipt is void.
 */
final class Farewells {

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
