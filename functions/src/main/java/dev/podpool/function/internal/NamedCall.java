package dev.podpool.function.internal;

import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;

/** A call whose arguments and result are JSON. */
public final class NamedCall {
  private NamedCall() {}

  /** {@code words} as JSON, one for each of {@code types}: text is quoted, the rest is JSON. */
  public static List<String> input(List<Type> types, List<String> words) {
    if (words.size() != types.size()) {
      throw new IllegalArgumentException(
          words.size() + " arguments were given, and the function takes " + types.size());
    }
    List<String> input = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      input.add(isText(types.get(i)) ? JsonText.quote(word) : word);
    }
    return input;
  }

  private static boolean isText(Type type) {
    return type instanceof Class<?> raw
        && (raw == String.class || raw == char.class || raw == Character.class || raw.isEnum());
  }

  /** Runs {@code function} here, on JSON. */
  public static String run(CapturedFunction function, List<String> input) throws Exception {
    ResolvedFunction here = FunctionReference.resolve(function.reference(), function.loader());
    byte[] payload = function.payload(input);
    PayloadWriter out = new PayloadWriter();
    try {
      here.encode(here.call(here.decode(payload, 0, payload.length)), out);
    } catch (Exception | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("neither an Exception nor an Error was thrown", e);
    }
    PayloadReader result = new PayloadReader(out.toByteArray());
    if (!result.next()) {
      throw new IllegalStateException("nothing was encoded");
    }
    Codec<String> codec = function.result();
    String json = codec.decode(result.buffer(), result.offset(), result.length());
    return json == null ? "null" : json;
  }
}
