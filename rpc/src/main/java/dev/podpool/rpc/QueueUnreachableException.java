package dev.podpool.rpc;

import java.io.IOException;

/** A queue service does not answer. The message says where it was looked for, and why it failed. */
public final class QueueUnreachableException extends IOException {
  private static final long serialVersionUID = 1L;

  private final boolean isForGood;

  QueueUnreachableException(String message, boolean isForGood, Throwable cause) {
    super(message, cause);
    this.isForGood = isForGood;
  }

  /** Whether asking again is of no use: the key is refused. */
  public boolean isForGood() {
    return isForGood;
  }
}
