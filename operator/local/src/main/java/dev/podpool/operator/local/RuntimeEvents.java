package dev.podpool.operator.local;

/**
 * What a local runtime's owner may want to know. Must not throw. Events of processes come in order,
 * by a thread of their own that nothing waits for; output by the thread that reads it, so that
 * whoever takes long over it loses some.
 */
public interface RuntimeEvents {

  /** Does nothing. */
  RuntimeEvents NONE = new RuntimeEvents() {};

  /** The queue's process serves, for the first time or in the place of one that ended. */
  default void queueReady(long pid) {}

  /**
   * The queue's process has ended without being told to, and another is started.
   *
   * @param exitCode negative N where signal N ended it
   */
  default void queueEnded(long pid, int exitCode) {}

  /** A worker process was started. */
  default void workerStarted(String worker, long pid) {}

  /** A worker takes items. */
  default void workerReady(String worker) {}

  /**
   * A worker process has ended.
   *
   * @param asked whether the runtime wanted that; else it died
   * @param exitCode negative N where signal N ended it
   */
  default void workerEnded(String worker, boolean asked, int exitCode) {}

  /** A worker's process printed something; {@code stream} is 1 for standard output, 2 for error. */
  default void output(String worker, int stream, String text) {}
}
