package dev.podpool.local;

import dev.podpool.protocol.JobHeader;
import dev.podpool.worker.WorkerListener;
import java.io.PrintStream;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Prints what functions print, in a thread of its own: a slow terminal must not hold up the pool.
 * If it is too slow for too much, some is dropped, and it says so.
 */
final class Printer implements WorkerListener {

  private static final int PENDING_MAX = 4096;
  private static final long CLOSE_MILLIS_MAX = 2_000;

  private record Text(int stream, String text) {}

  private static final Text END = new Text(0, "");

  private final PrintStream output;
  private final PrintStream errorOutput;
  private final LinkedBlockingQueue<Text> pending = new LinkedBlockingQueue<>(PENDING_MAX);
  private final AtomicLong dropped = new AtomicLong();
  private @Nullable Thread thread; // guarded by this

  Printer(PrintStream output, PrintStream errorOutput) {
    this.output = output;
    this.errorOutput = errorOutput;
  }

  @Override
  public void output(int slot, @Nullable JobHeader job, long index, int stream, String text) {
    start();
    if (!pending.offer(new Text(stream, text))) {
      dropped.incrementAndGet();
    }
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
      for (Text next = pending.take(); next.stream() != 0; next = pending.take()) {
        PrintStream to = next.stream() == 2 ? errorOutput : output;
        to.print(next.text());
        if (pending.isEmpty()) {
          output.flush();
          errorOutput.flush();
        }
        long lost = dropped.getAndSet(0);
        if (lost > 0) {
          errorOutput.println("[podpool: " + lost + " pieces of output dropped: printed too fast]");
        }
      }
      output.flush();
      errorOutput.flush();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed, and the terminal is stuck
    }
  }

  /** Prints what is pending, for two seconds at most. */
  void close() {
    Thread running;
    synchronized (this) {
      running = thread;
    }
    if (running == null) {
      return;
    }
    try {
      if (!pending.offer(END)) {
        pending.poll();
        pending.add(END);
      }
      running.join(CLOSE_MILLIS_MAX);
      running.interrupt();
    } catch (InterruptedException e) {
      running.interrupt();
      Thread.currentThread().interrupt();
    }
  }
}
