package dev.podpool.queue.raft;

import dev.podpool.protocol.Snapshot;
import dev.podpool.queue.loop.Log.Replica;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.server.protocol.TermIndex;
import org.jspecify.annotations.Nullable;

/**
 * Writes the replica's state at the checkpoints of the log, so that all replicas write that of the
 * same entries; and one that could not be written then when the log has grown enough. The apply
 * thread only builds the message; all that may take long is done by a thread of its own, one
 * snapshot at a time.
 */
final class Snapshots {

  private static final System.Logger LOG = System.getLogger(Snapshots.class.getName());

  private static final long CLOSE_SECONDS_MAX = 5;
  // Between two that another replica sends in full.
  private static final Duration FULL_PACE = Duration.ofSeconds(10);

  private final SnapshotFiles files;
  private final long logBytes;
  private final Health health;
  private final Runnable purge;
  private final AtomicLong grown = new AtomicLong();
  private final AtomicBoolean writing = new AtomicBoolean();
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile boolean owed; // the last checkpoint has no snapshot
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("podpool-snapshot").factory());
  private volatile SnapshotFiles.@Nullable Written durable;

  /**
   * @param logBytes the least growth of the log that makes a snapshot worth it
   * @param purge has the log dropped up to {@link #durable}; called by the writing thread
   */
  Snapshots(SnapshotFiles files, long logBytes, Health health, Runnable purge) {
    this.files = files;
    this.logBytes = logBytes;
    this.health = health;
    this.purge = purge;
  }

  /** The newest snapshot on disk. */
  SnapshotFiles.@Nullable Written durable() {
    return durable;
  }

  /** {@code written} is what the replica was restored from. */
  void restored(SnapshotFiles.Written written) {
    durable = written;
  }

  /** Whether the log has grown enough for another, and none is being written. */
  boolean isDue() {
    SnapshotFiles.Written last = durable;
    // A large state is written no more often than as much log was.
    return !writing.get() && grown.get() >= Math.max(logBytes, last == null ? 0 : last.bytes());
  }

  /**
   * The replica applied the entry {@code at}, of {@code bytes}. By the thread that drives the
   * replica.
   */
  void applied(TermIndex at, long bytes, boolean isCheckpoint, Replica replica) {
    long size = grown.addAndGet(bytes);
    if (isCheckpoint) {
      owed = true;
    }
    if (owed && (isCheckpoint || isDue()) && writing.compareAndSet(false, true)) {
      owed = false;
      Snapshot state = replica.snapshot();
      grown.addAndGet(-size);
      try {
        writer.execute(() -> write(at, state, size, replica));
      } catch (RejectedExecutionException e) {
        // Closed meanwhile: the log has it all.
      }
    }
  }

  /**
   * Has {@code fetch} bring a newer snapshot from another replica, and goes on from there. Where
   * that fails it is asked for again: at once, unless the disk is full. What this release can't
   * apply is the log's end.
   */
  CompletableFuture<SnapshotFiles.Written> fill(Callable<SnapshotFiles.Written> fetch) {
    CompletableFuture<SnapshotFiles.Written> filled = new CompletableFuture<>();
    writer.execute(
        () -> {
          try {
            SnapshotFiles.Written written = fetch.call();
            durable = written;
            files.removeBut(written.file());
            grown.set(0);
            filled.complete(written);
          } catch (Exception | Error e) {
            if (e instanceof LogException) {
              health.fail(e);
            } else if (Disk.isFull(e)) {
              LOG.log(System.Logger.Level.WARNING, "no room for another replica's snapshot", e);
              rest();
            }
            filled.completeExceptionally(e);
          }
        });
    return filled;
  }

  private void rest() {
    try {
      var _ = closing.await(FULL_PACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Starts no more, and waits a little for what is being written; the log has it, too. */
  void close() {
    closing.countDown();
    writer.shutdown();
    try {
      if (!writer.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS)) {
        LOG.log(System.Logger.Level.WARNING, "a snapshot is still being written");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(TermIndex at, Snapshot state, long size, Replica replica) {
    SnapshotFiles.Written newest = durable;
    if (newest != null && newest.index() >= at.getIndex()) {
      writing.set(false); // another replica had a newer one
      return;
    }
    try {
      replica.sync(state);
      SnapshotFiles.Written written = files.write(at.getTerm(), at.getIndex(), state);
      durable = written;
      files.removeBut(written.file());
      replica.begin(state);
      writing.set(false);
      if (!health.isClosed()) {
        purge.run();
      }
    } catch (IOException | RuntimeException | Error e) {
      if (!Disk.isFull(e)) {
        health.fail(
            new LogException(
                "the snapshot of entry %d cannot be written (%s): check the disk, then start again"
                    .formatted(at.getIndex(), e),
                e));
        return;
      }
      LOG.log(
          System.Logger.Level.WARNING,
          "no room for the snapshot of entry " + at.getIndex() + "; it is tried again later",
          e);
      // The log still has all of it: soon, but not with each entry.
      grown.addAndGet(size - size / 8);
      owed = true;
      writing.set(false);
    }
  }
}
