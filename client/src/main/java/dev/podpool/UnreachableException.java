package dev.podpool;

import org.jspecify.annotations.Nullable;

/**
 * No runtime answers, or none that takes this client's key, or one was silent for longer than
 * {@link ConnectOptions#withPatience}; the message says what was tried.
 */
public final class UnreachableException extends PodpoolException {

  private static final long serialVersionUID = 1;

  UnreachableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
