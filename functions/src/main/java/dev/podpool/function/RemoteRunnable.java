package dev.podpool.function;

import java.io.Serializable;

/**
 * A function of no argument and no result that can run in a worker.
 *
 * <p>What may be one, and what it may capture: {@link RemoteFunction}.
 */
@FunctionalInterface
public interface RemoteRunnable extends Serializable {

  /**
   * Runs in the worker.
   *
   * @throws Exception reaches the submitter: type, message and stack
   */
  void run() throws Exception;
}
