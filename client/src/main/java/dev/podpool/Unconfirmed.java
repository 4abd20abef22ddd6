package dev.podpool;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes of outcomes that a session's jobs have got and not confirmed. The queue stops all of a
 * session's jobs at 16 MiB, so where many have a little each they must confirm before any has much.
 */
final class Unconfirmed {

  private static final long BYTES_MAX = 4 << 20;

  private final AtomicLong bytes = new AtomicLong();

  void add(long more) {
    bytes.addAndGet(more);
  }

  /** Whether every job of the session is to confirm what it has. */
  boolean isMuch() {
    return bytes.get() >= BYTES_MAX;
  }
}
