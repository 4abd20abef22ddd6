package dev.podpool.session;

import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;

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
   * The session is over: closed, expired, or its connection is gone for good. Nothing follows.
   *
   * @param reason what to tell a person, with the remedy where there is one
   */
  void onEnd(Refusal reason);
}
