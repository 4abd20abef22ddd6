package dev.podpool.function;

/**
 * A function that cannot travel to a worker, found when it was submitted. The message names the
 * place, what is in the way, and the remedy.
 */
public class CaptureException extends RuntimeException {

  /** For Podpool itself: {@code message} says what, where, and what to do. */
  public CaptureException(String message) {
    super(message);
  }
}
