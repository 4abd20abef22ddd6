package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.function.internal.PayloadReader;
import dev.podpool.internal.PoolBackend;
import dev.podpool.protocol.AddItems;
import dev.podpool.protocol.CodeArchive;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Ended;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.FailureKind;
import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.JobResults;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A backend whose queue does what the test says. Functions are never run. */
final class FakeQueue implements PoolBackend {

  private static final long PATIENCE_SECONDS = 20;

  final LinkedBlockingQueue<Operation> sent = new LinkedBlockingQueue<>();
  final CountDownLatch closed = new CountDownLatch(1);
  final CountDownLatch mayClose;
  boolean codeFails;
  final AtomicInteger codeWasGone = new AtomicInteger();

  /** Sees what the client sends before it is there. */
  Consumer<Operation> beforeSend = operation -> {};

  private @Nullable SessionHandler handler;

  FakeQueue() {
    this(new CountDownLatch(0));
  }

  /** Its close waits for {@code mayClose}. */
  FakeQueue(CountDownLatch mayClose) {
    this.mayClose = mayClose;
  }

  @Override
  public String pool() {
    return "fake";
  }

  @Override
  public int slots() {
    return 4;
  }

  @Override
  public @Nullable Duration itemTimeout() {
    return null;
  }

  @Override
  public List<CodeArchive> code() {
    if (codeFails) {
      throw new PodpoolException("no room for the code");
    }
    return List.of();
  }

  @Override
  public void codeIsGone() {
    codeWasGone.incrementAndGet();
  }

  @Override
  public QueueSession open(SessionHandler client) {
    handler = client;
    return operation -> {
      beforeSend.accept(operation);
      sent.add(operation);
    };
  }

  @Override
  public void close() {
    try {
      mayClose.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    closed.countDown();
  }

  SessionHandler client() {
    if (handler == null) {
      throw new IllegalStateException("no pool was opened");
    }
    return handler;
  }

  // ---- what the client sends

  Operation next() {
    try {
      Operation operation = sent.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (operation == null) {
        throw new AssertionError("the client sends nothing");
      }
      return operation;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  SubmitJob submitted() {
    Operation operation = next();
    while (operation.hasReleaseJob()) { // of a job before
      operation = next();
    }
    if (!operation.hasSubmitJob()) {
      throw new AssertionError("not a submission: " + operation);
    }
    return operation.getSubmitJob();
  }

  AddItems added() {
    Operation operation = next();
    while (operation.hasConfirmResults()) {
      operation = next();
    }
    if (!operation.hasAddItems()) {
      throw new AssertionError("no items: " + operation);
    }
    return operation.getAddItems();
  }

  // ---- what the client is told

  void deliver(JobResults.Builder results) {
    client().onDelivery(Delivery.newBuilder().setJobResults(results).build());
  }

  void refuse(Operation operation, Refusal refusal) {
    client().onReply(operation, Reply.newBuilder().setRefusal(refusal).build());
  }

  static JobResults.Builder results(ByteString job, long position, Outcome... outcomes) {
    JobResults.Builder results = JobResults.newBuilder().setJobId(job).setPosition(position);
    long items = 0;
    for (Outcome outcome : outcomes) {
      results.addOutcomes(outcome);
      items = Math.max(items, outcome.getFirst() + outcome.getCount());
    }
    return results.setItems(items);
  }

  /** Results that look like the inputs did, from {@code first} on. */
  static Outcome succeeded(long first, Payloads results) {
    return Outcome.newBuilder()
        .setFirst(first)
        .setCount(results.getCount())
        .setSucceeded(results)
        .build();
  }

  /** The payload at {@code index} of {@code payloads}, alone. */
  static Payloads only(Payloads payloads, int index) {
    return slice(payloads, index, index + 1);
  }

  static Payloads slice(Payloads payloads, int from, int to) {
    byte[] data = payloads.getData().toByteArray();
    PayloadReader reader = new PayloadReader(data);
    List<Integer> ends = new ArrayList<>(List.of(0));
    while (reader.next()) {
      ends.add(reader.offset() + reader.length());
    }
    return Payloads.newBuilder()
        .setCount(to - from)
        .setData(ByteString.copyFrom(data, ends.get(from), ends.get(to) - ends.get(from)))
        .build();
  }

  static Outcome threw(long index, String type, String message, String... stack) {
    return Outcome.newBuilder()
        .setFirst(index)
        .setCount(1)
        .setFailed(
            Failure.newBuilder()
                .setKind(FailureKind.THREW)
                .setType(type)
                .setMessage(message)
                .setWorker("w-1")
                .setAttempt(1)
                .addAllStack(List.of(stack)))
        .build();
  }

  static Outcome ended(long index, ItemState state) {
    return Outcome.newBuilder()
        .setFirst(index)
        .setCount(1)
        .setEnded(Ended.newBuilder().setState(state))
        .build();
  }
}
