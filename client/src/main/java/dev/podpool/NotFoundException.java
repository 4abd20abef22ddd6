package dev.podpool;

import org.jspecify.annotations.Nullable;

/** The runtime has no such pool or job; the message says which, and where to look. */
public final class NotFoundException extends PodpoolException {

  private static final long serialVersionUID = 1;

  private final boolean isPool;

  NotFoundException(String message, @Nullable Throwable cause) {
    this(message, cause, false);
  }

  NotFoundException(String message, @Nullable Throwable cause, boolean isPool) {
    super(message, cause);
    this.isPool = isPool;
  }

  /** Whether it is the pool that is not there. */
  boolean isPool() {
    return isPool;
  }
}
