package dev.podpool;

import dev.podpool.function.DecodeException;
import dev.podpool.function.internal.Codec;
import dev.podpool.function.internal.PayloadReader;
import dev.podpool.protocol.Outcome;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns outcomes into values, in the thread that wants them. */
final class Decoder {

  private Decoder() {}

  /** Results of {@code items} items in input order, from the outcomes of all. */
  @SuppressWarnings("unchecked")
  static <O extends @Nullable Object> List<O> list(
      List<Outcome> outcomes, int items, Codec<?> codec) {
    @Nullable Object[] results = new Object[items];
    for (Outcome outcome : outcomes) {
      decode(outcome, codec, results, (int) outcome.getFirst());
    }
    return (List<O>) Collections.unmodifiableList(Arrays.asList(results));
  }

  private static void decode(Outcome outcome, Codec<?> codec, @Nullable Object[] results, int at) {
    PayloadReader reader = reader(outcome);
    for (int i = 0; reader.next(); i++) {
      results[at + i] = next(reader, codec, outcome.getFirst() + i);
    }
  }

  /** Before the first result of an outcome that succeeded. */
  static PayloadReader reader(Outcome outcome) {
    return new PayloadReader(outcome.getSucceeded().getData().toByteArray());
  }

  /**
   * The value that {@code reader} is at, of item {@code index}.
   *
   * @throws TaskFailedException if it can't be decoded
   */
  static @Nullable Object next(PayloadReader reader, Codec<?> codec, long index) {
    try {
      return codec.decode(reader.buffer(), reader.offset(), reader.length());
    } catch (Throwable e) { // it runs constructors of the caller's
      String reason = e instanceof DecodeException ? e.getMessage() : e.toString();
      throw new TaskFailedException(
          index,
          TaskFailedException.Kind.RESULT_NOT_DECODED,
          "",
          "the result of item " + index + " can't be decoded here: " + reason,
          e);
    }
  }
}
