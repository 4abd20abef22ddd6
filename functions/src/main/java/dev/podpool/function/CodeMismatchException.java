package dev.podpool.function;

/** The worker has the function's class, but of another build than the submitter's. */
public final class CodeMismatchException extends RuntimeException {

  /** For Podpool itself: {@code message} says what, where, and what to do. */
  public CodeMismatchException(String message) {
    super(message);
  }
}
