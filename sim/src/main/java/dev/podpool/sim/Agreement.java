package dev.podpool.sim;

import static dev.podpool.sim.Contract.require;

import dev.podpool.protocol.Entry;
import dev.podpool.protocol.Snapshot;
import dev.podpool.queue.raft.ReplicaFiles;
import dev.podpool.queue.raft.ReplicaFiles.Logged;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How one replica agrees with the others on a log: what Ratis does, in short, on real files. Who is
 * elected is decided by {@link Replicas}, by Raft's rule; the rest is here: an entry is certain
 * when a majority has synced it, in its leader's term; a follower's log is made what the leader's
 * is; one that lags behind what the leader still has gets its snapshot.
 *
 * <p>Each method may end the replica: a disk that is full or fails is its end.
 */
final class Agreement {

  private static final long HEARTBEAT_MILLIS = 150;
  private static final long LEADS_UNHEARD_MILLIS_MAX = 1_500;
  private static final long SNAPSHOT_AGAIN_MILLIS = 500;
  private static final int ENTRIES_AT_ONCE_MAX = 20;

  /** What it agrees for. */
  interface Machine {
    void restore(Snapshot state);

    void apply(Entry entry);

    Snapshot snapshot();

    void lead(long term);

    void follow();
  }

  /** What touches the disk. */
  private interface Step {
    void run() throws IOException;
  }

  private final World world;
  private final Network network;
  private final Replicas replicas;
  private final int number;
  private final Party party;
  private final ReplicaFiles files;
  private final Machine machine;
  private final int snapshotEvery;
  // Of entries: the last that is durable here, that is known to be certain, that was applied.
  private long synced;
  private long certain;
  private long applied;
  private boolean syncing;
  private final List<Runnable> onSynced = new ArrayList<>();
  // While it leads.
  private boolean leads;
  private long begins; // the entry that its term begins with
  private final long[] next = new long[Replicas.COUNT];
  private final long[] has = new long[Replicas.COUNT];
  private final long[] heardAtMillis = new long[Replicas.COUNT];
  private final long[] filledAtMillis = new long[Replicas.COUNT];
  private final @Nullable Agreement[] known = new Agreement[Replicas.COUNT];

  Agreement(
      World world,
      Network network,
      Replicas replicas,
      int number,
      Party party,
      ReplicaFiles files,
      Machine machine) {
    this.world = world;
    this.network = network;
    this.replicas = replicas;
    this.number = number;
    this.party = party;
    this.files = files;
    this.machine = machine;
    this.snapshotEvery = world.between(20, 200);
  }

  /** Takes up what is on the disk. */
  void start() throws IOException {
    Snapshot state = files.state();
    if (state != null) {
      machine.restore(state);
    }
    synced = files.last();
    certain = files.snapshotIndex();
    applied = certain;
  }

  boolean leads() {
    return leads;
  }

  /** The last term that it has voted in. */
  long term() {
    return files.voted();
  }

  long applied() {
    return applied;
  }

  /** Where a flipped bit must be noticed. */
  List<ReplicaFiles.Place> undoubted() {
    return files.undoubted();
  }

  /** Whether a leader's log may be this one, for who has {@code other}. */
  boolean isUpToDateFor(Agreement other) {
    long own = files.termOf(files.last());
    long its = other.files.termOf(other.files.last());
    return own != its ? own > its : files.last() >= other.files.last();
  }

  private void disk(Step step) {
    try {
      step.run();
    } catch (IOException e) {
      replicas.halted(number, e);
    }
  }

  // ---- leading

  /** Promises its vote in {@code term}: to another, or to itself. */
  void vote(long term) {
    disk(() -> files.vote(term));
    follow();
  }

  /** Leads from now on, in the term that it has voted for itself in. */
  void lead() {
    leads = true;
    begins = files.last() + 1;
    Arrays.fill(next, begins);
    Arrays.fill(has, -1);
    Arrays.fill(heardAtMillis, party.nowMillis());
    Arrays.fill(known, null);
    append(null);
    beat(term());
  }

  /** Leads no more. */
  void follow() {
    if (leads) {
      leads = false;
      machine.follow();
    }
  }

  /** Puts {@code entry} behind the others; null: the one that a term begins with. */
  void append(@Nullable Entry entry) {
    disk(
        () -> {
          files.append(new Logged(term(), entry));
          sync(this::advance);
          replicateToAll();
        });
  }

  private void beat(long its) {
    if (!leads || term() != its) {
      return;
    }
    long heard = 0;
    for (int other = 0; other < Replicas.COUNT; other++) {
      boolean isOut = party.nowMillis() - heardAtMillis[other] > LEADS_UNHEARD_MILLIS_MAX;
      heard += other != number && !isOut && replicas.isVoter(other) ? 1 : 0;
    }
    if (heard == 0) {
      follow();
      return;
    }
    replicateToAll();
    party.after(HEARTBEAT_MILLIS, () -> beat(its));
  }

  private void replicateToAll() {
    for (int other = 0; other < Replicas.COUNT; other++) {
      if (other != number) {
        replicate(other);
      }
    }
  }

  private void replicate(int other) {
    disk(
        () -> {
          long from = next[other];
          if (from < files.first()) {
            fill(other);
            return;
          }
          long to = Math.min(files.last(), from + ENTRIES_AT_ONCE_MAX - 1);
          List<Logged> entries = new ArrayList<>();
          for (long index = from; index <= to; index++) {
            entries.add(files.get(index));
          }
          long term = term();
          long before = files.termOf(from - 1);
          long its = certain;
          send(other, to(other, a -> a.receive(this, term, from - 1, before, entries, its)));
        });
  }

  private void fill(int other) throws IOException {
    if (party.nowMillis() - filledAtMillis[other] < SNAPSHOT_AGAIN_MILLIS) {
      return;
    }
    filledAtMillis[other] = party.nowMillis();
    long term = term();
    long index = files.snapshotIndex();
    List<byte[]> pieces = files.pieces();
    send(other, to(other, a -> a.receiveSnapshot(this, term, index, pieces)));
  }

  private void send(int other, Runnable message) {
    network.carry(Replicas.name(number), Replicas.name(other), message);
  }

  private Runnable to(int other, Consumer<Agreement> message) {
    return () -> replicas.tell(other, message);
  }

  /**
   * {@code follower} has synced what this leader has, up to {@code index}; or else tells its last.
   */
  private void hear(Agreement follower, long itsTerm, boolean fits, long index) {
    if (itsTerm > term()) {
      vote(itsTerm);
      return;
    }
    int other = follower.number;
    if (!leads || itsTerm < term() || !replicas.isCurrent(follower)) {
      return;
    }
    if (known[other] != follower) {
      known[other] = follower; // another process than before, perhaps on another disk
      has[other] = -1;
    }
    heardAtMillis[other] = party.nowMillis();
    if (!fits) {
      next[other] = Math.min(next[other], index + 1);
      replicate(other);
      return;
    }
    has[other] = Math.max(has[other], index);
    next[other] = Math.max(next[other], index + 1);
    if (certain >= begins && has[other] >= certain) {
      replicas.admit(other, term());
    }
    if (next[other] <= files.last()) {
      replicate(other);
    }
    advance();
  }

  private void advance() {
    if (!leads) {
      return;
    }
    has[number] = synced;
    for (long index = files.last(); index > certain && files.termOf(index) == term(); index--) {
      int voters = 0;
      for (int each = 0; each < Replicas.COUNT; each++) {
        voters += replicas.isVoter(each) && has[each] >= index ? 1 : 0;
      }
      if (voters >= Replicas.MAJORITY) {
        certain = index;
        break;
      }
    }
    applyCertain();
  }

  // ---- following

  private void receive(
      Agreement leader,
      long itsTerm,
      long before,
      long termBefore,
      List<Logged> entries,
      long itsCertain) {
    if (!adopt(leader, itsTerm)) {
      return;
    }
    boolean fits =
        before <= files.snapshotIndex()
            || (before <= files.last() && files.termOf(before) == termBefore);
    if (!fits) {
      answer(leader, false, Math.min(before - 1, files.last()));
      return;
    }
    disk(
        () -> {
          long index = before;
          for (Logged entry : entries) {
            take(++index, entry);
          }
          long end = index;
          certain = Math.max(certain, Math.min(end, itsCertain));
          if (synced < end) {
            sync(() -> has(leader, itsTerm, end));
          } else {
            has(leader, itsTerm, end);
          }
        });
  }

  private void has(Agreement leader, long itsTerm, long end) {
    if (term() == itsTerm) {
      answer(leader, true, end);
    }
    applyCertain();
  }

  private void take(long index, Logged entry) throws IOException {
    if (index <= files.snapshotIndex()) {
      return;
    }
    if (index <= files.last()) {
      if (files.termOf(index) == entry.term()) {
        return;
      }
      require(index > certain, "what is certain stays");
      files.truncateFrom(index);
      synced = Math.min(synced, index - 1);
    }
    files.append(entry);
  }

  private void receiveSnapshot(Agreement leader, long itsTerm, long index, List<byte[]> pieces) {
    if (!adopt(leader, itsTerm)) {
      return;
    }
    disk(
        () -> {
          if (index > certain) {
            files.receive(pieces.iterator());
            machine.restore(Objects.requireNonNull(files.state()));
            synced = index;
            certain = index;
            applied = index;
          }
          answer(leader, true, index);
        });
  }

  /** Whether {@code leader} leads, as far as is known here. */
  private boolean adopt(Agreement leader, long itsTerm) {
    if (itsTerm < term()) {
      answer(leader, false, -1);
      return false;
    }
    if (itsTerm > term()) {
      vote(itsTerm);
    }
    return replicas.isCurrent(this); // the vote may have been the end
  }

  private void answer(Agreement leader, boolean fits, long index) {
    long own = term();
    send(leader.number, to(leader.number, a -> a.hear(this, own, fits, index)));
  }

  // ---- the disk

  /** Has {@code then} happen when all that is written is durable. */
  private void sync(Runnable then) {
    onSynced.add(then);
    if (syncing) {
      return;
    }
    syncing = true;
    boolean slow = world.faultOneIn(Fault.DELAY, 30);
    party.after(slow ? world.between(50, 800) : world.between(1, 8), this::synced);
  }

  private void synced() {
    syncing = false;
    disk(
        () -> {
          files.sync();
          synced = files.last();
          List<Runnable> waiting = List.copyOf(onSynced);
          onSynced.clear();
          waiting.forEach(Runnable::run);
        });
  }

  private void applyCertain() {
    while (applied < Math.min(certain, synced) && replicas.isCurrent(this)) {
      applied++;
      Entry entry = files.get(applied).entry();
      if (entry != null) {
        machine.apply(entry);
      }
      if (leads && applied == begins) {
        machine.lead(term());
      }
      if (applied - files.snapshotIndex() >= snapshotEvery) {
        long index = applied;
        disk(() -> files.snapshot(index, machine.snapshot()));
      }
    }
  }
}
