package dev.podpool.worker;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Items that this worker holds and no child has got yet, in the order in which they are due. */
final class Backlog {
  private final ArrayDeque<Items> runs = new ArrayDeque<>();
  private int size;

  int size() {
    return size;
  }

  /** Bytes of inputs that were fetched, and that no child has got yet. */
  long fetchedBytes() {
    long bytes = 0;
    for (Items items : runs) {
      bytes += items.input() == Items.Input.FETCHED ? items.data().size() : 0;
    }
    return bytes;
  }

  void forEach(Consumer<Items> consumer) {
    runs.forEach(consumer);
  }

  void addLast(Items items) {
    runs.addLast(items);
    size += items.count();
  }

  /** Puts {@code items}, which are in order, before all others. */
  void addFirst(List<Items> items) {
    for (int i = items.size() - 1; i >= 0; i--) {
      runs.addFirst(items.get(i));
      size += items.get(i).count();
    }
  }

  @Nullable Items peekFirst() {
    return runs.peekFirst();
  }

  /** Takes the first {@code n} of the first run, which take {@code bytes}. */
  Items takeFirst(int n, int bytes) {
    Items run = runs.removeFirst();
    if (n < run.count()) {
      runs.addFirst(run.behind(n, bytes));
    }
    size -= n;
    return run.front(n, bytes);
  }

  /** Takes up to {@code n} items, the last ones. */
  List<Items> takeLast(int n) {
    List<Items> taken = new ArrayList<>();
    size -= takeLast(runs, n, taken);
    return taken;
  }

  /**
   * Moves up to {@code n} items, the last ones, from {@code runs} to {@code taken}.
   *
   * @return how many
   */
  static int takeLast(ArrayDeque<Items> runs, int n, List<Items> taken) {
    int left = n;
    while (left > 0 && !runs.isEmpty()) {
      Items run = runs.removeLast();
      if (run.count() > left) {
        runs.addLast(run.slice(0, run.count() - left));
        run = run.slice(run.count() - left, run.count());
      }
      taken.add(run);
      left -= run.count();
    }
    return n - left;
  }

  /** Keeps what {@code filter} leaves of each run. */
  void filter(ItemFilter filter) {
    List<Items> before = new ArrayList<>(runs);
    runs.clear();
    size = 0;
    for (Items items : before) {
      for (Items kept : filter.keep(items)) {
        addLast(kept);
      }
    }
  }
}
