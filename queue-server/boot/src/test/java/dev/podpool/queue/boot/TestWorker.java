package dev.podpool.queue.boot;

import dev.podpool.protocol.Assign;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.GiveCredit;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Range;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.ReportItems;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;

/** A worker whose items are done at once: the result is the input. */
final class TestWorker implements SessionHandler {

  private record Held(Object job, int lease, long first) {}

  private final QueueSession session;
  // What it was given and has reported; the same range may come again with a new connection.
  private final Set<Held> reported = new HashSet<>();

  TestWorker(QueueConnection connection, RandomGenerator random, String name) {
    this(connection, random, name, 64);
  }

  TestWorker(QueueConnection connection, RandomGenerator random, String name, int window) {
    session =
        connection.open(
            TestClient.open(random).setPool("p").setWorker(name).setSlots(4).build(),
            this,
            Duration.ofSeconds(60));
    session.send(
        Operation.newBuilder().setGiveCredit(GiveCredit.newBuilder().setWindow(window)).build());
  }

  @Override
  public void onDelivery(Delivery delivery) {
    Assign assign = delivery.getAssign();
    ReportItems.Builder report = ReportItems.newBuilder();
    for (Range range : assign.getRangesList()) {
      if (reported.add(new Held(range.getJob().getJobId(), range.getLease(), range.getFirst()))) {
        report.addOutcomes(
            Outcome.newBuilder()
                .setJobId(range.getJob().getJobId())
                .setLease(range.getLease())
                .setFirst(range.getFirst())
                .setCount(range.getInputs().getCount())
                .setSucceeded(range.getInputs()));
      }
    }
    if (report.getOutcomesCount() > 0) {
      session.send(Operation.newBuilder().setReportItems(report).build());
    }
  }

  @Override
  public void onEnd(Refusal reason) {
    System.out.println("worker's session ended: " + reason);
  }
}
