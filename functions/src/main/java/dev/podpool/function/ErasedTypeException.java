package dev.podpool.function;

/**
 * A function whose argument or result type is not known well enough to decode it: erased, raw, or
 * abstract. The message names the type, where it stands, and the remedy.
 */
public final class ErasedTypeException extends CaptureException {

  /** For Podpool itself: {@code message} says what, where, and what to do. */
  public ErasedTypeException(String message) {
    super(message);
  }
}
