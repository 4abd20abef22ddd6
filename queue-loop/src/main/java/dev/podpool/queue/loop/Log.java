package dev.podpool.queue.loop;

import dev.podpool.protocol.Entry;
import dev.podpool.protocol.Snapshot;

/**
 * Where entries become certain, one replica's view of it. At most one is appended at a time; the
 * next gathers meanwhile.
 */
public interface Log extends AutoCloseable {

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

  /** Ends driving. Does nothing if done before. */
  @Override
  void close();
}
