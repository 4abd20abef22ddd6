package dev.podpool.function.internal;

import dev.podpool.function.EncodeException;
import java.lang.reflect.Type;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call's arguments, each given as JSON, as the payload that {@link ArgumentsCodec} would make of
 * their values. The value is a list of JSON texts.
 */
final class JsonArguments implements Codec<Object> {
  private final List<JsonText> arguments;

  JsonArguments(List<Type> types) {
    this.arguments = types.stream().map(JsonText::new).toList();
  }

  @Override
  public void encode(@Nullable Object value, PayloadWriter out) {
    List<?> given = value instanceof List<?> list ? list : List.of();
    if (given.size() != arguments.size()) {
      throw new EncodeException(
          given.size()
              + " arguments were given, and the function takes "
              + arguments.size()
              + "; give as many as it takes");
    }
    if (arguments.size() == 1) {
      arguments.get(0).encode(given.get(0), out);
      return;
    }
    int start = out.begin(null);
    boolean done = false;
    try {
      for (int i = 0; i < arguments.size(); i++) {
        arguments.get(i).encode(given.get(i), out);
      }
      out.end(start);
      done = true;
    } finally {
      if (!done) {
        out.rollback(start);
      }
    }
  }

  @Override
  public Object decode(byte[] buffer, int offset, int length) {
    throw new UnsupportedOperationException("arguments are not read where they come from");
  }
}
