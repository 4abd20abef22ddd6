package dev.podpool.worker;

import dev.podpool.protocol.JobHeader;
import org.jspecify.annotations.Nullable;

/**
 * What a worker's owner may want to see of its children. Called by the worker's own threads, one at
 * a time for a child: must not block, and must not throw.
 */
public interface WorkerListener {
  /** Does nothing. */
  WorkerListener NONE = new WorkerListener() {};

  /** A child process was started; it is not ready yet. */
  default void childStarted(int slot, long pid) {}

  /** A child has run its initializer, if there is one, and takes items. */
  default void childReady(int slot, long pid) {}

  /**
   * A child process has ended.
   *
   * @param cause "exit 0", "SIGKILL", …
   */
  default void childEnded(int slot, long pid, String cause) {}

  /**
   * User code printed something.
   *
   * @param job whose item ran meanwhile; null if none did, or if it came from native code, past
   *     {@code System.out}
   * @param index of the item; -1 without a job
   * @param stream 1 for {@code System.out}, 2 for {@code System.err}
   */
  default void output(int slot, @Nullable JobHeader job, long index, int stream, String text) {}

  /**
   * The worker itself has failed, which is an error in Podpool, and ends. Whoever owns a process
   * for it ends that too, so that it is replaced; otherwise every item of the pool fails.
   */
  default void failed(Throwable reason) {}
}
