package dev.podpool.queue.loop;

/** Calls its owner back in time: what a loop knows of waiting. Thread-safe. */
public interface Alarm extends AutoCloseable {

  /**
   * Calls back in {@code inMillis} at the latest; earlier does no harm. Replaces what was set
   * before only if that is sooner; {@link Long#MAX_VALUE} sets nothing.
   */
  void set(long inMillis);

  /** Calls back no more. */
  @Override
  void close();
}
