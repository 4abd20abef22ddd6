package dev.podpool.queue.raft;

/** Another process has the log's directory: wait for its end, or choose another directory. */
public final class DirectoryInUseException extends LogException {

  DirectoryInUseException(String message) {
    super(message);
  }
}
