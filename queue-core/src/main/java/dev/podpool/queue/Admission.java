package dev.podpool.queue;

import dev.podpool.protocol.Blob;
import dev.podpool.protocol.CodeArchive;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.Refusal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether a pool takes what a client hands in. Changes nothing. */
final class Admission {

  /** Items of one job that can be unended, or ended and not yet confirmed. */
  static final long ITEMS_MAX = 100_000_000;

  private final Blobs blobs;

  Admission(Blobs blobs) {
    this.blobs = blobs;
  }

  /**
   * Why {@code pool} does not take these inputs, and code; null where it does.
   *
   * @param offsets of the inputs; null where they are malformed, which is refused
   * @param held how many items the job keeps already
   */
  @Nullable Refusal check(
      Pool pool, Payloads inputs, int @Nullable [] offsets, long held, List<CodeArchive> code) {
    if (offsets == null) {
      return Refusals.invalid("the inputs' lengths do not add up to their bytes");
    }
    if (held + inputs.getCount() > ITEMS_MAX) {
      return Refusals.invalid(
          "a job of " + (held + inputs.getCount()) + " items; at most " + ITEMS_MAX + ": split it");
    }
    List<Blob> named = PayloadRuns.blobs(inputs, offsets);
    if (named == null) {
      return Refusals.invalid(
          "the inputs' blobs are not indexes of theirs, ascending, each at the bytes of a Blob");
    }
    if (!code.isEmpty()) {
      named = new ArrayList<>(named);
      for (CodeArchive each : code) {
        Refusal refusal = Blobs.check(each.getArchive());
        if (refusal != null) {
          return refusal;
        }
        named.add(each.getArchive());
      }
    }
    Refusal refusal = blobs.checkAreThere(named);
    return refusal != null
        ? refusal
        : checkRoom(pool, inputs.getData().size() + blobs.wouldAdd(named, pool));
  }

  private static @Nullable Refusal checkRoom(Pool pool, long more) {
    long bytesMax = pool.definition().getBytesMax();
    long bytes = pool.bytes() + more;
    return bytesMax == 0 || bytes <= bytesMax
        ? null
        : Refusals.of(
            ErrorCode.QUEUE_FULL,
            "pool '"
                + pool.name()
                + "' would hold "
                + bytes
                + " bytes, and its limit is "
                + bytesMax
                + "; take results first, retry later, or raise it");
  }
}
