package dev.podpool.worker;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.JobHeader;
import dev.podpool.protocol.Range;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the queue assigns, on its way into the backlog. */
final class Assignments {
  private static final int WORKLOADS_MAX = 1024;

  private record Key(ByteString job, int lease, long index) {}

  /** The same function from another class path is another. */
  private record Work(ByteString function, @Nullable Code code) {}

  private final Backlog backlog;
  private final Arrivals arrivals;
  private final Codes codes;
  private final Slot[] slots;
  private final Report report;
  private final Map<Work, Workload> workloads =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Work, Workload> eldest) {
          return size() > WORKLOADS_MAX;
        }
      };

  Assignments(Backlog backlog, Arrivals arrivals, Codes codes, Slot[] slots, Report report) {
    this.backlog = backlog;
    this.arrivals = arrivals;
    this.codes = codes;
    this.slots = slots;
    this.report = report;
  }

  /** Items that this worker does not hold yet. */
  void add(List<Range> ranges) {
    for (Range range : ranges) {
      add(items(range), range.getInputs().getBlobsList());
    }
  }

  /** Each of {@code blobs}, indexes of items whose input is elsewhere, goes by itself. */
  private void add(Items items, List<Integer> blobs) {
    int from = 0;
    for (int blob : blobs) {
      if (from < blob) {
        arrivals.add(items.slice(from, blob));
      }
      arrivals.add(items.slice(blob, blob + 1).elsewhere());
      from = blob + 1;
    }
    if (from < items.count()) {
      arrivals.add(items.slice(from, items.count()));
    }
  }

  /**
   * After a reconnect: items of which this worker may hold some, or have reported them on the old
   * connection.
   */
  void addMissing(List<Range> ranges) {
    Set<Key> held = new HashSet<>();
    backlog.forEach(items -> collect(items, held));
    arrivals.forEach(items -> collect(items, held));
    for (Slot slot : slots) {
      ChildProcess child = slot.child();
      if (child != null) {
        child.between(child.reported(), child.next()).forEach(items -> collect(items, held));
      }
    }
    for (Range range : ranges) {
      Items items = items(range);
      for (int i = 0; i < items.count(); i++) {
        long index = items.first() + i;
        ByteString job = items.job().getJobId();
        if (!held.contains(new Key(job, items.lease(), index))
            && !report.isEnded(job, items.lease(), index)) {
          boolean elsewhere = range.getInputs().getBlobsList().contains(i);
          add(items.slice(i, i + 1), elsewhere ? List.of(0) : List.of());
        }
      }
    }
  }

  private static void collect(Items items, Set<Key> held) {
    for (long index = items.first(); index < items.end(); index++) {
      held.add(new Key(items.job().getJobId(), items.lease(), index));
    }
  }

  private Items items(Range range) {
    JobHeader job = range.getJob();
    Code code = job.getCodeCount() == 0 ? null : codes.of(job.getCodeList());
    Workload workload =
        workloads.computeIfAbsent(
            new Work(job.getFunction(), code), work -> new Workload(work.function, work.code));
    return new Items(
        job,
        workload,
        range.getLease(),
        range.getAttempt(),
        range.getFirst(),
        range.getInputs().getCount(),
        range.getInputs().getData(),
        Items.Input.INLINE);
  }
}
