package dev.podpool;

import org.jspecify.annotations.Nullable;

/**
 * A change was under way when the connection's session ended: it may have been made or not. Look
 * before it is tried again.
 */
public final class OutcomeUnknownException extends PodpoolException {
  private static final long serialVersionUID = 1;

  OutcomeUnknownException(String reason) {
    this(
        "the queue did not answer before the session ended, so the change was made or not: "
            + reason
            + "; look at what is there before you try again",
        null);
  }

  OutcomeUnknownException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
