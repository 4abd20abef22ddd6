package dev.podpool.queue.raft;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.BlobSnapshot;
import dev.podpool.protocol.Checkpoint;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.JobSnapshot;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Snapshot;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.queue.loop.KnownFields;
import dev.podpool.queue.loop.Log;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * A replica whose n-th entry says n and holds bytes made from n. Its state is how many there were
 * and a hash of them all, so that one that is lost, doubled, moved or changed shows.
 */
class Numbered implements Log.Replica {

  private static final long TIMEOUT_SECONDS = 60;

  final List<String> calls = new ArrayList<>();
  final List<Integer> raised = new CopyOnWriteArrayList<>();
  final Map<Long, Checkpoint> checkpoints = new ConcurrentSkipListMap<>(); // by number
  private final int stateBytes;
  private long applied;
  private long hash;
  private long term;
  private volatile int level = 1;
  private volatile boolean updated;
  private boolean leads;
  private int callers;

  Numbered() {
    this(0);
  }

  /** With {@code stateBytes} more in each snapshot. */
  Numbered(int stateBytes) {
    this.stateBytes = stateBytes;
  }

  /** From now on it is of a later release: knows level 2, and all that is in the log. */
  void update() {
    updated = true;
  }

  /** From now on its state is another. */
  synchronized void change() {
    hash++;
  }

  static Entry entry(long number, int bytes) {
    byte[] content = new byte[bytes];
    new SplittableRandom(number).nextBytes(content);
    return Entry.newBuilder()
        .setTimeMillis(number)
        .addBatches(
            Batch.newBuilder()
                .addOperations(
                    Operation.newBuilder()
                        .setSubmitJob(
                            SubmitJob.newBuilder().setFunction(ByteString.copyFrom(content)))))
        .build();
  }

  /** The hash after {@code number} entries of {@code bytes}. */
  static long hashAfter(long number, int bytes) {
    long hash = 0;
    for (long n = 1; n <= number; n++) {
      hash = next(hash, entry(n, bytes));
    }
    return hash;
  }

  /** The same in every process, which a message's own hash is not. */
  private static long next(long hash, Entry entry) {
    return 31 * hash + Arrays.hashCode(entry.toBuilder().clearCheckpoint().build().toByteArray());
  }

  @Override
  public void restore(Snapshot snapshot) {
    enter("restore " + snapshot.getIndex());
    become(snapshot.getIndex(), snapshot.getNowMillis());
    level = Math.max(1, snapshot.getLevel());
    leave();
  }

  @Override
  public void apply(Entry entry) {
    enter(null);
    if (entry.getTimeMillis() != applied + 1) {
      throw new AssertionError("entry " + entry.getTimeMillis() + " after " + applied);
    }
    if (entry.hasCheckpoint()) {
      checkpoints.put(applied + 1, entry.getCheckpoint());
    }
    become(applied + 1, next(hash, entry));
    leave();
  }

  /** Both at once: who waits for the one looks at the other then. */
  private synchronized void become(long newApplied, long newHash) {
    applied = newApplied;
    hash = newHash;
  }

  @Override
  public Snapshot snapshot() {
    enter("snapshot " + applied());
    Snapshot state =
        Snapshot.newBuilder()
            .setIndex(applied)
            .setNowMillis(hash)
            .setLevel(level)
            .addJobs(JobSnapshot.newBuilder().setStates(ByteString.copyFrom(new byte[stateBytes])))
            .build();
    leave();
    return state;
  }

  @Override
  public void sync(Snapshot snapshot) {}

  @Override
  public void begin(Snapshot snapshot) {}

  @Override
  public boolean has(BlobSnapshot listed) {
    return true;
  }

  @Override
  public InputStream open(BlobSnapshot listed) {
    throw new AssertionError("it has none");
  }

  @Override
  public void take(BlobSnapshot listed, Iterator<byte[]> pieces) {
    throw new AssertionError("it has all");
  }

  @Override
  public String newer(Entry entry) {
    return updated ? null : KnownFields.firstUnknown(entry);
  }

  @Override
  public int level() {
    return level;
  }

  @Override
  public int levelMax() {
    return updated ? 2 : 1;
  }

  /** Its level is its own: no entry says it. */
  @Override
  public void raise(int to) {
    raised.add(to);
    level = Math.max(level, to);
  }

  @Override
  public void lead(long newTerm) {
    enter("lead " + applied());
    term = newTerm;
    leads = true;
    leave();
  }

  @Override
  public void follow() {
    enter("follow");
    leads = false;
    leave();
  }

  private synchronized void enter(String call) {
    if (call != null) {
      calls.add(call);
    }
    if (callers++ != 0) {
      throw new AssertionError("two threads at a time");
    }
  }

  private synchronized void leave() {
    callers--;
    notifyAll();
  }

  synchronized long applied() {
    return applied;
  }

  synchronized long hash() {
    return hash;
  }

  /** Whether it was told so last. */
  synchronized boolean leads() {
    return leads;
  }

  synchronized long term() {
    return term;
  }

  synchronized List<String> calls() {
    return List.copyOf(calls);
  }

  /** Appends the next {@code count} entries, each after the one before was applied. */
  Numbered append(Log log, int count, int bytes) throws Exception {
    for (int i = 0; i < count; i++) {
      long number = applied() + 1;
      log.append(entry(number, bytes));
      await(() -> applied >= number);
    }
    return this;
  }

  /** Has those who wait look again. */
  synchronized void wake() {
    notifyAll();
  }

  /** Waits for what one of the calls brings about. */
  synchronized void await(BooleanSupplier condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
    while (!condition.getAsBoolean()) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        throw new TimeoutException("after " + calls + ", " + applied + " applied");
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }
}
