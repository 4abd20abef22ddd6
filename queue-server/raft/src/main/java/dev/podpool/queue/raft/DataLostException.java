package dev.podpool.queue.raft;

/**
 * There was a log, and there is none, here or with another replica: whether that can be missed is
 * for a person to say.
 */
public final class DataLostException extends LogException {

  DataLostException(String message) {
    super(message);
  }
}
