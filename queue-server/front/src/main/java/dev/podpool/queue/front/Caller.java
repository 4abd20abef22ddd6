package dev.podpool.queue.front;

import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Who calls, as their proof of identity says, and what they may. Thread-safe. No method blocks, and
 * no future fails.
 */
public interface Caller {

  /** The name that sessions and jobs are theirs by. */
  String principal();

  /** Whether the queue is theirs: they may do everything, and be any worker, unasked. */
  boolean isOwner();

  /** The pod that their proof is bound to; null for none. */
  @Nullable Pod pod();

  /** When their proof is none any more; null for never. */
  @Nullable Instant expiry();

  /** Whether they may do that. Not asked of an owner. */
  CompletableFuture<Verdict> may(Right right);

  /** Whether their proof is still one: it may be revoked before it expires. */
  CompletableFuture<Verdict> isKnown();

  /**
   * A pod.
   *
   * @param uid as Kubernetes writes it
   */
  record Pod(String name, String uid) {}

  /** Who owns the queue, and always has. */
  static Caller owner(String principal) {
    return new Owner(principal);
  }
}
