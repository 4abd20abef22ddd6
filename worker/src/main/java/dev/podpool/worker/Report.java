package dev.podpool.worker;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import dev.podpool.function.internal.ClassPathArchives;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.PutBlob;
import dev.podpool.protocol.ReportItems;
import dev.podpool.protocol.Returned;
import dev.podpool.protocol.WorkerLoss;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Gathers the outcomes of one turn of the supervisor into one operation, or a few if they are
 * large. A result that is too large for that becomes a blob, which is put before it is reported.
 */
final class Report {
  // More than a session can have unconfirmed outcomes of in practice: see isEnded.
  private static final int ENDED_MAX = 16_384;

  private static final int REPORT_BYTES_MAX = 1 << 20;
  private static final int PIECE_BYTES_MAX = 256 << 10;

  private record Ended(ByteString job, int lease, long first, long end) {}

  private final ArrayDeque<Ended> ended = new ArrayDeque<>();
  private final int inlineBytesMax;
  private final List<Operation> operations = new ArrayList<>();
  private ReportItems.Builder outcomes = ReportItems.newBuilder();
  private long outcomesBytes;

  /**
   * @param inlineBytesMax a result that is larger becomes a blob
   */
  Report(int inlineBytesMax) {
    this.inlineBytesMax = inlineBytesMax;
  }

  void succeeded(Items items, long first, int count, ByteString data) {
    Payloads.Builder results = Payloads.newBuilder().setCount(count).setData(data);
    if (data.size() > inlineBytesMax) {
      putLarge(results);
    }
    add(items, first, count, results.getData().size()).setSucceeded(results);
  }

  void failed(Items items, long index, Failure failure) {
    add(items, index, 1, failure.getSerializedSize()).setFailed(failure);
  }

  void lost(Items items, WorkerLoss.Builder loss) {
    add(items, items.first(), items.count(), 0).setLost(loss.setCharged(items.attempt()));
  }

  void returned(Items items) {
    add(items, items.first(), items.count(), 0).setReturned(Returned.getDefaultInstance());
  }

  /**
   * Whether an item was reported under {@code lease}. The queue may name it once more when the
   * connection breaks while the report is on its way.
   */
  boolean isEnded(ByteString job, int lease, long index) {
    for (Ended range : ended) {
      if (range.lease == lease
          && range.first <= index
          && index < range.end
          && range.job.equals(job)) {
        return true;
      }
    }
    return false;
  }

  /** The operations to send, in order; none if there is nothing to report. */
  List<Operation> take() {
    close();
    List<Operation> taken = List.copyOf(operations);
    operations.clear();
    return taken;
  }

  private void close() {
    if (outcomes.getOutcomesCount() > 0) {
      operations.add(Operation.newBuilder().setReportItems(outcomes).build());
      outcomes = ReportItems.newBuilder();
      outcomesBytes = 0;
    }
  }

  private Outcome.Builder add(Items items, long first, int count, int bytes) {
    ByteString job = items.job().getJobId();
    ended.addLast(new Ended(job, items.lease(), first, first + count));
    if (ended.size() > ENDED_MAX) {
      ended.removeFirst();
    }
    if (outcomesBytes + bytes > REPORT_BYTES_MAX) {
      close();
    }
    outcomesBytes += bytes;
    return outcomes
        .addOutcomesBuilder()
        .setJobId(job)
        .setLease(items.lease())
        .setFirst(first)
        .setCount(count);
  }

  /** Puts those of {@code results} that are too large, and leaves their blobs in their place. */
  private void putLarge(Payloads.Builder results) {
    ByteString data = results.getData();
    ByteString.Output small = ByteString.newOutput();
    List<Integer> blobs = new ArrayList<>();
    try {
      int position = 0;
      for (int i = 0; i < results.getCount(); i++) {
        CodedInputStream in = data.substring(position).newCodedInput();
        int length = in.readRawVarint32();
        int start = position + in.getTotalBytesRead();
        ByteString payload = data.substring(start, Math.addExact(start, length));
        if (length > inlineBytesMax) {
          put(payload).writeDelimitedTo(small);
          blobs.add(i);
        } else {
          data.substring(position, start + length).writeTo(small);
        }
        position = start + length;
      }
    } catch (IOException | IndexOutOfBoundsException | ArithmeticException e) {
      return; // lengths that do not add up: the queue fails such items, and says so
    }
    results.setData(small.toByteString()).addAllBlobs(blobs);
  }

  private Blob put(ByteString payload) {
    MessageDigest digest = ClassPathArchives.sha256();
    payload.asReadOnlyByteBufferList().forEach(digest::update);
    Blob blob =
        Blob.newBuilder()
            .setSha256(ByteString.copyFrom(digest.digest()))
            .setSizeBytes(payload.size())
            .build();
    for (int offset = 0; offset < payload.size(); offset += PIECE_BYTES_MAX) {
      int end = Math.min(payload.size(), offset + PIECE_BYTES_MAX);
      PutBlob piece =
          PutBlob.newBuilder()
              .setBlob(blob)
              .setOffset(offset)
              .setData(payload.substring(offset, end))
              .build();
      operations.add(Operation.newBuilder().setPutBlob(piece).build());
    }
    return blob;
  }
}
