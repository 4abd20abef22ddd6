package dev.podpool.internal;

import dev.podpool.function.internal.Capture;
import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.function.internal.PayloadReader;
import dev.podpool.function.internal.PayloadWriter;
import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A function with its arguments, ready to travel.
 *
 * @param captured the function
 * @param arguments one payload
 */
@SuppressWarnings("ArrayRecordComponent")
public record CapturedCall(CapturedFunction captured, byte[] arguments) {

  /** What the worker finds the function by. */
  public byte[] function() {
    return captured.reference();
  }

  /**
   * Captures {@code function} and encodes {@code arguments}.
   *
   * @throws dev.podpool.function.CaptureException if the function can't travel
   * @throws dev.podpool.function.EncodeException if an argument can't be encoded
   */
  public static CapturedCall capture(Serializable function, @Nullable Object... arguments) {
    return of(Capture.capture(function), arguments.length == 1 ? arguments[0] : arguments);
  }

  /**
   * Captures the static method that {@code name} names, with {@code arguments}.
   *
   * @param name {@code package.Class::method}
   * @throws dev.podpool.function.FunctionNotFoundException if there is not exactly one such method
   */
  public static CapturedCall named(String name, List<String> arguments) {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    CapturedFunction captured = Capture.named(name, arguments.size(), loader);
    return of(captured, arguments.size() == 1 ? arguments.get(0) : arguments.toArray());
  }

  private static CapturedCall of(CapturedFunction captured, @Nullable Object arguments) {
    PayloadWriter out = new PayloadWriter();
    captured.arguments().encode(arguments, out);
    PayloadReader reader = new PayloadReader(out.toByteArray());
    if (!reader.next()) {
      throw new IllegalStateException("nothing was encoded");
    }
    byte[] payload = new byte[reader.length()];
    System.arraycopy(reader.buffer(), reader.offset(), payload, 0, payload.length);
    return new CapturedCall(captured, payload);
  }
}
