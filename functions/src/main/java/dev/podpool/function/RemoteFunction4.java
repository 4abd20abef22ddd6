package dev.podpool.function;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A function of four arguments that can run in a worker.
 *
 * <p>What may be one, and what it may capture: {@link RemoteFunction}.
 */
@FunctionalInterface
public interface RemoteFunction4<
        A extends @Nullable Object,
        B extends @Nullable Object,
        C extends @Nullable Object,
        D extends @Nullable Object,
        O extends @Nullable Object>
    extends Serializable {

  /**
   * Runs in the worker.
   *
   * @param a null where null was submitted
   * @param b null where null was submitted
   * @param c null where null was submitted
   * @param d null where null was submitted
   * @return may be null
   * @throws Exception reaches the submitter as the item's failure: type, message and stack
   */
  O apply(A a, B b, C c, D d) throws Exception;
}
