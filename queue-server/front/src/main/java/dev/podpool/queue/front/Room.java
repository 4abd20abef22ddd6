package dev.podpool.queue.front;

import org.jspecify.annotations.Nullable;

/** Says whether there is room for more. Thread-safe, and quick. */
public interface Room {
  /** Why there is none, with the remedy; null while there is. */
  @Nullable String lacking();
}
