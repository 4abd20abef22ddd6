package dev.podpool.queue.loop;

import dev.podpool.protocol.BlobSnapshot;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.Snapshot;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Where entries become certain, one replica's view of it. At most one is appended at a time; the
 * next gathers meanwhile.
 */
public interface Log extends AutoCloseable {

  /** Of the only replica. */
  CompletableFuture<@Nullable Void> CAUGHT_UP = CompletableFuture.completedFuture(null);

  /**
   * The replica that a log drives. Called by one thread at a time; each entry once, in order,
   * whether this replica appended it or another did.
   */
  interface Replica {

    /**
     * Forgets its state and takes {@code snapshot}'s: when the log begins there, or when this
     * replica has fallen too far behind for entries.
     */
    void restore(Snapshot snapshot);

    /** {@code entry} is certain, and the next. */
    void apply(Entry entry);

    /**
     * The state after the last entry applied. Does not wait for the disk: what it refers to beside
     * itself is durable only after {@link #sync}.
     */
    Snapshot snapshot();

    /**
     * Makes durable what {@code snapshot}, its own, refers to. Any thread; may take long.
     *
     * @throws java.io.UncheckedIOException if the disk refuses: the snapshot must not be used
     */
    void sync(Snapshot snapshot);

    /**
     * {@code snapshot}, its own, is durable: from now on a restart begins with it, or with a later
     * one. Any thread.
     */
    void begin(Snapshot snapshot);

    /** Whether what {@code listed} says is here of a blob is here. Any thread. */
    boolean has(BlobSnapshot listed);

    /**
     * What {@code listed} says is here of a blob, for another replica; null where it is not, any
     * more. Any thread.
     */
    @Nullable InputStream open(BlobSnapshot listed) throws IOException;

    /** Takes what another replica has of a blob, in {@code pieces}. Any thread. */
    void take(BlobSnapshot listed, Iterator<byte[]> pieces) throws IOException;

    /**
     * What in {@code entry}, of another process, is of a later release than this replica, and must
     * not be applied by it; null for nothing. Any thread.
     */
    @Nullable String newer(Entry entry);

    /** The level of the queue, as far as this replica has applied the log. Any thread. */
    int level();

    /** The highest level that this replica can apply. Any thread. */
    int levelMax();

    /**
     * All replicas can apply what came with {@code level}: proposes that the queue has it from now
     * on, if it has not, and this replica leads. Any thread.
     */
    void raise(int level);

    /**
     * From now on this replica appends: every entry of the log is applied, and none comes but those
     * that it appends.
     *
     * @param term higher than any leader's before, on whatever replica
     */
    void lead(long term);

    /**
     * From now on this replica appends nothing. What it was appending may become certain, or not.
     */
    void follow();
  }

  /** Begins to drive {@code replica}: with all that is in the log already. Once. */
  void start(Replica replica);

  /**
   * Appends {@code entry}: only while the replica leads, and not before the last one was applied.
   * The replica may be called before this returns, also by this thread.
   */
  void append(Entry entry);

  /**
   * Makes sure that whoever reads this replica misses nothing that somebody was told of.
   *
   * @return completes when all is applied here that was acknowledged before the call; fails with a
   *     {@link NotLeadingException} where nobody can tell. The only replica there is has it all
   */
  default CompletableFuture<@Nullable Void> catchUp() {
    return CAUGHT_UP;
  }

  /**
   * The name of the replica that leads, as far as this one knows; null where it knows of none, or
   * there is no other.
   */
  default @Nullable String leader() {
    return null;
  }

  /** Has another replica lead, if this one does; waits some seconds at most. Before the end. */
  default void handOver() {}

  /** Ends driving. Does nothing if done before. */
  @Override
  void close();
}
