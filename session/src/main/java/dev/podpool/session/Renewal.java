package dev.podpool.session;

import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import java.util.List;

/**
 * How to go on after a session has expired.
 *
 * @param open opens the new session; with a nonce of its own
 * @param first what it begins with
 */
public record Renewal(OpenSession open, List<Operation> first) {

  /** Copies. */
  public Renewal {
    first = List.copyOf(first);
  }
}
