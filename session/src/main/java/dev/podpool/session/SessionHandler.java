package dev.podpool.session;

import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a session's owner is told. Called by one thread at a time, in the queue's order, but not
 * always by the same thread; must not block, and must not call back into user code.
 */
public interface SessionHandler {

  /**
   * The queue has something for this session. After a lost connection it may come again: {@code
   * JobResults} from a position already seen, an {@code Assign} that is complete.
   */
  void onDelivery(Delivery delivery);

  /** The queue's answer to {@code operation}, where it says more than that it was done. Once. */
  default void onReply(Operation operation, Reply reply) {}

  /**
   * {@code operation} was applied, and there is no more to say of it. Once. Never for a {@code
   * JoinPool}, which is answered later.
   */
  default void onDone(Operation operation) {}

  /**
   * The session goes on over a new connection. What was to be delivered on the old one has come
   * again; what ended meanwhile may have been said in vain.
   */
  default void onResumed() {}

  /**
   * The session has expired, or the queue knows it no more: its owner was away for longer than its
   * term. Asked only where the queue is in another process. What is sent from within is dropped.
   *
   * @param unanswered in the order in which they were sent; the first of them may have been applied
   * @return how to go on in a new session, in which whatever is sent from now on goes behind {@link
   *     Renewal#first}; null to end, which {@link #onEnd} then says
   */
  default @Nullable Renewal onExpired(Refusal reason, List<Operation> unanswered) {
    return null;
  }

  /**
   * The session is over: closed, expired, or its connection is gone for good. Nothing follows.
   *
   * @param reason what to tell a person, with the remedy where there is one
   */
  void onEnd(Refusal reason);
}
