package dev.podpool.queue.loop;

import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Response;

/**
 * A connection on which a session talks to the queue. Called by one thread at a time; must not
 * block.
 */
public interface Link {

  /** Who is at its other end, as was established when it was made. */
  String principal();

  /** Whether the session is its own that was opened with {@code opened}, principal included. */
  boolean mayResume(OpenSession opened);

  /** Sends {@code response}, or loses it: then the session finds out, and asks again. */
  void answer(Response response);

  /** Ends the connection, because of {@code reason}: nobody here listens any more. */
  void close(String reason);
}
