package dev.podpool.worker;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Range;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the queue assigns, on its way into the backlog. */
final class Assignments {
  private static final int WORKLOADS_MAX = 1024;

  private record Key(ByteString job, int lease, long index) {}

  private final Backlog backlog;
  private final Slot[] slots;
  private final Report report;
  private final Map<ByteString, Workload> workloads =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteString, Workload> eldest) {
          return size() > WORKLOADS_MAX;
        }
      };

  Assignments(Backlog backlog, Slot[] slots, Report report) {
    this.backlog = backlog;
    this.slots = slots;
    this.report = report;
  }

  /** Items that this worker does not hold yet. */
  void add(List<Range> ranges) {
    for (Range range : ranges) {
      backlog.addLast(items(range));
    }
  }

  /**
   * After a reconnect: items of which this worker may hold some, or have reported them on the old
   * connection.
   */
  void addMissing(List<Range> ranges) {
    Set<Key> held = new HashSet<>();
    backlog.filter(
        items -> {
          collect(items, held);
          return List.of(items);
        });
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
          backlog.addLast(items.slice(i, i + 1));
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
    Workload workload = workloads.computeIfAbsent(range.getJob().getFunction(), Workload::new);
    return new Items(
        range.getJob(),
        workload,
        range.getLease(),
        range.getAttempt(),
        range.getFirst(),
        range.getInputs().getCount(),
        range.getInputs().getData());
  }
}
