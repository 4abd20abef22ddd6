package dev.podpool.function;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A function of three arguments and no result that can run in a process.
 *
 * <p>What may be one, and what it may capture: {@link RemoteFunction}.
 */
@FunctionalInterface
public interface RemoteConsumer3<
        A extends @Nullable Object, B extends @Nullable Object, C extends @Nullable Object>
    extends Serializable {

  /**
   * Runs in the process.
   *
   * @param a null where null was submitted
   * @param b null where null was submitted
   * @param c null where null was submitted
   * @throws Exception reaches the submitter: type, message and stack
   */
  void accept(A a, B b, C c) throws Exception;
}
