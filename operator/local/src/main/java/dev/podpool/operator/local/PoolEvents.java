package dev.podpool.operator.local;

/**
 * What a local pool's owner may want to know. Called by the pool's threads: must not block, and
 * must not throw.
 */
public interface PoolEvents {

  /** Does nothing. */
  PoolEvents NONE = new PoolEvents() {};

  /** A worker process was started. */
  default void workerStarted(String worker, long pid) {}

  /** A worker takes items. */
  default void workerReady(String worker) {}

  /**
   * A worker process has ended.
   *
   * @param asked whether the pool wanted that; else it died
   * @param exitCode negative N where signal N ended it
   */
  default void workerEnded(String worker, boolean asked, int exitCode) {}

  /** User code printed something; {@code stream} is 1 for standard output, 2 for error. */
  default void output(String worker, int stream, String text) {}
}
