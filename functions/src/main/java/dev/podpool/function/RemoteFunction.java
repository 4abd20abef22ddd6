package dev.podpool.function;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A function of one argument that can run in a worker.
 *
 * <p>A method reference or a lambda: of a public or private method, of a nested class, with or
 * without captured values; or a record, or a class without fields, that implements this. Captured
 * values are copied when the function is submitted and may be numbers, {@code String}, enums,
 * {@code byte[]}, records, {@code java.time}, {@code UUID}, {@code BigDecimal} and {@code
 * BigInteger}; another is refused with a {@link CaptureException}. Nothing is shared: what the
 * function changes stays in the worker.
 *
 * <p>The types of argument and result are read from the method's generic signature; a lambda has
 * none, so one that takes or gives a {@code List} needs {@link Typed}.
 *
 * <p>A function may run more than once if its worker is lost, so make it idempotent.
 */
@FunctionalInterface
public interface RemoteFunction<A extends @Nullable Object, O extends @Nullable Object>
    extends Serializable {

  /**
   * Runs in the worker.
   *
   * @param argument null where null was submitted
   * @return may be null
   * @throws Exception reaches the submitter as the item's failure: type, message and stack
   */
  O apply(A argument) throws Exception;
}
