package dev.podpool.worker;

import dev.podpool.protocol.FailureKind;

/** Code or an input that can be had, but not used: trying again gives the same. */
final class UnusableException extends Exception {
  private static final long serialVersionUID = 1;

  private final FailureKind kind;

  /**
   * @param message for the item's owner: what, why, and what to do
   */
  UnusableException(FailureKind kind, String message) {
    super(message);
    this.kind = kind;
  }

  FailureKind kind() {
    return kind;
  }

  /** {@code name}, which somebody else has chosen, on one line and not too long. */
  static String shown(String name) {
    String plain = name.replaceAll("\\p{Cntrl}", "?");
    return plain.length() <= 100 ? plain : plain.substring(0, 100) + "…";
  }
}
