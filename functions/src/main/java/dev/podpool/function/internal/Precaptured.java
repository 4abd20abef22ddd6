package dev.podpool.function.internal;

/** A function that was taken apart when it was made. */
public interface Precaptured {
  /** What travels. */
  CapturedFunction captured();
}
