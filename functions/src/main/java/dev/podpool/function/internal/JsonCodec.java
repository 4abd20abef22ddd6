package dev.podpool.function.internal;

import dev.podpool.function.DecodeException;
import dev.podpool.function.EncodeException;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What the codecs share: null is JSON's {@code null}, and a failure leaves the writer as it was.
 */
abstract class JsonCodec<T> implements Codec<T> {
  final Type type;

  JsonCodec(Type type) {
    this.type = type;
  }

  abstract void write(T value, PayloadWriter out);

  @Override
  public final void encode(@Nullable T value, PayloadWriter out) {
    int start = out.begin(type);
    boolean done = false;
    try {
      if (value == null) {
        writeNull(out);
      } else {
        write(value, out);
      }
      out.end(start);
      done = true;
    } catch (ClassCastException e) {
      // A raw type or an unchecked cast put another type's value here.
      throw new EncodeException(
          "a value of "
              + (value == null ? "null" : value.getClass().getName())
              + " was given where the function has "
              + type.getTypeName()
              + "; look for an unchecked cast",
          e);
    } finally {
      if (!done) {
        out.rollback(start);
      }
    }
  }

  private void writeNull(PayloadWriter out) {
    if (type instanceof Class<?> raw && raw.isPrimitive()) {
      throw new EncodeException(
          "null was given where the function has "
              + raw
              + "; give a value, or let the function take the boxed type");
    }
    out.writeAscii("null");
  }

  /** Whether the payload is {@code null}; refused if this is a primitive's codec. */
  final boolean isNull(byte[] buffer, int offset, int length) {
    if (length != 4
        || buffer[offset] != 'n'
        || buffer[offset + 1] != 'u'
        || buffer[offset + 2] != 'l'
        || buffer[offset + 3] != 'l') {
      return false;
    }
    if (type instanceof Class<?> raw && raw.isPrimitive()) {
      throw new DecodeException(
          "null cannot be a " + raw + "; give a value, or let the function take the boxed type");
    }
    return true;
  }

  static String ascii(byte[] buffer, int offset, int length) {
    return new String(buffer, offset, length, StandardCharsets.ISO_8859_1);
  }

  /** The payload is not named: it may be a secret, and messages are logged. */
  final DecodeException notDecoded(int length, @Nullable Throwable cause) {
    return new DecodeException(
        "a payload of "
            + length
            + " bytes is not a "
            + type.getTypeName()
            + (cause == null ? "" : " (" + cause.getMessage() + ")")
            + "; run the same build on both sides",
        cause);
  }
}
