package dev.podpool.function.internal;

import dev.podpool.function.DecodeException;
import dev.podpool.function.EncodeException;
import dev.podpool.function.Tuple;
import java.lang.reflect.Type;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call's arguments as one payload. Of one argument, it is the argument's own payload, and the
 * value is the argument; of none, it is empty; of several, it is the arguments' payloads, each
 * preceded by its length, and the value is an {@code Object[]} or, when encoding, a {@link Tuple}.
 */
public final class ArgumentsCodec implements Codec<Object> {
  private final Codec<Object>[] codecs;

  private ArgumentsCodec(Codec<Object>[] codecs) {
    this.codecs = codecs;
  }

  /** For arguments of {@code types}, in order. */
  public static ArgumentsCodec of(List<? extends Type> types) {
    @SuppressWarnings({"unchecked", "rawtypes"})
    Codec<Object>[] codecs = new Codec[types.size()];
    for (int i = 0; i < codecs.length; i++) {
      codecs[i] = Codecs.of(types.get(i));
    }
    return new ArgumentsCodec(codecs);
  }

  /** How many arguments a call takes. */
  public int arity() {
    return codecs.length;
  }

  /**
   * @param value the argument, if it is one; else an {@code Object[]} or a {@link Tuple} of as many
   *     as the function takes, and null is as good as an empty array
   */
  @Override
  public void encode(@Nullable Object value, PayloadWriter out) {
    if (codecs.length == 1) {
      codecs[0].encode(value, out);
      return;
    }
    @Nullable Object[] arguments = asArray(value);
    if (arguments.length != codecs.length) {
      throw new EncodeException(
          arguments.length
              + " arguments were given, and the function takes "
              + codecs.length
              + "; give as many as it takes");
    }
    int start = out.begin(null);
    boolean done = false;
    try {
      for (int i = 0; i < codecs.length; i++) {
        codecs[i].encode(arguments[i], out);
      }
      out.end(start);
      done = true;
    } finally {
      if (!done) {
        out.rollback(start);
      }
    }
  }

  private static @Nullable Object[] asArray(@Nullable Object value) {
    if (value instanceof Tuple tuple) {
      return tuple.toArray();
    }
    if (value instanceof Object[] array) {
      return array;
    }
    if (value == null) {
      return new Object[0];
    }
    throw new EncodeException(
        "a "
            + value.getClass().getName()
            + " was given in place of the arguments; give a Tuple of them: Tuple.of(a, b)");
  }

  /** The argument, if it is one; else an {@code Object[]}. */
  @Override
  public @Nullable Object decode(byte[] buffer, int offset, int length) {
    if (codecs.length == 1) {
      return codecs[0].decode(buffer, offset, length);
    }
    @Nullable Object[] arguments = new Object[codecs.length];
    var parts = new PayloadReader(buffer, offset, length);
    for (int i = 0; i < arguments.length; i++) {
      if (!parts.next()) {
        throw wrongCount();
      }
      arguments[i] = codecs[i].decode(buffer, parts.offset(), parts.length());
    }
    if (parts.next()) {
      throw wrongCount();
    }
    return arguments;
  }

  private DecodeException wrongCount() {
    return new DecodeException(
        "an input does not hold the "
            + codecs.length
            + " arguments that the function takes; run the same build on both sides");
  }
}
