package dev.podpool.queue.boot;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.podpool.protocol.ConfirmResults;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.JobResults;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.ReportItems;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** Submits jobs of several items, and sees to it that each item ends once. */
final class TestClient implements SessionHandler {

  private final QueueSession session;
  private final RandomGenerator random;
  // Each with the indexes that have not ended.
  private final Map<ByteString, Set<Long>> unended = new HashMap<>(); // guarded by this
  private final Map<ByteString, Long> positions = new HashMap<>(); // guarded by this
  private ByteString last = ByteString.EMPTY; // guarded by this
  private String broken = ""; // guarded by this
  final BlockingQueue<Reply> replies = new LinkedBlockingQueue<>();
  final BlockingQueue<Refusal> ends = new LinkedBlockingQueue<>();

  TestClient(QueueConnection connection, RandomGenerator random) {
    this.random = random;
    session = connection.open(open(random).build(), this, Duration.ofSeconds(60));
    session.send(
        Operation.newBuilder()
            .setDefinePool(DefinePool.newBuilder().setPool("p").setUid("u").setMaxAttempts(50))
            .build());
  }

  /** Waits until all that was sent before is applied. */
  void awaitApplied() throws InterruptedException {
    // Refused to a client: the answer says that all before it is done.
    session.send(Operation.newBuilder().setReportItems(ReportItems.getDefaultInstance()).build());
    Reply answer = replies.poll(60, TimeUnit.SECONDS); // as long as the session tries
    if (answer == null || answer.getRefusal().getCode() != ErrorCode.WRONG_SESSION_KIND) {
      throw new AssertionError("answered " + answer);
    }
  }

  static OpenSession.Builder open(RandomGenerator random) {
    return OpenSession.newBuilder().setNonce(id(random));
  }

  static ByteString id(RandomGenerator random) {
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  /** A job whose end nobody waits for, and that may be refused. */
  void submitUnnoted(int items) {
    submit(items);
    synchronized (this) {
      unended.remove(last);
    }
  }

  /** A job of one item whose end nobody waits for. */
  void submitUnnoted(byte[] input) throws IOException {
    ByteString.Output run = ByteString.newOutput();
    CodedOutputStream written = CodedOutputStream.newInstance(run);
    written.writeByteArrayNoTag(input);
    written.flush();
    session.send(job(id(random), 1, 1, run.toByteString()));
  }

  ByteString submit(int items) {
    return submit(items, 4);
  }

  /** In chunks of so many items. */
  ByteString submit(int items, int chunk) {
    Operation job = note(items, chunk);
    session.send(job); // may wait until results have been taken, which takes the lock
    return job.getSubmitJob().getJobId();
  }

  private synchronized Operation note(int items, int chunk) {
    ByteString id = id(random);
    last = id;
    Set<Long> indexes = new HashSet<>();
    ByteString.Output inputs = ByteString.newOutput();
    for (int i = 0; i < items; i++) {
      indexes.add((long) i);
      inputs.write(1);
      inputs.write(i);
    }
    unended.put(id, indexes);
    positions.put(id, 0L);
    return job(id, items, chunk, inputs.toByteString());
  }

  private static Operation job(ByteString id, int items, int chunk, ByteString inputs) {
    return Operation.newBuilder()
        .setSubmitJob(
            SubmitJob.newBuilder()
                .setJobId(id)
                .setPool("p")
                .setFunctionName("f")
                .setChunk(chunk)
                .setComplete(true)
                .setInputs(Payloads.newBuilder().setCount(items).setData(inputs)))
        .build();
  }

  /** Waits until at most {@code most} jobs have items that have not ended. */
  synchronized void awaitUnended(int most) throws InterruptedException {
    while (unended.size() > most && broken.isEmpty()) {
      wait();
    }
    if (!broken.isEmpty()) {
      throw new AssertionError(broken);
    }
  }

  void send(Operation operation) {
    session.send(operation);
  }

  @Override
  public synchronized void onDelivery(Delivery delivery) {
    JobResults results = delivery.getJobResults();
    ByteString id = results.getJobId();
    long known = positions.getOrDefault(id, Long.MAX_VALUE);
    long position = results.getPosition();
    for (Outcome outcome : results.getOutcomesList()) {
      if (position++ >= known) {
        record(id, outcome);
        positions.put(id, position);
      }
    }
    session.send(
        Operation.newBuilder()
            .setConfirmResults(
                ConfirmResults.newBuilder().setJobId(id).setPosition(positions.get(id)))
            .build());
    Set<Long> rest = unended.get(id);
    if (rest != null && rest.isEmpty()) {
      unended.remove(id);
      notifyAll();
    }
  }

  private void record(ByteString id, Outcome outcome) {
    for (long i = outcome.getFirst(); i < outcome.getFirst() + outcome.getCount(); i++) {
      if (!outcome.hasSucceeded() || !unended.getOrDefault(id, Set.of()).remove(i)) {
        broken = "item " + i + " ended twice, or badly: " + outcome;
        notifyAll();
      }
    }
  }

  @Override
  public void onReply(Operation operation, Reply reply) {
    replies.add(reply);
  }

  @Override
  public synchronized void onEnd(Refusal reason) {
    ends.add(reason);
    broken = "the session ended: " + reason;
    notifyAll();
  }
}
