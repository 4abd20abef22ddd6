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
}
