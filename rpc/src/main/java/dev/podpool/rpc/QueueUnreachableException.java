package dev.podpool.rpc;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A queue service does not answer. The message says where it was looked for, and why it failed. */
public final class QueueUnreachableException extends IOException {
  private static final long serialVersionUID = 1L;

  private final boolean isForGood;

  /**
   * The queue gave no answer.
   *
   * @param isForGood whether asking again is of no use
   */
  public QueueUnreachableException(String message, boolean isForGood, @Nullable Throwable cause) {
    super(message, cause);
    this.isForGood = isForGood;
  }

  /** Whether asking again is of no use: the key is refused, or the right is lacking. */
  public boolean isForGood() {
    return isForGood;
  }
}
