package dev.podpool.queue;

import dev.podpool.protocol.IndexRange;
import dev.podpool.protocol.JobSnapshot;
import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which of a job's items can be handed out, and in what order: suspects, then what came back, then
 * what was never out; each lowest index first.
 *
 * <p>A suspect was held by a worker that died without saying what it had begun. It is handed out
 * alone, so that a second death points at it and at nothing else.
 */
final class ReadyItems {

  private long freshFrom;
  private long size;
  // Of most jobs nothing comes back: these two are made for those of which something does.
  private NavigableSet<Long> suspects = Collections.emptyNavigableSet();
  // First index to count; ranges neither touch nor overlap.
  private NavigableMap<Long, Long> returned = Collections.emptyNavigableMap();
  private long returnedCount;

  /** The job has {@code newSize} items now; the new ones are ready. */
  void extend(long newSize) {
    size = newSize;
  }

  long count() {
    return suspects.size() + returnedCount + size - freshFrom;
  }

  boolean nextIsSuspect() {
    return !suspects.isEmpty();
  }

  /** Index that {@link #take} starts with. Only when {@link #count} is above 0. */
  long next() {
    if (!suspects.isEmpty()) {
      return suspects.first();
    }
    return returned.isEmpty() ? freshFrom : returned.firstKey();
  }

  /** How many neighbours can be taken together, from {@link #next} on. */
  long nextRun() {
    if (!suspects.isEmpty()) {
      return 1;
    }
    return returned.isEmpty() ? size - freshFrom : returned.firstEntry().getValue();
  }

  /** Takes the first {@code count}, at most {@link #nextRun}. */
  void take(long count) {
    if (!suspects.isEmpty()) {
      suspects.pollFirst();
    } else if (returned.isEmpty()) {
      freshFrom += count;
    } else {
      Map.Entry<Long, Long> range = returned.pollFirstEntry();
      if (range.getValue() > count) {
        returned.put(range.getKey() + count, range.getValue() - count);
      }
      returnedCount -= count;
    }
  }

  void giveBack(long first, long count) {
    returnedCount += count;
    if (returned.isEmpty()) {
      returned = new TreeMap<>();
    }
    Map.Entry<Long, Long> before = returned.lowerEntry(first);
    if (before != null && before.getKey() + before.getValue() == first) {
      first = before.getKey();
      count += before.getValue();
    }
    Long after = returned.remove(first + count);
    if (after != null) {
      count += after;
    }
    returned.put(first, count);
  }

  void giveBackAsSuspect(long index) {
    if (suspects.isEmpty()) {
      suspects = new TreeSet<>();
    }
    suspects.add(index);
  }

  /** Every ready item, as ranges in order of index; afterwards none is. */
  NavigableMap<Long, Long> takeAll() {
    TreeMap<Long, Long> all = new TreeMap<>(returned);
    suspects.forEach(index -> all.put(index, 1L));
    if (freshFrom < size) {
      all.put(freshFrom, size - freshFrom);
    }
    suspects = Collections.emptyNavigableSet();
    returned = Collections.emptyNavigableMap();
    returnedCount = 0;
    freshFrom = size;
    return all;
  }

  void snapshot(JobSnapshot.Builder into) {
    into.setFreshFrom(freshFrom).addAllSuspects(suspects);
    returned.forEach(
        (first, count) ->
            into.addReturned(IndexRange.newBuilder().setFirst(first).setCount(count)));
  }

  void restore(JobSnapshot from) {
    freshFrom = from.getFreshFrom();
    size = from.getItems();
    from.getSuspectsList().forEach(this::giveBackAsSuspect);
    from.getReturnedList().forEach(range -> giveBack(range.getFirst(), range.getCount()));
  }
}
