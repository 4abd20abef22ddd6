package dev.podpool.rpc;

import java.io.IOException;

/** A queue service does not answer. The message says where it was looked for, and why it failed. */
public final class QueueUnreachableException extends IOException {
  private static final long serialVersionUID = 1L;

  public QueueUnreachableException(String message, Throwable cause) {
    super(message, cause);
  }
}
