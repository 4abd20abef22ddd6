package dev.podpool.worker;

import dev.podpool.protocol.JobHeader;
import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Prints what functions print, in a thread of its own: a slow terminal must not hold up the pool.
 * If it is too slow for too much, some is dropped, and it says so.
 */
public final class Printer implements WorkerListener, AutoCloseable {

  /** Characters that wait; what is longer comes alone. */
  private static final int PENDING_MAX = 1 << 20;

  private static final long CLOSE_MILLIS_MAX = 2_000;
  private static final long AWAIT_MILLIS_MAX = 2_000;

  /**
   * @param isReached null for a text; else told when all before it is printed
   */
  private record Text(int stream, String text, @Nullable CountDownLatch isReached) {}

  private static final Text END = new Text(0, "", null);

  private final PrintStream output;
  private final PrintStream errorOutput;
  private final LinkedBlockingQueue<Text> queue = new LinkedBlockingQueue<>();
  private final AtomicInteger pending = new AtomicInteger(); // characters in the queue
  private final AtomicLong dropped = new AtomicLong();
  private volatile boolean stuck;
  private @Nullable Thread thread; // guarded by this

  /** Prints to {@code output} and {@code errorOutput}, and closes neither. */
  public Printer(PrintStream output, PrintStream errorOutput) {
    this.output = output;
    this.errorOutput = errorOutput;
  }

  @Override
  public void output(int slot, @Nullable JobHeader job, long index, int stream, String text) {
    start();
    int before = pending.getAndAdd(text.length());
    if (before > 0 && before + text.length() > PENDING_MAX) {
      pending.addAndGet(-text.length());
      dropped.addAndGet(text.length());
      return;
    }
    queue.add(new Text(stream, text, null));
  }

  private synchronized void start() {
    if (thread == null) {
      thread = new Thread(this::print, "podpool-output");
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void print() {
    try {
      for (Text next = queue.take(); next.stream() != 0; next = queue.take()) {
        if (next.isReached() != null) {
          next.isReached().countDown();
          continue;
        }
        PrintStream to = next.stream() == 2 ? errorOutput : output;
        to.print(next.text());
        if (pending.get() == next.text().length()) { // nothing else is
          output.flush();
          errorOutput.flush();
        }
        pending.addAndGet(-next.text().length());
        stuck = false;
        long lost = dropped.getAndSet(0);
        if (lost > 0) {
          errorOutput.println(
              "[podpool: " + lost + " characters of output dropped: printed too fast]");
        }
      }
      output.flush();
      errorOutput.flush();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed, and the terminal is stuck
    }
  }

  /**
   * Waits until what came before is printed; for two seconds at most, and where that was not enough
   * no more until something is printed again.
   */
  public void awaitPrinted() throws InterruptedException {
    if (pending.get() == 0 || stuck) {
      return;
    }
    CountDownLatch isReached = new CountDownLatch(1);
    queue.add(new Text(1, "", isReached));
    if (!isReached.await(AWAIT_MILLIS_MAX, TimeUnit.MILLISECONDS)) {
      stuck = true;
    }
  }

  /** Prints what is pending, for two seconds at most. */
  @Override
  public void close() {
    Thread running;
    synchronized (this) {
      running = thread;
    }
    if (running == null) {
      return;
    }
    try {
      queue.add(END);
      running.join(CLOSE_MILLIS_MAX);
      running.interrupt();
    } catch (InterruptedException e) {
      running.interrupt();
      Thread.currentThread().interrupt();
    }
  }
}
