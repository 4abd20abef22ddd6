package dev.podpool;

import org.jspecify.annotations.Nullable;

/**
 * A value with the version that it had when it was read. Changes that are made only to a version
 * are made to this value, even if it was changed to another and back.
 *
 * @param value null: a null that was put, or nothing ({@link #isPresent})
 * @param version rises with each change; 0 where there is nothing
 */
public record Versioned<T extends @Nullable Object>(@Nullable T value, long version) {

  /** Whether there is something. */
  public boolean isPresent() {
    return version != 0;
  }
}
