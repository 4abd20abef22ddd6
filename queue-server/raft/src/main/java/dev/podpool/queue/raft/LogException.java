package dev.podpool.queue.raft;

/** The log cannot be opened or used: the message says what, which value, and what to do. */
public sealed class LogException extends RuntimeException
    permits DirectoryInUseException, DataLostException {

  LogException(String message) {
    super(message);
  }

  LogException(String message, Throwable cause) {
    super(message, cause);
  }
}
