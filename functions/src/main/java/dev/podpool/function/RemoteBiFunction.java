package dev.podpool.function;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A function of two arguments that can run in a worker.
 *
 * <p>What may be one, and what it may capture: {@link RemoteFunction}.
 */
@FunctionalInterface
public interface RemoteBiFunction<
        A extends @Nullable Object, B extends @Nullable Object, O extends @Nullable Object>
    extends Serializable {

  /**
   * Runs in the worker.
   *
   * @param a null where null was submitted
   * @param b null where null was submitted
   * @return may be null
   * @throws Exception reaches the submitter as the item's failure: type, message and stack
   */
  O apply(A a, B b) throws Exception;
}
