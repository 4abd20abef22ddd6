package dev.podpool.session;

import dev.podpool.protocol.Operation;

/** A session's way to change the queue. Thread-safe. */
public interface QueueSession {

  /**
   * Sends {@code operation}: exactly once, in the order of the calls, however often the connection
   * breaks. Does not wait for the queue and never blocks on it. Does nothing once the session has
   * ended.
   */
  void send(Operation operation);

  /**
   * As {@link #send}, for what nobody waits for: it goes with what is sent next, or by itself
   * {@value SessionLogic#LINGER_MILLIS} ms later, or when what is under way then is answered.
   */
  default void sendLater(Operation operation) {
    send(operation);
  }
}
