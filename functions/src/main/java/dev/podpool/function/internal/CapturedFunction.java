package dev.podpool.function.internal;

import dev.podpool.function.CaptureException;
import java.lang.reflect.Type;
import java.util.List;

/** A function ready to travel. Immutable. */
public final class CapturedFunction {
  private final String name;
  private final Class<?> type;
  private final List<Type> argumentTypes;
  private final Type resultType;
  private final byte[] reference;
  private final ArgumentsCodec arguments;
  private final Codec<Object> result;

  CapturedFunction(
      String name, Class<?> type, List<Type> argumentTypes, Type resultType, byte[] reference) {
    this.name = name;
    this.type = type;
    this.argumentTypes = List.copyOf(argumentTypes);
    this.resultType = resultType;
    this.reference = reference;
    this.arguments = ArgumentsCodec.of(argumentTypes);
    this.result = Codecs.of(resultType);
  }

  /** For people: "Squares::square", "lambda at Index.java:41". */
  public String name() {
    return name;
  }

  /**
   * For a pool whose processes are started on this JVM's class path, and get no code but that.
   *
   * @throws CaptureException if the function is not there
   */
  public void requireOnClassPath() {
    if (!OwnClassPath.has(type)) {
      throw new CaptureException(
          "the function "
              + name
              + " cannot run in the pool's processes: its class "
              + type.getName()
              + OwnClassPath.missing(type));
    }
  }

  /** Concrete types, as many as the function takes arguments. */
  public List<Type> argumentTypes() {
    return argumentTypes;
  }

  public Type resultType() {
    return resultType;
  }

  /** What {@link FunctionReference#resolve} finds the function by, captured values included. */
  public byte[] reference() {
    return reference.clone();
  }

  /** Encodes a call's arguments. */
  public ArgumentsCodec arguments() {
    return arguments;
  }

  /**
   * Decodes what a call gave.
   *
   * @param <O> the function's result, which its author declared
   */
  @SuppressWarnings("unchecked")
  public <O> Codec<O> result() {
    return (Codec<O>) result;
  }
}
