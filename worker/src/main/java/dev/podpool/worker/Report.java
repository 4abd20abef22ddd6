package dev.podpool.worker;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.ReportItems;
import dev.podpool.protocol.Returned;
import dev.podpool.protocol.WorkerLoss;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Gathers the outcomes of one turn of the supervisor into one operation. */
final class Report {
  // More than a session can have unconfirmed outcomes of in practice: see isEnded.
  private static final int ENDED_MAX = 16_384;

  private record Ended(ByteString job, int lease, long first, long end) {}

  private final ArrayDeque<Ended> ended = new ArrayDeque<>();
  private ReportItems.Builder outcomes = ReportItems.newBuilder();

  void succeeded(Items items, long first, int count, ByteString data) {
    add(items, first, count).setSucceeded(Payloads.newBuilder().setCount(count).setData(data));
  }

  void failed(Items items, long index, Failure failure) {
    add(items, index, 1).setFailed(failure);
  }

  void lost(Items items, WorkerLoss.Builder loss) {
    add(items, items.first(), items.count()).setLost(loss.setCharged(items.attempt()));
  }

  void returned(Items items) {
    add(items, items.first(), items.count()).setReturned(Returned.getDefaultInstance());
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

  /** The operation to send; null if there is nothing to report. */
  @Nullable Operation take() {
    if (outcomes.getOutcomesCount() == 0) {
      return null;
    }
    Operation operation = Operation.newBuilder().setReportItems(outcomes).build();
    outcomes = ReportItems.newBuilder();
    return operation;
  }

  private Outcome.Builder add(Items items, long first, int count) {
    ByteString job = items.job().getJobId();
    ended.addLast(new Ended(job, items.lease(), first, first + count));
    if (ended.size() > ENDED_MAX) {
      ended.removeFirst();
    }
    return outcomes
        .addOutcomesBuilder()
        .setJobId(job)
        .setLease(items.lease())
        .setFirst(first)
        .setCount(count);
  }
}
