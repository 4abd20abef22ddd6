package dev.podpool.operator.local;

import java.io.IOException;

/**
 * A local runtime can't start, or not go on: its directory is in use, its queue damaged, … The
 * message says why, and what to do.
 */
public final class RuntimeUnusableException extends IOException {
  private static final long serialVersionUID = 1L;

  RuntimeUnusableException(String message) {
    super(message);
  }
}
