package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.JobSnapshot;
import java.util.Arrays;

/**
 * State and current lease of each item of a job: five bytes an item. Items before {@link #keptFrom}
 * have ended and are forgotten.
 */
final class Items {

  static final byte READY = ItemState.READY_VALUE;
  static final byte LEASED = ItemState.LEASED_VALUE;
  private static final int TRIM_AT_LEAST = 4096;

  private long keptFrom;
  private int kept;
  // Where trim has looked: so many kept items have ended. Only a hint.
  private int endedUpTo;
  private byte[] states = new byte[1];
  private int[] leases = new int[1];

  long keptFrom() {
    return keptFrom;
  }

  long size() {
    return keptFrom + kept;
  }

  void add(int count) {
    if (kept + count > states.length) {
      int capacity = Math.max(kept + count, (int) Math.min(Integer.MAX_VALUE - 8, kept * 2L));
      states = Arrays.copyOf(states, capacity);
      leases = Arrays.copyOf(leases, capacity);
    }
    Arrays.fill(states, kept, kept + count, READY);
    Arrays.fill(leases, kept, kept + count, 0);
    kept += count;
  }

  byte state(long index) {
    return index < keptFrom || index >= size() ? 0 : states[(int) (index - keptFrom)];
  }

  boolean isLeasedBy(long index, int lease) {
    return index >= keptFrom
        && index < size()
        && states[(int) (index - keptFrom)] == LEASED
        && leases[(int) (index - keptFrom)] == lease;
  }

  /** How many neighbours from {@code first} on, before {@code end}, {@code lease} holds. */
  int runLeasedBy(long first, long end, int lease) {
    int count = 0;
    while (first + count < end && isLeasedBy(first + count, lease)) {
      count++;
    }
    return count;
  }

  void set(long first, int count, byte state, int lease) {
    int from = (int) (first - keptFrom);
    Arrays.fill(states, from, from + count, state);
    Arrays.fill(leases, from, from + count, lease);
  }

  /**
   * Forgets leading ended items, now and then; whether it did. Only where no item is ever reopened.
   */
  boolean trim() {
    while (endedUpTo < kept && states[endedUpTo] > LEASED) {
      endedUpTo++;
    }
    // Moving the rest costs as much as it frees only where at least half goes.
    if (endedUpTo < TRIM_AT_LEAST || endedUpTo < kept / 2) {
      return false;
    }
    states = Arrays.copyOfRange(states, endedUpTo, Math.max(kept, endedUpTo + 1));
    leases = Arrays.copyOfRange(leases, endedUpTo, Math.max(kept, endedUpTo + 1));
    keptFrom += endedUpTo;
    kept -= endedUpTo;
    endedUpTo = 0;
    return true;
  }

  void snapshot(JobSnapshot.Builder into) {
    into.setKeptFrom(keptFrom).setStates(ByteString.copyFrom(states, 0, kept));
    for (int i = 0; i < kept; i++) {
      into.addLeasesOfItems(leases[i]);
    }
  }

  void restore(JobSnapshot from) {
    keptFrom = from.getKeptFrom();
    kept = from.getStates().size();
    states = Arrays.copyOf(from.getStates().toByteArray(), Math.max(1, kept));
    leases = new int[Math.max(1, kept)];
    for (int i = 0; i < kept; i++) {
      leases[i] = from.getLeasesOfItems(i);
    }
  }
}
