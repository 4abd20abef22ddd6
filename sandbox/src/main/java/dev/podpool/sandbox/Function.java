package dev.podpool.sandbox;

import dev.podpool.function.CodeMismatchException;
import dev.podpool.function.DecodeException;
import dev.podpool.function.internal.FunctionReference;
import dev.podpool.function.internal.ResolvedFunction;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A function that the supervisor has named; resolved when its first item runs. */
final class Function {
  private final byte[] reference;
  private final List<String> archives;
  private @Nullable ClassLoader resolvedBy;
  private @Nullable ResolvedFunction resolved;
  private @Nullable Throwable failure;

  /**
   * @param archives the class path that it came with; empty for this process's own
   */
  Function(byte[] reference, List<String> archives) {
    this.reference = reference;
    this.archives = archives;
  }

  boolean hasCode() {
    return !archives.isEmpty();
  }

  /** The loader of its code, which may be another than before: then it's resolved anew. */
  ClassLoader loader(CodeLoaders loaders) throws IOException {
    return loaders.of(archives);
  }

  /**
   * @param loader where it is
   * @throws Throwable if there is no such function here; the same for every item
   */
  @SuppressWarnings("ReferenceEquality") // a loader is itself
  ResolvedFunction resolve(ClassLoader loader) throws Throwable {
    if (loader != resolvedBy) {
      resolvedBy = loader;
      resolved = null;
      failure = null;
    }
    if (resolved == null) {
      if (failure != null) {
        throw failure;
      }
      try {
        resolved = FunctionReference.resolve(reference, loader);
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
