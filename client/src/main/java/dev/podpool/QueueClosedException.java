package dev.podpool;

/**
 * A shared queue was closed: nothing is put any more, and, where something was to be taken, nothing
 * is left.
 */
public final class QueueClosedException extends PodpoolException {
  private static final long serialVersionUID = 1;

  QueueClosedException(String message) {
    super(message);
  }
}
