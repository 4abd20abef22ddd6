package dev.podpool;

import org.jspecify.annotations.Nullable;

/** The runtime has no such pool or job; the message says which, and where to look. */
public final class NotFoundException extends PodpoolException {

  private static final long serialVersionUID = 1;

  NotFoundException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
