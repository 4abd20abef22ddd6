package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Ended;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.JobHeader;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.Range;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.protocol.WorkerLoss;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One submission: its items, what is out, what became of them.
 *
 * <p>Invariant: every item is in exactly one of ready, leased, ended; an item ends once, and its
 * outcome is in {@link #log} then (RetryDead alone reopens an item).
 */
final class Job {

  // Of a range's other fields, at most.
  private static final int RANGE_BYTES = 48;

  final long number;
  final ByteString id;
  final Pool pool;
  final SubmitJob submitted; // without its inputs
  final ByteString digest;
  final long owner;
  // Who submitted it: the owner's, which may be over by now.
  final String principal;
  final long submittedAtMillis;
  final JobHeader header;
  private final int headerBytes;
  final Items items = new Items();
  final ReadyItems ready = new ReadyItems();
  final OutcomeLog log;
  final ArrayList<Watch> watches = new ArrayList<>(1);
  // While it runs, its deadline; once it has ended, the end of its retention. 0: none.
  long dueAtMillis;
  // Has ended, and its retention runs.
  boolean settled;
  final Inputs inputs;
  // In the order in which they were given.
  final LinkedHashMap<Integer, Lease> leases = new LinkedHashMap<>(2);
  // Of unended items that were charged. Such items go out alone.
  private NavigableMap<Long, Integer> deaths = Collections.emptyNavigableMap();
  int lastLease;
  boolean complete;
  long unended;
  // On the dead list: their inputs are kept.
  int dead;

  private final BlobHolder holder;
  // How many items have ended in each state, dropped ones and those forgotten by now too.
  private final long[] endedAs = new long[ItemState.EXPIRED_VALUE + 1];
  private long countedBytes;

  /** A submission that was found in order, with what it leaves to its pool filled in. */
  record Accepted(
      SubmitJob submit, ByteString digest, long owner, String principal, long atMillis) {}

  /** Neighbouring items of one lease. */
  interface Run {
    void at(long first, int count);
  }

  Job(long number, Pool pool, Accepted accepted, Blobs blobs) {
    SubmitJob submit = accepted.submit();
    this.number = number;
    this.id = submit.getJobId();
    this.pool = pool;
    this.submitted = submit.toBuilder().clearInputs().build();
    this.digest = accepted.digest();
    this.owner = accepted.owner();
    this.principal = accepted.principal();
    this.submittedAtMillis = accepted.atMillis();
    this.holder = new BlobHolder(blobs, pool);
    this.inputs = new Inputs(holder);
    this.log = new OutcomeLog(holder);
    holder.hold(submitted.getCodeList());
    this.header =
        JobHeader.newBuilder()
            .setJobId(id)
            .setFunction(submit.getFunction())
            .setFunctionName(submit.getFunctionName())
            .setItemTimeoutMillis(submit.getItemTimeoutMillis())
            .setMaxAttempts(submit.getMaxAttempts())
            .addAllCode(submit.getCodeList())
            .build();
    this.headerBytes = header.getSerializedSize() + RANGE_BYTES;
  }

  /** How often the process that ran an item has died, of those items where it has. */
  Map<Long, Integer> deaths() {
    return deaths;
  }

  void setDeaths(long index, int count) {
    if (deaths.isEmpty()) {
      deaths = new TreeMap<>();
    }
    deaths.put(index, count);
  }

  int maxAttempts() {
    return submitted.getMaxAttempts();
  }

  /** What is next must be given alone, to a worker with a free slot. */
  boolean nextGoesAlone() {
    return ready.nextIsSuspect() || maxAttempts() == 1;
  }

  int chunk() {
    return Math.max(1, submitted.getChunk());
  }

  boolean hasEnded() {
    return complete && unended == 0;
  }

  long unended() {
    return unended;
  }

  /** Tells the pool how many bytes this holds now. After every change of inputs or outcomes. */
  void countBytes() {
    long bytes = inputs.bytes() + log.bytes();
    pool.countBytes(bytes - countedBytes);
    countedBytes = bytes;
  }

  /** The job, which has ended, is forgotten: what it holds is let go. */
  void forget() {
    inputs.forgetAll();
    log.dropBefore(log.end());
    holder.release(submitted.getCodeList());
    countBytes();
    countDead(-dead);
  }

  /** How many of its items have ended as {@code state}. */
  long countEnded(ItemState state) {
    return endedAs[state.getNumber()];
  }

  void restoreEnded(ItemState state, long count) {
    endedAs[state.getNumber()] = count;
  }

  /** Endless jobs keep no outcome that everyone who watches has. Nobody's are kept. */
  void dropConfirmed() {
    if (!submitted.getDiscardConfirmed() || watches.isEmpty()) {
      return;
    }
    long confirmedByAll = log.end();
    for (Watch watch : watches) {
      confirmedByAll = Math.min(confirmedByAll, watch.confirmed());
    }
    log.dropBefore(confirmedByAll);
    countBytes();
  }

  // ---- items come

  void add(Payloads payloads, int[] offsets) {
    inputs.add(items.size(), payloads, offsets);
    items.add(payloads.getCount());
    ready.extend(items.size());
    pool.turns.update(this);
    unended += payloads.getCount();
    pool.accept(payloads.getCount());
    countBytes();
  }

  // ---- items go out

  /** Leases up to {@code most} ready neighbours to {@code worker}. Only where some are ready. */
  Range lease(WorkerState worker, int most) {
    long first = ready.next();
    int wanted = nextGoesAlone() ? 1 : (int) Math.min(most, ready.nextRun());
    long room = worker.heldBytesMax - worker.heldBytes;
    int fit = (int) Math.min(wanted, Math.max(1, room / headerBytes));
    Payloads payloads = inputs.slice(first, fit, room - (long) fit * headerBytes);
    int count = payloads.getCount();
    ready.take(count);
    pool.turns.update(this);
    boolean sole = count == 1 && worker.hasFreeSlot();
    lastLease = lastLease == -1 ? 1 : lastLease + 1; // 0 is none, also after four thousand million
    Lease lease = new Lease(this, lastLease, worker, first, count, sole);
    leases.put(lease.number, lease);
    worker.leases.add(lease);
    hold(lease, first, count);
    pool.turns.update(worker);
    items.set(first, count, Items.LEASED, lease.number);
    return range(lease, first, payloads);
  }

  /** {@code lease} holds these, which are not counted yet. */
  void hold(Lease lease, long first, int count) {
    lease.worker.leased += count;
    lease.worker.heldBytes += heldBytes(first, count);
  }

  private long heldBytes(long first, int count) {
    return inputs.bytes(first, count) + (long) count * headerBytes;
  }

  private Range range(Lease lease, long first, Payloads payloads) {
    return Range.newBuilder()
        .setJob(header)
        .setLease(lease.number)
        .setFirst(first)
        .setInputs(payloads)
        .setAttempt(deaths.getOrDefault(first, 0) + 1)
        .build();
  }

  /** What is left of {@code lease}, as it was handed out. Changes nothing. */
  List<Range> rangesOf(Lease lease) {
    List<Range> ranges = new ArrayList<>();
    // A lease never crosses the end of a run of inputs.
    eachHeld(
        lease,
        lease.first,
        lease.end(),
        (first, count) -> ranges.add(range(lease, first, inputs.slice(first, count))));
    return ranges;
  }

  /** Shows what {@code lease} holds in the range, which {@code run} may end or give back. */
  void eachHeld(Lease lease, long from, long to, Run run) {
    for (long index = from; index < to; ) {
      int count = items.runLeasedBy(index, to, lease.number);
      if (count > 0) {
        run.at(index, count);
      }
      index += count + 1; // behind the run is one that is not held
    }
  }

  @Nullable Lease lease(int number) {
    return leases.get(number);
  }

  // ---- items come back, or end

  /** Items of {@code lease} are no longer out. */
  private void release(Lease lease, long first, int count) {
    lease.worker.leased -= count;
    lease.worker.heldBytes -= heldBytes(first, count);
    pool.turns.update(lease.worker);
    lease.remaining -= count;
    if (lease.remaining == 0) {
      leases.remove(lease.number);
      lease.worker.leases.remove(lease);
    }
  }

  void giveBack(Lease lease, long first, int count) {
    release(lease, first, count);
    items.set(first, count, Items.READY, 0);
    if (deaths.containsKey(first)) {
      ready.giveBackAsSuspect(first); // what was charged stays alone
    } else {
      ready.giveBack(first, count);
    }
    pool.turns.update(this);
  }

  private void giveBackAsSuspect(Lease lease, long index) {
    release(lease, index, 1);
    items.set(index, 1, Items.READY, 0);
    ready.giveBackAsSuspect(index);
    pool.turns.update(this);
    pool.countRedelivered();
  }

  /** Leased items end as {@code outcome} says, which is about exactly these. */
  void endLeased(Lease lease, Outcome outcome, ItemState state) {
    release(lease, outcome.getFirst(), outcome.getCount());
    end(outcome, state);
  }

  private void end(Outcome outcome, ItemState state) {
    long first = outcome.getFirst();
    int count = outcome.getCount();
    items.set(first, count, (byte) state.getNumber(), 0);
    unended -= count;
    endedAs[state.getNumber()] += count;
    pool.end(state, count);
    log.add(outcome);
    if (!deaths.isEmpty()) {
      deaths.subMap(first, first + count).clear();
    }
    if (state == ItemState.DEAD && !submitted.getDiscardConfirmed()) {
      countDead(count); // can be retried, so its input stays
    } else {
      inputs.end(first, count);
    }
    if (submitted.getDiscardConfirmed() && items.trim()) {
      inputs.trim(items.keptFrom());
    }
    countBytes();
  }

  /**
   * The process that ran {@code index} died: charged. Ends DEAD at the cap, else it is ready again,
   * alone.
   */
  void charge(Lease lease, long index, WorkerLoss loss) {
    int charged = deaths.getOrDefault(index, 0) + 1;
    setDeaths(index, charged);
    pool.countCharged();
    if (charged < maxAttempts()) {
      giveBackAsSuspect(lease, index);
      return;
    }
    Ended ended =
        Ended.newBuilder()
            .setState(ItemState.DEAD)
            .setLoss(loss.toBuilder().setCharged(charged))
            .build();
    endLeased(lease, outcome(index, 1).setEnded(ended).build(), ItemState.DEAD);
  }

  /**
   * The worker is gone, and did not say what it had begun.
   *
   * @param disrupted whether that was no item's doing: then only what must not run twice is charged
   */
  void lose(Lease lease, WorkerLoss loss, boolean disrupted) {
    boolean charges = lease.sole && (!disrupted || submitted.getMaxAttempts() == 1);
    for (long index = lease.first; index < lease.end(); index++) {
      if (!items.isLeasedBy(index, lease.number)) {
        continue;
      }
      if (charges) { // as every lease of a job with one attempt is sole
        charge(lease, index, loss);
      } else {
        giveBackAsSuspect(lease, index);
      }
    }
  }

  /** Who has the first of its leases; null: nobody has any. */
  @Nullable WorkerState workerOfFirst() {
    return leases.isEmpty() ? null : leases.values().iterator().next().worker;
  }

  /** Hands back all that is left of {@code lease}, uncharged. */
  void giveBackAll(Lease lease) {
    eachHeld(lease, lease.first, lease.end(), (first, count) -> giveBack(lease, first, count));
  }

  /** Ends whatever has not ended, with {@code end} (its kind is set), and tells the workers. */
  void endAll(Outcome.Builder end, ItemState state, Effects effects) {
    for (var range : ready.takeAll().entrySet()) {
      long left = range.getValue();
      for (long first = range.getKey(); left > 0; ) {
        int count = (int) Math.min(left, Integer.MAX_VALUE);
        end(end.setJobId(id).setFirst(first).setCount(count).build(), state);
        first += count;
        left -= count;
      }
    }
    pool.turns.update(this);
    for (Lease lease : List.copyOf(leases.values())) {
      eachHeld(
          lease,
          lease.first,
          lease.end(),
          (first, count) -> {
            endLeased(lease, end.setJobId(id).setFirst(first).setCount(count).build(), state);
            effects.deliver(lease.worker.session, Deliveries.stop(lease, first, count));
          });
    }
  }

  static Outcome.Builder ended(ItemState state) {
    return Outcome.newBuilder().setEnded(Ended.newBuilder().setState(state));
  }

  static Outcome.Builder failed(Failure failure) {
    return Outcome.newBuilder().setFailed(failure);
  }

  private Outcome.Builder outcome(long first, int count) {
    return Outcome.newBuilder().setJobId(id).setFirst(first).setCount(count);
  }

  // ---- the dead list

  /** Makes DEAD items in the range ready again; how many. */
  int retryDead(long first, long end) {
    int retried = 0;
    for (long index = first; index < end && dead > retried; index++) {
      if (items.state(index) == ItemState.DEAD_VALUE) {
        items.set(index, 1, Items.READY, 0);
        ready.giveBackAsSuspect(index);
        unended++;
        retried++;
      }
    }
    countDead(-retried);
    endedAs[ItemState.DEAD_VALUE] -= retried;
    pool.accept(retried);
    pool.turns.update(this);
    if (retried > 0) {
      watches.forEach(Watch::reopen);
    }
    return retried;
  }

  /** Forgets the inputs of DEAD items in the range, which can't be retried then; how many. */
  int dropDead(long first, long end) {
    int dropped = 0;
    for (long index = first; index < end && dead > dropped; index++) {
      if (items.state(index) == ItemState.DEAD_VALUE) {
        items.set(index, 1, (byte) ItemState.CANCELLED_VALUE, 0);
        inputs.end(index, 1);
        dropped++;
      }
    }
    countBytes();
    countDead(-dropped);
    return dropped;
  }

  private void countDead(int more) {
    dead += more;
    pool.countDead(more);
  }
}
