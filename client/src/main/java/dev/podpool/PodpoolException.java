package dev.podpool;

/** Podpool could not do what was asked; the message says what, which value, and the remedy. */
public class PodpoolException extends RuntimeException {

  private static final long serialVersionUID = 1;

  public PodpoolException(String message) {
    super(message);
  }

  public PodpoolException(String message, Throwable cause) {
    super(message, cause);
  }
}
