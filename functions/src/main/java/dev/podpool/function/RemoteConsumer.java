package dev.podpool.function;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A function of one argument and no result that can run in a worker.
 *
 * <p>What may be one, and what it may capture: {@link RemoteFunction}.
 */
@FunctionalInterface
public interface RemoteConsumer<A extends @Nullable Object> extends Serializable {

  /**
   * Runs in the worker.
   *
   * @param argument null where null was submitted
   * @throws Exception reaches the submitter: type, message and stack
   */
  void accept(A argument) throws Exception;
}
