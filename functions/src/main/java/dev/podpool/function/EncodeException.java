package dev.podpool.function;

import org.jspecify.annotations.Nullable;

/**
 * A value that cannot be encoded. The message names its type, the path to the part in the way, and
 * the remedy.
 */
public final class EncodeException extends RuntimeException {

  /** For Podpool itself: {@code message} says what, where, and what to do. */
  public EncodeException(String message) {
    super(message);
  }

  /** As above, with what brought it about. */
  public EncodeException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
