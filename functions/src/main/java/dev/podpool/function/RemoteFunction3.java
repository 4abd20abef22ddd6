package dev.podpool.function;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A function of three arguments that can run in a worker.
 *
 * <p>What may be one, and what it may capture: {@link RemoteFunction}.
 */
@FunctionalInterface
public interface RemoteFunction3<
        A extends @Nullable Object,
        B extends @Nullable Object,
        C extends @Nullable Object,
        O extends @Nullable Object>
    extends Serializable {

  /**
   * Runs in the worker.
   *
   * @param a null where null was submitted
   * @param b null where null was submitted
   * @param c null where null was submitted
   * @return may be null
   * @throws Exception reaches the submitter as the item's failure: type, message and stack
   */
  O apply(A a, B b, C c) throws Exception;
}
