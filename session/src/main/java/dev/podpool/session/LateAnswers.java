package dev.podpool.session;

import dev.podpool.protocol.Operation;

/** Which operations wait in the queue: applied without an answer, they get it later. */
public final class LateAnswers {

  private LateAnswers() {}

  /** Whether {@code operation} is always answered, at once or later. */
  public static boolean has(Operation operation) {
    return switch (operation.getKindCase()) {
      case JOIN_POOL,
          ACQUIRE_LOCK,
          ACQUIRE_PERMITS,
          AWAIT_EVENT,
          AWAIT_CONDITION,
          AWAIT_BARRIER,
          PUT_ITEMS,
          TAKE_ITEM,
          JOIN_QUEUE,
          SEND_MESSAGE,
          RECEIVE_MESSAGE ->
          true;
      default -> false;
    };
  }
}
