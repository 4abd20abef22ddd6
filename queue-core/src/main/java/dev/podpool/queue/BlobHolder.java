package dev.podpool.queue;

import dev.podpool.protocol.Blob;
import dev.podpool.protocol.CodeArchive;
import dev.podpool.protocol.Payloads;
import java.util.List;

/**
 * Holds for a job of {@code pool} what its code, its inputs and its results refer to. Costs nothing
 * where they refer to nothing.
 */
record BlobHolder(Blobs blobs, Pool pool) {

  /** What a run that was found well formed refers to, all of it there. */
  void hold(Payloads run) {
    if (run.getBlobsCount() > 0) {
      blobsOf(run).forEach(blob -> blobs.hold(blob, pool));
    }
  }

  /** The end of one {@link #hold(Payloads)}. */
  void release(Payloads run) {
    if (run.getBlobsCount() > 0) {
      blobsOf(run).forEach(blob -> blobs.release(blob, pool));
    }
  }

  void hold(List<CodeArchive> code) {
    code.forEach(each -> blobs.hold(each.getArchive(), pool));
  }

  void release(List<CodeArchive> code) {
    code.forEach(each -> blobs.release(each.getArchive(), pool));
  }

  private static List<Blob> blobsOf(Payloads run) {
    int[] offsets = PayloadRuns.offsets(run);
    List<Blob> blobs = offsets == null ? null : PayloadRuns.blobs(run, offsets);
    if (blobs == null) {
      throw new IllegalStateException("holds malformed payloads");
    }
    return blobs;
  }
}
