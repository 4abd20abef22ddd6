package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.OpenSession;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;

/** What the queue knows of a worker: its session, and what it holds. */
final class WorkerState {

  final long session;
  final ByteString nonce;
  final String name;
  final int slots;
  final Pool pool;
  // With so many it gets no more, whatever its window.
  final long heldBytesMax;
  final LinkedHashSet<Lease> leases = new LinkedHashSet<>();
  int window;
  int leased;
  // Of these items, as they would be sent each in a range of its own.
  long heldBytes;
  boolean cordoned;
  // Asked to return items, and has not reported since.
  boolean recalled;

  WorkerState(long session, OpenSession opened, Pool pool) {
    this.session = session;
    this.nonce = opened.getNonce();
    this.name = opened.getWorker();
    this.slots = opened.getSlots();
    this.pool = pool;
    long bytesMax = opened.getHeldBytesMax();
    this.heldBytesMax = bytesMax > 0 ? bytesMax : Long.MAX_VALUE;
  }

  /** Oldest job first; the same after a restore, unlike the order in which they were given. */
  List<Lease> leasesInOrder() {
    List<Lease> all = new ArrayList<>(leases);
    all.sort(
        Comparator.comparingLong((Lease lease) -> lease.job.number)
            .thenComparingInt(lease -> lease.number));
    return all;
  }

  /** How many items more it may be given. */
  int spare() {
    return cordoned || heldBytes >= heldBytesMax ? 0 : Math.max(0, window - leased);
  }

  boolean hasFreeSlot() {
    return leased < slots;
  }

  /** How many items it holds beyond what it can run at once; negative where slots are free. */
  int ahead() {
    return leased - slots;
  }
}
