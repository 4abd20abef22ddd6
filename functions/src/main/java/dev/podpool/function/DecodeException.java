package dev.podpool.function;

import org.jspecify.annotations.Nullable;

/** Bytes that are not a value of the wanted type: as a rule, the two sides run different builds. */
public final class DecodeException extends RuntimeException {

  /** For Podpool itself: {@code message} says what, where, and what to do. */
  public DecodeException(String message) {
    super(message);
  }

  /** As above, with what brought it about. */
  public DecodeException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
