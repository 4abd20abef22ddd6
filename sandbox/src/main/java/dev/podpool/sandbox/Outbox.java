package dev.podpool.sandbox;

import dev.podpool.function.internal.PayloadWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.locks.LockSupport;

/**
 * What the child has to say, gathered so that no item costs a system call. Filled by the thread
 * that runs items and by whoever prints; sent by the former between items, and by the watchdog when
 * an item takes long.
 */
final class Outbox {
  private static final int FLUSH_BYTES = 64 << 10;
  private static final int FLUSH_OUTCOMES = 4096;
  private static final int WRITE_BYTES = 64 << 10;
  private static final int RESULTS_HEADER_BYTES = Frames.HEADER_BYTES + 8 + 4 + 8;
  // What is done waits so long for company while there is more to run: each flush costs every
  // process on the way to the client.
  static final long FLUSH_NANOS = 5_000_000;
  private static final long WATCH_NANOS = FLUSH_NANOS;
  // Waking a sleeping watchdog costs a system call: let it linger through short gaps.
  private static final int WATCH_ROUNDS = 50;

  private final WritableByteChannel channel;
  private final Thread watchdog = new Watchdog();
  private final ByteBuffer writing = ByteBuffer.allocateDirect(WRITE_BYTES);

  // The lock is this. All below is guarded by it, but for the volatile ones.
  private final Bytes pending = new Bytes(2 * FLUSH_BYTES);
  private int results = -1; // where the open RESULTS frame starts, -1 if none is open
  private long resultsEnd; // sequence behind its last item
  private int resultsCount;
  private long resultsNanos;
  private int outcomes;
  private long flushes;
  private volatile boolean waiting; // something is pending
  private volatile boolean asleep; // the watchdog needs to be woken

  Outbox(WritableByteChannel channel) {
    this.channel = channel;
  }

  void startWatchdog() {
    watchdog.start();
  }

  /** Adds the result of an item. {@code joins}: the item is of the same run as the one before. */
  synchronized void addResult(long sequence, boolean joins, PayloadWriter result, long nanos) {
    if (results < 0 || !joins || resultsEnd != sequence) {
      closeResults();
      results = pending.length();
      pending.putInt(0);
      pending.putByte(Frames.RESULTS);
      pending.putLong(sequence);
      pending.putInt(0);
      pending.putLong(0);
    }
    pending.putBytes(result.buffer(), 0, result.sizeBytes()); // with its length before it
    resultsEnd = sequence + 1;
    resultsCount++;
    resultsNanos += nanos;
    outcomes++;
    waiting = true;
  }

  /** Adds a frame; {@code body} as {@link Frames} says. */
  synchronized void add(byte type, Bytes body) {
    closeResults();
    pending.putInt(1 + body.length());
    pending.putByte(type);
    pending.putBytes(body.array(), 0, body.length());
    outcomes++;
    waiting = true;
  }

  /** Adds text that was printed; it is sent soon, not by the caller. */
  synchronized void addOutput(long sequence, int stream, byte[] text, int offset, int count) {
    closeResults();
    pending.putInt(1 + 8 + 1 + count);
    pending.putByte(Frames.OUTPUT);
    pending.putLong(sequence);
    pending.putByte(stream);
    pending.putBytes(text, offset, count);
    waiting = true;
    wakeWatchdog();
  }

  /** Whether it's time to send, given the time since the last flush by the caller. */
  boolean isDue(long nanosSinceFlush) {
    return waiting && (nanosSinceFlush >= FLUSH_NANOS || isFull());
  }

  private synchronized boolean isFull() {
    return outcomes >= FLUSH_OUTCOMES || pending.length() >= FLUSH_BYTES;
  }

  /** An item is about to run, maybe for long: what is pending must not wait for its end. */
  void watchWhileRunning() {
    if (waiting && asleep) {
      wakeWatchdog();
    }
  }

  /** Sends everything, and blocks until the supervisor's end has taken it. */
  synchronized void flush() throws IOException {
    if (!waiting) {
      return;
    }
    closeResults();
    int position = 0;
    while (position < pending.length()) {
      int count = Math.min(WRITE_BYTES, pending.length() - position);
      writing.clear().put(pending.array(), position, count).flip();
      while (writing.hasRemaining()) {
        channel.write(writing);
      }
      position += count;
    }
    pending.clear();
    outcomes = 0;
    flushes++;
    waiting = false;
  }

  private void closeResults() {
    if (results < 0) {
      return;
    }
    pending.setInt(results, pending.length() - results - 4);
    pending.setInt(results + RESULTS_HEADER_BYTES - 12, resultsCount);
    pending.setLong(results + RESULTS_HEADER_BYTES - 8, resultsNanos);
    results = -1;
    resultsCount = 0;
    resultsNanos = 0;
  }

  private void wakeWatchdog() {
    if (asleep) {
      asleep = false;
      LockSupport.unpark(watchdog);
    }
  }

  private void watch() {
    int idleRounds = 0;
    long flushesBefore = -1;
    try {
      while (true) {
        if (idleRounds > WATCH_ROUNDS) {
          asleep = true;
          if (!waiting) { // else it came in before it could see us asleep
            LockSupport.park(this);
          }
          asleep = false;
          idleRounds = 0;
        }
        LockSupport.parkNanos(this, WATCH_NANOS);
        flushesBefore = flushIfStalled(flushesBefore);
        idleRounds = waiting ? 0 : idleRounds + 1;
      }
    } catch (IOException e) {
      // The supervisor is gone; the life line ends this process.
    }
  }

  private synchronized long flushIfStalled(long flushesBefore) throws IOException {
    if (waiting && flushes == flushesBefore) {
      flush();
    }
    return flushes;
  }

  private final class Watchdog extends UninterruptibleThread { // no lambda: see Child

    Watchdog() {
      super("podpool-watchdog");
      setDaemon(true);
    }

    @Override
    public void run() {
      watch();
    }
  }
}
