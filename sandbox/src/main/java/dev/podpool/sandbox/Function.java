package dev.podpool.sandbox;

import dev.podpool.function.CodeMismatchException;
import dev.podpool.function.DecodeException;
import dev.podpool.function.internal.FunctionReference;
import dev.podpool.function.internal.ResolvedFunction;
import org.jspecify.annotations.Nullable;

/** A function that the supervisor has named; resolved when its first item runs. */
final class Function {
  private final byte[] reference;
  private @Nullable ResolvedFunction resolved;
  private @Nullable Throwable failure;

  Function(byte[] reference) {
    this.reference = reference;
  }

  /**
   * @throws Throwable if there is no such function here; the same for every item
   */
  ResolvedFunction resolve() throws Throwable {
    if (resolved == null) {
      if (failure != null) {
        throw failure;
      }
      try {
        resolved =
            FunctionReference.resolve(reference, Thread.currentThread().getContextClassLoader());
      } catch (Throwable e) {
        failure = e;
        throw e;
      }
    }
    return resolved;
  }

  /** The kind, of {@link Frames}, of what {@link #resolve} threw. */
  static byte kindOf(Throwable failure) {
    if (failure instanceof CodeMismatchException) {
      return Frames.CODE_MISMATCH;
    }
    // A captured value is an input, too.
    return failure instanceof DecodeException
        ? Frames.INPUT_NOT_DECODED
        : Frames.FUNCTION_NOT_FOUND;
  }
}
