package dev.podpool.queue;

import dev.podpool.protocol.Blob;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.FailureKind;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Payloads;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The results of one reported outcome, looked at before any is recorded. One that cannot be used
 * fails its item, which must not hang; to run it again would bring the same.
 */
final class Results {

  private final Outcome outcome;
  private final Payloads payloads;
  private final String worker;
  private final Blobs blobs;
  private final int @Nullable [] offsets;
  private final @Nullable List<Blob> named;

  /** Of {@code outcome}, which is about {@code count} items and says that they succeeded. */
  Results(Outcome outcome, long count, String worker, Blobs blobs) {
    this.outcome = outcome;
    this.payloads = outcome.getSucceeded();
    this.worker = worker;
    this.blobs = blobs;
    this.offsets = payloads.getCount() == count ? PayloadRuns.offsets(payloads) : null;
    this.named = offsets == null ? null : PayloadRuns.blobs(payloads, offsets);
  }

  /** Tells {@code ends} how those from {@code from} (inclusive) to {@code to} (exclusive) end. */
  void each(int from, int to, Consumer<Outcome> ends) {
    if (offsets == null) {
      ends.accept(failed(from, to, "results whose lengths do not add up"));
      return;
    }
    if (named == null) {
      ends.accept(failed(from, to, "results whose blobs are none"));
      return;
    }
    int next = from;
    for (int i = 0; i < named.size(); i++) {
      int index = payloads.getBlobs(i);
      if (index < next || index >= to || blobs.isThere(named.get(i))) {
        continue;
      }
      if (index > next) {
        ends.accept(succeeded(offsets, next, index));
      }
      String what = "a result, blob " + Blobs.name(named.get(i)) + ", that it has not put";
      ends.accept(failed(index, index + 1, what));
      next = index + 1;
    }
    if (next < to) {
      ends.accept(succeeded(offsets, next, to));
    }
  }

  private Outcome succeeded(int[] from, int first, int end) {
    if (first == 0 && end == outcome.getCount()) {
      return outcome;
    }
    return part(first, end).setSucceeded(PayloadRuns.slice(payloads, from, first, end)).build();
  }

  private Outcome failed(int first, int end, String what) {
    Failure failure =
        Failure.newBuilder()
            .setKind(FailureKind.RESULT_NOT_ENCODED)
            .setMessage(
                "worker '" + worker + "' reported " + what + "; does it run another version?")
            .setWorker(worker)
            .build();
    return part(first, end).setFailed(failure).build();
  }

  private Outcome.Builder part(int first, int end) {
    return outcome.toBuilder().setFirst(outcome.getFirst() + first).setCount(end - first);
  }
}
