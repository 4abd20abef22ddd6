package dev.podpool.function.internal;

import dev.podpool.function.CaptureException;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A function ready to travel. Immutable. */
public final class CapturedFunction {
  private final String name;
  private final Class<?> type;
  private final ClassLoader loader;
  private final List<Type> argumentTypes;
  private final Type resultType;
  private final byte[] reference;
  private final Codec<Object> arguments;
  private final Codec<Object> result;

  /**
   * A function.
   *
   * @param inJson whether arguments and result are not values of their types here, but JSON
   */
  CapturedFunction(
      String name,
      Class<?> type,
      ClassLoader loader,
      List<Type> argumentTypes,
      Type resultType,
      byte[] reference,
      boolean inJson) {
    this.name = name;
    this.type = type;
    this.loader = loader;
    this.argumentTypes = List.copyOf(argumentTypes);
    this.resultType = resultType;
    this.reference = reference;
    this.arguments = inJson ? new JsonArguments(argumentTypes) : ArgumentsCodec.of(argumentTypes);
    this.result = inJson ? new JsonText(resultType) : Codecs.of(resultType);
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

  /** Where it finds its classes: that of who submits it, which its own class need not know. */
  public ClassLoader loader() {
    return loader;
  }

  /** Encodes a call's arguments, as {@link ArgumentsCodec} or {@link JsonArguments} says. */
  public Codec<Object> arguments() {
    return arguments;
  }

  /**
   * A call's arguments as one payload, without its length.
   *
   * @param values none for no argument, the value itself for one, else an array
   * @throws dev.podpool.function.EncodeException if a value can't be encoded
   */
  public byte[] payload(@Nullable Object values) {
    PayloadWriter out = new PayloadWriter();
    arguments.encode(values, out);
    PayloadReader reader = new PayloadReader(out.toByteArray());
    if (!reader.next()) {
      throw new IllegalStateException("nothing was encoded");
    }
    return Arrays.copyOfRange(reader.buffer(), reader.offset(), reader.offset() + reader.length());
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
