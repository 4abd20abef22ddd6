package dev.podpool.function;

import org.jspecify.annotations.Nullable;

/** The function, or a class that it names, is not in the worker, or not open to it. */
public final class FunctionNotFoundException extends RuntimeException {

  /** For Podpool itself: {@code message} says what, where, and what to do. */
  public FunctionNotFoundException(String message) {
    super(message);
  }

  /** As above, with what brought it about. */
  public FunctionNotFoundException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
