package dev.podpool.sim;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Assign;
import dev.podpool.protocol.CloseSession;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.FailureKind;
import dev.podpool.protocol.GiveCredit;
import dev.podpool.protocol.JobHeader;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Range;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.ReportItems;
import dev.podpool.protocol.Returned;
import dev.podpool.protocol.Stop;
import dev.podpool.protocol.WorkerLoss;
import dev.podpool.session.SessionHandler;
import dev.podpool.session.SessionLogic;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A worker's place, filled by one process after another: each runs items for a while, dies of
 * poison, and crashes for no reason at all.
 */
final class SimWorker {

  private static final int SLOTS_MAX = 3;
  private static final int LONG_ONE_IN = 30;

  private final World world;
  private final Network network;
  private final Replicas replicas;
  private final Contract contract;
  private final String name;
  private Life life;

  SimWorker(World world, Network network, Replicas replicas, Contract contract, String name) {
    this.world = world;
    this.network = network;
    this.replicas = replicas;
    this.contract = contract;
    this.name = name;
    network.add(name);
    this.life = new Life();
  }

  /** An item as a lease gave it. */
  private record Key(ByteString job, int lease, long index) {}

  private record Item(JobHeader job, String word) {}

  private final class Life implements SessionHandler {

    private final int slots = world.between(1, SLOTS_MAX);
    private final Party party = new Party(world);
    private final SessionLogic session;
    private final Link link;
    private final Map<Key, Item> waiting = new LinkedHashMap<>();
    private final Map<Key, Item> running = new LinkedHashMap<>();
    private final Set<Key> reported = new LinkedHashSet<>();
    // What the queue then still gives counts as not begun.
    private boolean closing;
    private boolean gone;

    Life() {
      session =
          new SessionLogic(
              OpenSession.newBuilder()
                  .setNonce(ByteString.copyFrom(world.bytes(16)))
                  .setPool(Simulation.POOL)
                  .setWorker(name)
                  .setSlots(slots)
                  .build(),
              this);
      int window = slots * world.between(1, 4);
      session.add(
          Operation.newBuilder().setGiveCredit(GiveCredit.newBuilder().setWindow(window)).build());
      link = new Link(world, network, replicas, session, party, name, "worker");
      party.after(world.between(1_000, 30_000), this::trouble);
    }

    private void trouble() {
      if (!world.has(Fault.CRASH)) {
        return;
      }
      if (world.oneIn(3) && running.isEmpty()) {
        closing = true;
        send(Operation.newBuilder().setCloseSession(CloseSession.getDefaultInstance()));
      } else {
        crash();
      }
    }

    /** Silently: the queue hears of it from the next process, or from nobody. */
    private void crash() {
      if (!gone) {
        gone = true;
        party.end();
        int millis = world.oneIn(5) ? world.between(5_000, 20_000) : world.between(10, 2_000);
        world.after(millis, () -> life = new Life());
      }
    }

    private void send(Operation.Builder operation) {
      session.add(operation.build());
      link.poll();
    }

    @Override
    public void onDelivery(Delivery delivery) {
      switch (delivery.getKindCase()) {
        case ASSIGN -> take(delivery.getAssign());
        case RECALL -> giveBack(delivery.getRecall().getCount());
        case STOP -> stop(delivery.getStop());
        default -> throw new AssertionError("not for a worker: " + delivery);
      }
    }

    @Override
    public void onEnd(Refusal reason) {
      crash();
    }

    private void take(Assign assign) {
      Set<Key> all = new LinkedHashSet<>();
      for (Range range : assign.getRangesList()) {
        long index = range.getFirst();
        for (String word : Words.in(range.getInputs())) {
          Key key = new Key(range.getJob().getJobId(), range.getLease(), index++);
          all.add(key);
          if (!running.containsKey(key) && !reported.contains(key)) {
            waiting.put(key, new Item(range.getJob(), word));
          }
        }
      }
      if (assign.getComplete()) {
        waiting.keySet().retainAll(all);
        running.keySet().retainAll(all);
      }
      work();
    }

    private void stop(Stop stop) {
      long end = stop.getFirst() + stop.getCount();
      for (Map<Key, Item> items : List.of(waiting, running)) {
        items
            .keySet()
            .removeIf(
                key ->
                    key.job.equals(stop.getJobId())
                        && key.lease == stop.getLease()
                        && key.index >= stop.getFirst()
                        && key.index < end);
      }
      work();
    }

    private void giveBack(int count) {
      List<Key> keys = new ArrayList<>(waiting.keySet());
      ReportItems.Builder report = ReportItems.newBuilder();
      for (int at = keys.size() - 1; at >= 0 && report.getOutcomesCount() < count; at--) {
        Key key = keys.get(at);
        waiting.remove(key);
        reported.add(key);
        report.addOutcomes(about(key).setReturned(Returned.getDefaultInstance()));
      }
      send(Operation.newBuilder().setReportItems(report)); // also where nothing goes back
    }

    private void work() {
      while (!gone && !closing && running.size() < slots && !waiting.isEmpty()) {
        Map.Entry<Key, Item> next = waiting.entrySet().iterator().next();
        Key key = next.getKey();
        Item item = next.getValue();
        waiting.remove(key);
        running.put(key, item);
        if (item.job.getMaxAttempts() == 1) {
          contract.begin(key.job, key.index);
        }
        // Whoever runs it: so that one attempt may report while the next one runs.
        boolean isLong = item.word.hashCode() % LONG_ONE_IN == 0;
        int millis = isLong ? world.between(10_000, 40_000) : world.between(1, 200);
        party.after(millis, () -> finish(key, item));
      }
    }

    private void finish(Key key, Item item) {
      if (gone || !running.containsKey(key)) {
        return;
      }
      Outcome.Builder outcome = about(key);
      if (item.word.startsWith("poison")) {
        if (world.oneIn(2)) {
          crash();
          return;
        }
        outcome.setLost(WorkerLoss.newBuilder().setWorker(name).setExitCode(-9));
      } else if (item.word.startsWith("bad")) {
        outcome.setFailed(Failure.newBuilder().setKind(FailureKind.THREW).setMessage(item.word));
      } else {
        outcome.setSucceeded(Words.of(List.of(item.word + "@" + name + "#" + session.session())));
      }
      running.remove(key);
      reported.add(key);
      send(Operation.newBuilder().setReportItems(ReportItems.newBuilder().addOutcomes(outcome)));
      work();
    }

    private Outcome.Builder about(Key key) {
      return Outcome.newBuilder()
          .setJobId(key.job)
          .setLease(key.lease)
          .setFirst(key.index)
          .setCount(1);
    }
  }
}
