package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Range;
import dev.podpool.protocol.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Long random runs against a plain model. The name of a failing case is the seed to replay. */
class ModelTest {

  private static final int STEPS = 1_500;

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4})
  void theMachineDoesWhatThePlainModelSays(long seed) {
    var machine = new QueueMachine();
    var model = new Model();
    var workload = new Workload(new SplittableRandom(seed), model);
    var seen = new TreeMap<String, Integer>();
    for (int step = 0; step < STEPS; step++) {
      Entry entry = machine.status(QueueScript.POOL) == null ? founding(machine) : workload.next();
      var effects = new Recorded();
      try {
        machine.apply(entry, effects);
        model.apply(entry, effects, machine.snapshot());
        Invariants.check(machine);
        count(effects, seen);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("at step " + step + ", applying " + entry, e);
      }
    }
    assertThat(seen)
        .as("a workload that comes by everything")
        .containsOnlyKeys(
            "ASSIGN",
            "BLOB_UNKNOWN",
            "CANCELLED",
            "DEAD",
            "EXPIRED",
            "FAILED",
            "POOL_GONE",
            "POOL_JOINED",
            "RECALL",
            "STALE_ATTEMPT",
            "STOP",
            "SUCCEEDED",
            "TIMED_OUT_WAITING",
            "a blob as a result",
            "a blob forgotten",
            "a blob handed out",
            "a blob written",
            "a gap between pieces",
            "a result that was not put",
            "a third attempt",
            "code handed out");
  }

  private static void count(Recorded effects, Map<String, Integer> seen) {
    for (Recorded.Effect effect : effects.all) {
      if (effect instanceof Recorded.Replied replied) {
        String code = replied.reply().getRefusal().getCode().name();
        String kind = replied.reply().getKindCase().name();
        for (String name : List.of(code, kind)) {
          if (List.of("BLOB_UNKNOWN", "STALE_ATTEMPT", "POOL_JOINED", "TIMED_OUT_WAITING")
              .contains(name)) {
            seen.merge(name, 1, Integer::sum);
          }
        }
        if (replied.reply().getRefusal().getMessage().contains("continue with byte")) {
          seen.merge("a gap between pieces", 1, Integer::sum);
        }
      } else if (effect instanceof Recorded.Written) {
        seen.merge("a blob written", 1, Integer::sum);
      } else if (effect instanceof Recorded.Forgotten) {
        seen.merge("a blob forgotten", 1, Integer::sum);
      } else if (effect instanceof Recorded.Delivered delivered) {
        Delivery delivery = delivered.delivery();
        if (!delivery.hasJobResults()) {
          seen.merge(delivery.getKindCase().name(), 1, Integer::sum);
        }
        delivery.getAssign().getRangesList().stream()
            .filter(range -> range.getAttempt() == 3)
            .forEach(range -> seen.merge("a third attempt", 1, Integer::sum));
        for (Range range : delivery.getAssign().getRangesList()) {
          if (range.getInputs().getBlobsCount() > 0) {
            seen.merge("a blob handed out", 1, Integer::sum);
          }
          if (range.getJob().getCodeCount() > 0) {
            seen.merge("code handed out", 1, Integer::sum);
          }
        }
        for (Outcome outcome : delivery.getJobResults().getOutcomesList()) {
          String kind =
              outcome.hasEnded()
                  ? outcome.getEnded().getState().name()
                  : outcome.getKindCase().name();
          seen.merge(kind, outcome.getCount(), Integer::sum);
          if (outcome.getSucceeded().getBlobsCount() > 0) {
            seen.merge("a blob as a result", 1, Integer::sum);
          }
          if (outcome.getFailed().getMessage().contains("that it has not put")) {
            seen.merge("a result that was not put", 1, Integer::sum);
          }
        }
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {11, 12})
  void replicaRestoredFromAnySnapshotNeverDiverges(long seed) {
    var random = new SplittableRandom(seed);
    var steady = new QueueMachine();
    var bumpy = new QueueMachine();
    var model = new Model();
    var workload = new Workload(random.split(), model);
    for (int step = 0; step < STEPS; step++) {
      Entry entry = steady.status(QueueScript.POOL) == null ? founding(steady) : workload.next();
      if (random.nextInt(10) == 0) {
        bumpy = QueueMachine.restore(bumpy.snapshot());
      }
      var effects = new Recorded();
      var same = new Recorded();
      steady.apply(entry, effects);
      bumpy.apply(entry, same);
      assertThat(same.all).as("step %s: %s", step, entry).isEqualTo(effects.all);
      assertThat(bumpy.nextDeadlineMillis()).isEqualTo(steady.nextDeadlineMillis());
      for (long session : model.sessions.keySet()) {
        var resumed = new Recorded();
        var resumedToo = new Recorded();
        steady.resume(session, resumed);
        bumpy.resume(session, resumedToo);
        assertThat(resumedToo.all).isEqualTo(resumed.all);
      }
      Snapshot after = steady.snapshot();
      assertThat(bumpy.snapshot()).isEqualTo(after);
      model.apply(entry, effects, after);
    }
    assertThat(bumpy.stateHash()).isEqualTo(steady.stateHash());
  }

  /** A client that defines the pool. */
  static Entry founding(QueueMachine machine) {
    long session = machine.snapshot().getLastSession() + 1;
    return Entry.newBuilder()
        .setTimeMillis(machine.nowMillis())
        .addBatches(
            Batch.newBuilder()
                .addOperations(
                    Operation.newBuilder()
                        .setOpenSession(
                            OpenSession.newBuilder()
                                .setNonce(TestPayloads.id("founder" + session)))))
        .addBatches(
            Batch.newBuilder()
                .setSession(session)
                .setFirstSequence(1)
                .addOperations(Operation.newBuilder().setDefinePool(Workload.pool())))
        .build();
  }
}
