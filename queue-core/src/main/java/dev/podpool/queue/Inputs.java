package dev.podpool.queue;

import dev.podpool.protocol.InputRun;
import dev.podpool.protocol.Payloads;
import java.util.ArrayList;
import java.util.List;

/**
 * The inputs of a job's items, as the runs in which they came. A run goes when its items have
 * ended.
 */
final class Inputs {

  private static final int[] NONE = {};

  private final BlobHolder holder;
  private final ArrayList<Run> runs = new ArrayList<>(1);
  private long bytes;

  Inputs(BlobHolder holder) {
    this.holder = holder;
  }

  private static final class Run {
    final long first;
    final int count;
    // Where each payload, with its length, begins in the data; one more for the end.
    int[] offsets;
    Payloads payloads;
    int live;

    Run(long first, Payloads payloads, int[] offsets) {
      this.first = first;
      this.count = payloads.getCount();
      this.offsets = offsets;
      this.payloads = payloads;
      this.live = count;
    }
  }

  long bytes() {
    return bytes;
  }

  /** Adds a run that {@link PayloadRuns#offsets} has found well formed. */
  void add(long first, Payloads payloads, int[] offsets) {
    if (payloads.getCount() > 0) {
      runs.add(new Run(first, payloads, offsets));
      bytes += payloads.getData().size();
      holder.hold(payloads);
    }
  }

  /** Neighbouring payloads from {@code first} on: at most {@code count}, fewer at a run's end. */
  Payloads slice(long first, int count) {
    Run run = runs.get(find(first));
    int from = (int) (first - run.first);
    int to = Math.min(run.count, from + count);
    return PayloadRuns.slice(run.payloads, run.offsets, from, to);
  }

  /** Like {@link #slice}, but fewer before they have {@code bytesMax} bytes; never none. */
  Payloads slice(long first, int count, long bytesMax) {
    Run run = runs.get(find(first));
    int from = (int) (first - run.first);
    int to = Math.min(run.count, from + count);
    int last = from + 1;
    while (last < to && run.offsets[last] - run.offsets[from] < bytesMax) {
      last++;
    }
    return PayloadRuns.slice(run.payloads, run.offsets, from, last);
  }

  /** Bytes of the payloads of {@code count} unended items from {@code first} on, of one run. */
  int bytes(long first, int count) {
    Run run = runs.get(find(first));
    int from = (int) (first - run.first);
    return run.offsets[from + count] - run.offsets[from];
  }

  /** {@code count} items from {@code first} on have ended: their inputs are no longer needed. */
  void end(long first, int count) {
    int at = find(first);
    while (count > 0) {
      Run run = runs.get(at++);
      int here = (int) Math.min(count, run.first + run.count - first);
      run.live -= here;
      first += here;
      count -= here;
      if (run.live == 0) {
        forget(run);
      }
    }
  }

  private void forget(Run run) {
    holder.release(run.payloads);
    bytes -= run.payloads.getData().size();
    run.payloads = Payloads.getDefaultInstance();
    run.offsets = NONE;
  }

  /** The job is forgotten. */
  void forgetAll() {
    runs.forEach(this::forget);
    runs.clear();
  }

  /** Forgets runs that end before {@code index}. All their items have ended. */
  void trim(long index) {
    int whole = 0;
    while (whole < runs.size() && runs.get(whole).first + runs.get(whole).count <= index) {
      whole++;
    }
    runs.subList(0, whole).clear();
  }

  private int find(long index) {
    int low = 0;
    int high = runs.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (runs.get(middle).first <= index) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  List<InputRun> snapshot() {
    List<InputRun> all = new ArrayList<>();
    for (Run run : runs) {
      all.add(
          InputRun.newBuilder()
              .setFirst(run.first)
              .setInputs(
                  run.live > 0 ? run.payloads : Payloads.newBuilder().setCount(run.count).build())
              .setLive(run.live)
              .build());
    }
    return all;
  }

  void restore(List<InputRun> all) {
    for (InputRun each : all) {
      Payloads payloads = each.getInputs();
      boolean isLive = each.getLive() > 0;
      int[] offsets = isLive ? PayloadRuns.offsets(payloads) : NONE;
      if (offsets == null) {
        throw new IllegalStateException("snapshot holds malformed payloads at " + each.getFirst());
      }
      Run run = new Run(each.getFirst(), payloads, offsets);
      run.live = each.getLive();
      runs.add(run);
      bytes += payloads.getData().size();
      holder.hold(payloads);
    }
  }
}
