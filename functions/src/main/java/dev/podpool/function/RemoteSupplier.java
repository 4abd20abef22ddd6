package dev.podpool.function;

import java.io.Serializable;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A function of no argument that can run in a worker.
 *
 * <p>What may be one, and what it may capture: {@link RemoteFunction}.
 */
@FunctionalInterface
public interface RemoteSupplier<O extends @Nullable Object> extends Callable<O>, Serializable {

  /**
   * Runs in the worker.
   *
   * @return may be null
   * @throws Exception reaches the submitter as the item's failure: type, message and stack
   */
  O get() throws Exception;

  /** As {@link #get}, for executors. */
  @Override
  default O call() throws Exception {
    return get();
  }
}
