package dev.podpool.worker;

import com.google.protobuf.ByteString;
import dev.podpool.function.RemoteFunction;
import dev.podpool.function.internal.Capture;
import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.function.internal.Codec;
import dev.podpool.function.internal.PayloadWriter;
import dev.podpool.protocol.Assign;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.JobHeader;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.PutBlob;
import dev.podpool.protocol.Range;
import dev.podpool.protocol.Recall;
import dev.podpool.protocol.ReportPoolFailure;
import dev.podpool.protocol.Stop;
import dev.podpool.session.QueueSession;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The queue as one worker sees it: hands out while leased is below the window, in answer to credit
 * and reports, and holds the worker to the contract: each item is reported once under its lease.
 */
final class FakeQueue implements QueueSession, AutoCloseable {
  static final int WAIT_SECONDS = 60;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<ByteString, Job> jobs = new HashMap<>();
  private final ArrayDeque<Job> open = new ArrayDeque<>();
  final List<Integer> windows = new ArrayList<>();
  final List<ReportPoolFailure> poolFailures = new ArrayList<>();
  final List<String> violations = new ArrayList<>();
  final Worker worker;
  final FakeListener listener;
  private int window;
  private int leased;
  private int leases;
  private int rangeMax = 1 << 20;
  private boolean closed;
  private @Nullable Blob coming;
  private ByteString.@Nullable Output pieces;
  final Map<ByteString, byte[]> put = new HashMap<>();

  FakeQueue(int slots) {
    this(slots, settings -> settings);
  }

  FakeQueue(int slots, Function<WorkerSettings, WorkerSettings> change) {
    listener = new FakeListener();
    worker =
        new Worker(
            change.apply(WorkerSettings.of("squares", "worker-0", slots).withListener(listener)));
    try {
      worker.start(this);
    } catch (java.io.IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A job's item, as the queue knows it. */
  private static final class Item {
    int attempt = 1;
    int lease; // 0: not leased
    Outcome outcome;
  }

  final class Job {
    final JobHeader header;
    private final List<Item> items = new ArrayList<>();
    private final List<ByteString> inputs = new ArrayList<>();

    /** Indexes of inputs that are the blob, and not the input. */
    final Set<Integer> blobs = new HashSet<>();

    private final ArrayDeque<Integer> ready = new ArrayDeque<>();
    private final Codec<?> result;
    final List<Outcome> losses = new ArrayList<>();
    int returned;
    private int unended;

    Job(JobHeader header, Codec<?> result) {
      this.header = header;
      this.result = result;
    }

    /** Outcome of each item, decoded: the result, or the Outcome if it is none. */
    List<Object> results() {
      await(() -> unended == 0);
      List<Object> results = new ArrayList<>();
      for (int i = 0; i < items.size(); i++) {
        results.add(decoded(i));
      }
      return results;
    }

    Object result(int index) {
      await(() -> items.get(index).outcome != null);
      return decoded(index);
    }

    void awaitEnd() {
      await(() -> unended == 0);
    }

    int ended() {
      lock.lock();
      try {
        return items.size() - unended;
      } finally {
        lock.unlock();
      }
    }

    private Object decoded(int index) {
      Outcome outcome = items.get(index).outcome;
      if (!outcome.hasSucceeded()) {
        return outcome;
      }
      byte[] run = outcome.getSucceeded().getData().toByteArray();
      var reader = new dev.podpool.function.internal.PayloadReader(run);
      for (long i = outcome.getFirst(); i <= index; i++) {
        reader.next();
      }
      if (outcome.getSucceeded().getBlobsList().contains((int) (index - outcome.getFirst()))) {
        byte[] payload = put.get(blob(reader).getSha256());
        return result.decode(payload, 0, payload.length);
      }
      return result.decode(reader.buffer(), reader.offset(), reader.length());
    }

    private static Blob blob(dev.podpool.function.internal.PayloadReader reader) {
      try {
        return Blob.parseFrom(
            ByteString.copyFrom(reader.buffer(), reader.offset(), reader.length()));
      } catch (java.io.IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    Stop stop(int first, int count) {
      await(() -> items.get(first).lease != 0);
      lock.lock();
      try {
        Stop stop =
            Stop.newBuilder()
                .setJobId(header.getJobId())
                .setLease(items.get(first).lease)
                .setFirst(first)
                .setCount(count)
                .build();
        for (int i = first; i < first + count; i++) {
          Item item = items.get(i);
          if (item.lease != 0) {
            leased--;
          }
          item.lease = 0;
          item.outcome = Outcome.getDefaultInstance();
          unended--;
        }
        worker.onDelivery(Delivery.newBuilder().setStop(stop).build());
        return stop;
      } finally {
        lock.unlock();
      }
    }
  }

  <I, O> Job submit(RemoteFunction<I, O> function, List<I> inputs) {
    return submit(function, inputs, header -> header);
  }

  <I, O> Job submit(
      RemoteFunction<I, O> function,
      List<I> inputs,
      Function<JobHeader.Builder, JobHeader.Builder> change) {
    CapturedFunction captured = Capture.capture(function);
    List<ByteString> encoded = new ArrayList<>();
    PayloadWriter writer = new PayloadWriter();
    for (I input : inputs) {
      writer.reset();
      captured.arguments().encode(input, writer);
      encoded.add(ByteString.copyFrom(writer.toByteArray()));
    }
    return submitEncoded(captured, encoded, change);
  }

  Job submitEncoded(
      CapturedFunction captured,
      List<ByteString> inputs,
      Function<JobHeader.Builder, JobHeader.Builder> change) {
    return submitEncoded(captured, inputs, Set.of(), change);
  }

  /**
   * Submits a job.
   *
   * @param blobs indexes of inputs that are the blob, and not the input
   */
  Job submitEncoded(
      CapturedFunction captured,
      List<ByteString> inputs,
      Set<Integer> blobs,
      Function<JobHeader.Builder, JobHeader.Builder> change) {
    lock.lock();
    try {
      ByteString id =
          ByteString.copyFrom(ByteBuffer.allocate(16).putInt(12, jobs.size() + 1).array());
      JobHeader.Builder header =
          JobHeader.newBuilder()
              .setJobId(id)
              .setFunction(ByteString.copyFrom(captured.reference()))
              .setFunctionName(captured.name())
              .setMaxAttempts(3);
      Job job = new Job(change.apply(header).build(), captured.result());
      job.blobs.addAll(blobs);
      for (ByteString input : inputs) {
        job.ready.add(job.items.size());
        job.items.add(new Item());
        job.inputs.add(input);
      }
      job.unended = inputs.size();
      jobs.put(id, job);
      open.add(job);
      handOut();
      return job;
    } finally {
      lock.unlock();
    }
  }

  void rangeMax(int items) {
    rangeMax = items;
  }

  void recall(int count) {
    worker.onDelivery(Delivery.newBuilder().setRecall(Recall.newBuilder().setCount(count)).build());
  }

  /** As after a reconnect: names all that the worker holds. */
  void resume() {
    lock.lock();
    try {
      Assign.Builder assign = Assign.newBuilder().setComplete(true);
      for (Job job : jobs.values()) {
        for (int i = 0; i < job.items.size(); i++) {
          Item item = job.items.get(i);
          if (item.lease != 0) {
            assign.addRanges(range(job, i, 1, item.lease, item.attempt));
          }
        }
      }
      worker.onDelivery(Delivery.newBuilder().setAssign(assign).build());
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void send(Operation operation) {
    lock.lock();
    try {
      switch (operation.getKindCase()) {
        case GIVE_CREDIT -> {
          window = operation.getGiveCredit().getWindow();
          windows.add(window);
        }
        case REPORT_ITEMS -> operation.getReportItems().getOutcomesList().forEach(this::record);
        case PUT_BLOB -> put(operation.getPutBlob());
        case REPORT_POOL_FAILURE -> poolFailures.add(operation.getReportPoolFailure());
        default -> violations.add("no operation of a worker's: " + operation.getKindCase());
      }
      if (!closed) {
        handOut();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void put(PutBlob piece) {
    if (piece.getOffset() == 0) {
      coming = piece.getBlob();
      pieces = ByteString.newOutput();
    }
    if (pieces == null
        || !piece.getBlob().equals(coming)
        || piece.getOffset() != pieces.size()
        || piece.getData().size() > 1 << 20) {
      violations.add("no next piece: " + piece.getBlob() + " at " + piece.getOffset());
      return;
    }
    try {
      piece.getData().writeTo(pieces);
    } catch (java.io.IOException e) {
      throw new UncheckedIOException(e);
    }
    if (pieces.size() == coming.getSizeBytes()) {
      byte[] whole = pieces.toByteString().toByteArray();
      pieces = null;
      if (!MemoryBlobs.blob(whole).equals(coming)) {
        violations.add("not what it is said to be: " + coming);
      }
      put.put(coming.getSha256(), whole);
    }
  }

  private void record(Outcome outcome) {
    for (int index : outcome.getSucceeded().getBlobsList()) {
      if (index >= outcome.getCount()) {
        violations.add("blob of no item: " + outcome);
      }
    }
    Job job = jobs.get(outcome.getJobId());
    int end = (int) outcome.getFirst() + outcome.getCount();
    if (outcome.hasSucceeded() && outcome.getSucceeded().getCount() != outcome.getCount()) {
      violations.add("count differs: " + outcome);
    }
    for (int i = (int) outcome.getFirst(); i < end; i++) {
      Item item = job.items.get(i);
      if (item.lease != outcome.getLease()) {
        if (item.outcome == null || item.outcome.getKindCase() != Outcome.KindCase.KIND_NOT_SET) {
          violations.add("stale: item " + i + " " + outcome.getKindCase());
        }
        continue;
      }
      leased--;
      item.lease = 0;
      switch (outcome.getKindCase()) {
        case RETURNED -> {
          job.returned++;
          job.ready.addFirst(i);
        }
        case LOST -> {
          job.losses.add(outcome);
          if (item.attempt++ < job.header.getMaxAttempts()) {
            job.ready.addFirst(i);
          } else {
            item.outcome = outcome;
            job.unended--;
          }
        }
        default -> {
          item.outcome = outcome;
          job.unended--;
        }
      }
    }
    if (!job.ready.isEmpty() && !open.contains(job)) {
      open.addFirst(job);
    }
  }

  private void handOut() {
    Assign.Builder assign = Assign.newBuilder();
    while (leased < window && !open.isEmpty()) {
      Job job = open.peek();
      if (job.ready.isEmpty()) {
        open.remove();
        continue;
      }
      int first = job.ready.poll();
      int attempt = job.items.get(first).attempt;
      int count = 1;
      leases++;
      job.items.get(first).lease = leases;
      while (count < rangeMax
          && leased + count < window
          && !job.ready.isEmpty()
          && job.ready.peek() == first + count
          && job.items.get(first + count).attempt == attempt) {
        job.items.get(first + count).lease = leases;
        job.ready.poll();
        count++;
      }
      leased += count;
      assign.addRanges(range(job, first, count, leases, attempt));
    }
    if (assign.getRangesCount() > 0) {
      worker.onDelivery(Delivery.newBuilder().setAssign(assign).build());
    }
  }

  private static Range.Builder range(Job job, int first, int count, int lease, int attempt) {
    ByteString.Output data = ByteString.newOutput();
    try {
      for (ByteString input : job.inputs.subList(first, first + count)) {
        input.writeTo(data);
      }
    } catch (java.io.IOException e) {
      throw new UncheckedIOException(e);
    }
    Payloads.Builder inputs = Payloads.newBuilder().setCount(count).setData(data.toByteString());
    for (int i = 0; i < count; i++) {
      if (job.blobs.contains(first + i)) {
        inputs.addBlobs(i);
      }
    }
    return Range.newBuilder()
        .setJob(job.header)
        .setLease(lease)
        .setFirst(first)
        .setAttempt(attempt)
        .setInputs(inputs);
  }

  int leased() {
    lock.lock();
    try {
      return leased;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until {@code condition}, asked under the queue's lock whenever something was sent. */
  void await(BooleanSupplier condition) {
    lock.lock();
    try {
      long nanos = TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
      while (!condition.getAsBoolean()) {
        nanos = changed.awaitNanos(nanos);
        if (nanos <= 0) {
          throw new AssertionError("waited for " + WAIT_SECONDS + " s");
        }
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    worker.close();
    if (!violations.isEmpty()) {
      throw new AssertionError(violations.toString());
    }
  }
}
