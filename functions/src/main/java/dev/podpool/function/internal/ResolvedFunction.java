package dev.podpool.function.internal;

import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * A function found in this JVM. Immutable, thread-safe as far as the function is. Each step fails
 * in its own way, so a caller can tell bad input from an error of the user's from a bad result.
 */
public final class ResolvedFunction {
  private final String name;
  private final MethodHandle handle;
  private final ArgumentsCodec arguments;
  private final Codec<Object> result;

  /**
   * @param handle (Object)Object for one argument, else (Object[])Object
   */
  ResolvedFunction(
      String name, MethodHandle handle, ArgumentsCodec arguments, Codec<Object> result) {
    this.name = name;
    this.handle = handle;
    this.arguments = arguments;
    this.result = result;
  }

  /** Class and method, for people. */
  public String name() {
    return name;
  }

  /** How many arguments a call takes. */
  public int arity() {
    return arguments.arity();
  }

  /**
   * A call's input: the argument itself, if the function takes one; else an {@code Object[]}.
   *
   * @throws dev.podpool.function.DecodeException if the payload isn't one
   */
  public @Nullable Object decode(byte[] buffer, int offset, int length) {
    return arguments.decode(buffer, offset, length);
  }

  /**
   * Runs the function.
   *
   * @param input what {@link #decode} gave
   * @throws Throwable what the function threw, as it threw it
   */
  public @Nullable Object call(@Nullable Object input) throws Throwable {
    if (arguments.arity() == 1) {
      return (Object) handle.invokeExact(input);
    }
    return (Object) handle.invokeExact((Object[]) input);
  }

  /**
   * Appends a result to {@code out}.
   *
   * @throws dev.podpool.function.EncodeException if it can't be encoded; {@code out} is as before
   */
  public void encode(@Nullable Object value, PayloadWriter out) {
    result.encode(value, out);
  }
}
