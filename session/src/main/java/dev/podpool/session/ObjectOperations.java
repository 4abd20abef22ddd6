package dev.podpool.session;

import dev.podpool.protocol.Operation;

/** Which operations are about what sessions share, and about waiting for that. */
public final class ObjectOperations {

  private ObjectOperations() {}

  /** Whether {@code operation} is one. */
  public static boolean has(Operation operation) {
    return switch (operation.getKindCase()) {
      case OPEN_OBJECT,
          DELETE_OBJECT,
          CANCEL_WAIT,
          ACQUIRE_LOCK,
          RELEASE_LOCK,
          ACQUIRE_PERMITS,
          RELEASE_PERMITS,
          SET_EVENT,
          AWAIT_EVENT,
          AWAIT_CONDITION,
          SIGNAL_CONDITION,
          AWAIT_BARRIER,
          BREAK_BARRIER,
          PUT_ITEMS,
          TAKE_ITEM,
          CONFIRM_ITEM,
          TASK_DONE,
          JOIN_QUEUE,
          CLOSE_QUEUE,
          HOLD_END,
          CLOSE_END,
          SEND_MESSAGE,
          RECEIVE_MESSAGE,
          CONFIRM_MESSAGE,
          CHANGE_MAP,
          CHANGE_LIST,
          CHANGE_VALUE,
          NAME_QUEUE ->
          true;
      default -> false;
    };
  }

  /**
   * Whether {@code operation} says that what was taken has arrived. Nobody waits for that, so it is
   * sent later: with what is sent next it costs no sync of the log of its own.
   */
  public static boolean isReceipt(Operation operation) {
    return switch (operation.getKindCase()) {
      case CONFIRM_ITEM -> !operation.getConfirmItem().getReturned();
      case CONFIRM_MESSAGE -> !operation.getConfirmMessage().getReturned();
      default -> false;
    };
  }
}
