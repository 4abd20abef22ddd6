package dev.podpool.worker;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Range;
import dev.podpool.protocol.Stop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which of the items that a worker holds stay its own. */
interface ItemFilter {
  /** What stays of {@code items}: all, some runs of them, or none. */
  List<Items> keep(Items items);

  /** Whether all of {@code items} stay. */
  default boolean keepsAll(Items items) {
    int kept = 0;
    for (Items run : keep(items)) {
      kept += run.count();
    }
    return kept == items.count();
  }

  /** What stays of {@code items}, in order. */
  default List<Items> keepOf(List<Items> items) {
    List<Items> kept = new ArrayList<>();
    for (Items run : items) {
      kept.addAll(keep(run));
    }
    return kept;
  }

  /** All but those that {@code stop} names. */
  static ItemFilter without(Stop stop) {
    long first = stop.getFirst();
    long end = first + stop.getCount();
    return items -> {
      if (!items.isOf(stop.getJobId(), stop.getLease())
          || end <= items.first()
          || items.end() <= first) {
        return List.of(items);
      }
      List<Items> kept = new ArrayList<>(2);
      if (items.first() < first) {
        kept.add(items.slice(0, (int) (first - items.first())));
      }
      if (end < items.end()) {
        kept.add(items.slice((int) (end - items.first()), items.count()));
      }
      return kept;
    };
  }

  /** Only those that one of {@code ranges} names. */
  static ItemFilter only(List<Range> ranges) {
    Map<ByteString, List<Range>> byJob = new HashMap<>();
    for (Range range : ranges) {
      byJob.computeIfAbsent(range.getJob().getJobId(), id -> new ArrayList<>()).add(range);
    }
    return items -> {
      List<Items> kept = new ArrayList<>(1);
      for (Range range : byJob.getOrDefault(items.job().getJobId(), List.of())) {
        long from = Math.max(items.first(), range.getFirst());
        long to = Math.min(items.end(), range.getFirst() + range.getInputs().getCount());
        if (range.getLease() == items.lease() && from < to) {
          kept.add(items.slice((int) (from - items.first()), (int) (to - items.first())));
        }
      }
      return kept;
    };
  }
}
