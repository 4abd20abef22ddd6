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

  /** Decodes a successful outcome's results into {@code results}, from {@code at} on. */
  static void decode(Outcome outcome, Codec<?> codec, @Nullable Object[] results, int at) {
    byte[] run = outcome.getSucceeded().getData().toByteArray();
    PayloadReader reader = new PayloadReader(run);
    for (int i = 0; reader.next(); i++) {
      try {
        results[at + i] = codec.decode(run, reader.offset(), reader.length());
      } catch (DecodeException e) {
        long index = outcome.getFirst() + i;
        throw new TaskFailedException(
            index,
            TaskFailedException.Kind.RESULT_NOT_DECODED,
            "",
            "the result of item " + index + " can't be decoded here: " + e.getMessage(),
            e);
      }
    }
  }
}
