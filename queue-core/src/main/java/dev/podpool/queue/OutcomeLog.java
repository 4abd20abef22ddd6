package dev.podpool.queue;

import dev.podpool.protocol.Outcome;
import java.util.ArrayList;
import java.util.List;

/** A job's outcomes in the order in which they were recorded. Positions count outcomes. */
final class OutcomeLog {

  private final BlobHolder holder;
  private final ArrayList<Outcome> outcomes = new ArrayList<>(1);
  private long from;
  private long bytes;

  OutcomeLog(BlobHolder holder) {
    this.holder = holder;
  }

  long from() {
    return from;
  }

  long end() {
    return from + outcomes.size();
  }

  long bytes() {
    return bytes;
  }

  void add(Outcome outcome) {
    outcomes.add(outcome);
    bytes += outcome.getSerializedSize();
    holder.hold(outcome.getSucceeded());
  }

  Outcome get(long position) {
    return outcomes.get((int) (position - from));
  }

  void dropBefore(long position) {
    int count = (int) (Math.min(position, end()) - from);
    if (count <= 0) {
      return;
    }
    List<Outcome> head = outcomes.subList(0, count);
    for (Outcome outcome : head) {
      bytes -= outcome.getSerializedSize();
      holder.release(outcome.getSucceeded());
    }
    head.clear();
    from += count;
  }

  List<Outcome> all() {
    return outcomes;
  }

  void restore(long restoredFrom, List<Outcome> restored) {
    from = restoredFrom;
    restored.forEach(this::add);
  }
}
