package dev.podpool.worker;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which child gets which items: a little ahead of need, levelled between them. Owned by the
 * supervisor's thread.
 */
final class Dispatcher {
  /** Work that a child is given ahead, unless that is fewer than two items. */
  static final long AHEAD_NANOS = 20_000_000;

  static final int SLOT_ITEMS_MAX = 8192;
  private static final int SLOT_ITEMS_MIN = 2;
  private static final long SLOT_BYTES_MAX = 4 << 20;
  // Less is not worth taking back from a child: it will be done as soon.
  private static final long STEAL_NANOS = 2_000_000;

  private final Backlog backlog;
  private final Arrivals arrivals;
  private final Slot[] slots;
  private final int tasksMax;

  Dispatcher(Backlog backlog, Arrivals arrivals, Slot[] slots, int maxTasksPerWorker) {
    this.backlog = backlog;
    this.arrivals = arrivals;
    this.slots = slots;
    this.tasksMax = maxTasksPerWorker;
  }

  /** Sends what the children have room for. */
  void fill() {
    int share = share();
    while (true) {
      Items items = backlog.peekFirst();
      ChildProcess child = items == null ? null : leastLoaded();
      if (items == null || child == null) {
        return;
      }
      send(items, child, Math.max(1, share - child.outstanding()));
    }
  }

  /** What each would hold if all held the same. */
  private int share() {
    int ready = 0;
    int items = backlog.size();
    for (Slot slot : slots) {
      ChildProcess child = slot.ready();
      if (child != null) {
        ready++;
        items += child.outstanding();
      }
    }
    return ready == 0 ? 0 : (items + ready - 1) / ready;
  }

  private @Nullable ChildProcess leastLoaded() {
    ChildProcess least = null;
    for (Slot slot : slots) {
      ChildProcess child = slot.ready();
      if (child != null
          && hasRoom(child)
          && (least == null || child.outstanding() < least.outstanding())) {
        least = child;
      }
    }
    return least;
  }

  private boolean hasRoom(ChildProcess child) {
    int outstanding = child.outstanding();
    return (outstanding < SLOT_ITEMS_MIN || child.aheadNanos() < AHEAD_NANOS)
        && outstanding < SLOT_ITEMS_MAX
        && (outstanding == 0 || child.aheadBytes() < SLOT_BYTES_MAX)
        && (tasksMax == 0 || child.next() < tasksMax);
  }

  private void send(Items items, ChildProcess child, int share) {
    int outstanding = child.outstanding();
    long byTime = (AHEAD_NANOS - child.aheadNanos()) / items.workload().itemNanos();
    long limit = Math.max(byTime, SLOT_ITEMS_MIN - outstanding);
    limit = Math.min(limit, Math.min(share, SLOT_ITEMS_MAX - outstanding));
    if (tasksMax > 0) {
      limit = Math.min(limit, tasksMax - child.next());
    }
    limit = Math.min(Math.max(limit, 1), items.count());
    int count = 0;
    int bytes = 0;
    while (count < limit && (count == 0 || child.aheadBytes() + bytes < SLOT_BYTES_MAX)) {
      bytes = items.skip(bytes);
      count++;
    }
    child.send(backlog.takeFirst(count, bytes));
  }

  /**
   * Takes items that have not begun from a child that would need long for them, where another is
   * idle.
   *
   * @return true if it may be worthwhile a little later
   */
  boolean balance(long nowNanos) {
    if (backlog.size() > 0) {
      return false;
    }
    int idle = 0;
    ChildProcess most = null;
    for (Slot slot : slots) {
      ChildProcess child = slot.ready();
      if (child == null) {
        continue;
      }
      if (child.outstanding() == 0) {
        idle++;
      } else if (child.unbegun() > 0 && (most == null || child.unbegun() > most.unbegun())) {
        most = child;
      }
    }
    if (idle == 0 || most == null) {
      return false;
    }
    int unbegun = most.unbegun();
    boolean isLong = unbegun * (most.aheadNanos() / most.outstanding()) > STEAL_NANOS;
    if (!isLong && nowNanos - most.page.startedNanos() < STEAL_NANOS) {
      return true;
    }
    // A child that is at nothing keeps what is on its way: a large input would else be sent to and
    // fro, and each time once more.
    int kept = Math.max(unbegun / (idle + 1), most.outstanding() > unbegun ? 0 : 1);
    if (kept < unbegun) {
      backlog.addFirst(most.revoke(kept));
      fill();
    }
    return false;
  }

  /** Gives up up to {@code count} items that have not begun, those due last first. */
  void giveBack(int count, Report report) {
    int left = count;
    for (Items items : arrivals.takeLast(left)) {
      report.returned(items);
      left -= items.count();
    }
    for (Items items : backlog.takeLast(left)) {
      report.returned(items);
      left -= items.count();
    }
    while (left > 0) {
      ChildProcess most = null;
      for (Slot slot : slots) {
        ChildProcess child = slot.ready();
        if (child != null
            && child.unbegun() > 0
            && (most == null || child.unbegun() > most.unbegun())) {
          most = child;
        }
      }
      if (most == null) {
        return;
      }
      List<Items> taken = most.revoke(Math.max(0, most.unbegun() - left));
      for (Items items : taken) {
        report.returned(items);
        left -= items.count();
      }
    }
  }

  /** Drops what {@code filter} does not keep, and kills children that are at work on it. */
  void drop(ItemFilter filter, Killer killer) {
    arrivals.filter(filter);
    backlog.filter(filter);
    for (Slot slot : slots) {
      ChildProcess child = slot.child();
      if (child == null || child.outstanding() == 0) {
        continue;
      }
      if (child.state != ChildProcess.State.READY) {
        child.filters.add(filter); // for what it leaves behind
        continue;
      }
      if (keepsAll(filter, child.between(child.reported(), child.next()))) {
        continue;
      }
      backlog.addFirst(filter.keepOf(child.revoke(0)));
      long last = child.next() - 1;
      // Not "is running": its claim may fail since we have revoked, and then it claims it again.
      if (last >= child.reported()
          && child.page.done() <= last
          && !keepsAll(filter, child.between(last, last + 1))) {
        child.filters.add(filter); // for what it leaves behind
        killer.kill(child, ChildProcess.Ending.STOPPED);
      }
    }
  }

  private static boolean keepsAll(ItemFilter filter, List<Items> items) {
    for (Items run : items) {
      if (!filter.keepsAll(run)) {
        return false;
      }
    }
    return true;
  }

  /** Ends a child because of one of its items. */
  interface Killer {
    void kill(ChildProcess child, ChildProcess.Ending ending);
  }
}
