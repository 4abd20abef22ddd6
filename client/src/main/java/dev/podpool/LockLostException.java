package dev.podpool;

/**
 * A lock was no longer held: its session had ended, for this process was not heard of for too long,
 * or somebody else has released it. What was done under it since may have met with others.
 */
public final class LockLostException extends PodpoolException {
  private static final long serialVersionUID = 1;

  LockLostException(String message) {
    super(message);
  }
}
