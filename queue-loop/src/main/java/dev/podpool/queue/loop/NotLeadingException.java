package dev.podpool.queue.loop;

import org.jspecify.annotations.Nullable;

/** This replica follows, or leads nobody yet: what was asked is the leader's to answer. */
public final class NotLeadingException extends RuntimeException {

  private static final long serialVersionUID = 1;

  /**
   * Told by a follower.
   *
   * @param leader the name of the replica that leads; null where none is known
   */
  public NotLeadingException(@Nullable String leader) {
    super(
        leader == null
            ? "no replica of the queue leads at this moment; ask again in a moment"
            : "this replica of the queue follows; " + leader + " leads");
  }
}
