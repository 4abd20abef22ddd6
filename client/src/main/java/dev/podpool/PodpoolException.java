package dev.podpool;

import org.jspecify.annotations.Nullable;

/** Podpool could not do what was asked; the message says what, which value, and the remedy. */
public class PodpoolException extends RuntimeException {

  private static final long serialVersionUID = 1;

  public PodpoolException(String message) {
    super(message);
  }

  public PodpoolException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
