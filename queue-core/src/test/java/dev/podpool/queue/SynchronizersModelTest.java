package dev.podpool.queue;

import static dev.podpool.queue.Synchronizers.BARRIER;
import static dev.podpool.queue.Synchronizers.CONDITION;
import static dev.podpool.queue.Synchronizers.EVENT;
import static dev.podpool.queue.Synchronizers.LOCK;
import static dev.podpool.queue.Synchronizers.SEMAPHORE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.Holder;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Reply;
import dev.podpool.queue.SynchronizersModel.At;
import dev.podpool.queue.SynchronizersModel.Op;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random histories, in which the machine must tell everybody what a simple model does. */
class SynchronizersModelTest {

  private static final int CLIENTS = 4;
  private static final int STEPS = 2_500;

  private final Synchronizers script = new Synchronizers();
  private final List<Integer> clients = new ArrayList<>();
  // By session.
  private final Map<Long, Integer> numbers = new HashMap<>();
  private int lastClient;

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void everybodyIsToldOnceWhatTheModelSays(long seed) {
    var random = new SplittableRandom(seed);
    var model =
        new SynchronizersModel(random.nextInt(4), random.nextBoolean(), 1 + random.nextInt(4));
    openClient();
    String first = "client" + clients.get(0);
    Operation.Builder[] opens = {
      Synchronizers.open(LOCK, Synchronizers.lockSpec()),
      Synchronizers.open(CONDITION, Synchronizers.conditionSpec(LOCK)),
      Synchronizers.open(EVENT, Synchronizers.eventSpec()),
      Synchronizers.open(SEMAPHORE, Synchronizers.semaphoreSpec(model.initial, model.bounded)),
      Synchronizers.open(BARRIER, Synchronizers.barrierSpec(model.parties))
    };
    for (Operation.Builder open : opens) {
      assertThat(script.send(first, open)).isEqualTo("done");
    }
    while (clients.size() < CLIENTS) {
      openClient();
    }
    for (int step = 0; step < STEPS; step++) {
      String what = step(random, model);
      assertThat(told()).as("step %d: %s", step, what).isEqualTo(model.told());
      check(model, "step " + step + ": " + what);
      if (random.nextInt(20) == 0) {
        script.queue.machine = QueueMachine.restore(script.queue.machine.snapshot());
      }
    }
  }

  private void openClient() {
    int client = ++lastClient;
    clients.add(client);
    script.queue.client("client" + client);
    numbers.put(script.queue.party("client" + client).session, client);
  }

  private String step(SplittableRandom random, SynchronizersModel model) {
    int which = random.nextInt(CLIENTS);
    int client = clients.get(which);
    int choice = random.nextInt(100);
    if (choice < 2) {
      clients.remove((Object) client);
      script.queue.expire("client" + client);
      model.end(client);
      Map<String, String> toldByEnd = told();
      assertThat(toldByEnd).as("end of client%d", client).isEqualTo(model.told());
      openClient();
      script.queue.last.all.clear();
      return "end of client" + client;
    }
    if (choice < 14) {
      long millis = random.nextInt(30);
      script.queue.passMillis(millis);
      model.pass(millis);
      return millis + " ms";
    }
    long sequence = script.queue.party("client" + client).sequence + 1;
    long wait = random.nextInt(3) == 0 ? 0 : sequence;
    Op op = new Op(client, sequence, wait);
    long timeout = new long[] {0, 0, -1, 1 + random.nextLong(60)}[random.nextInt(4)];
    long token = random.nextInt(8) == 0 ? random.nextInt(20) : model.token;
    Operation.Builder operation;
    if (choice < 24) {
      operation = Synchronizers.lock(timeout);
      model.lock(op, timeout);
    } else if (choice < 36) {
      operation = Synchronizers.unlock(token);
      model.unlock(op, token);
    } else if (choice < 44) {
      operation = Synchronizers.awaitCondition(token, timeout);
      model.awaitCondition(op, token, timeout);
    } else if (choice < 49) {
      int count = random.nextInt(3);
      operation = Synchronizers.signal(token, count);
      model.signal(op, token, count);
    } else if (choice < 61) {
      long permits = 1 + random.nextInt(3);
      operation = Synchronizers.acquire(permits, timeout);
      model.acquire(op, permits, timeout);
    } else if (choice < 72) {
      // Seldom beyond what is held, or there would be enough for everybody soon.
      long held = model.heldPermits();
      long permits = random.nextInt(30) == 0 ? held + 1 : Math.min(held, random.nextInt(3));
      operation = Synchronizers.release(permits);
      model.release(op, permits);
    } else if (choice < 77) {
      boolean set = random.nextBoolean();
      operation = Synchronizers.set(set);
      model.set(set);
    } else if (choice < 81) {
      operation = Synchronizers.awaitEvent(timeout);
      model.awaitEvent(op, timeout);
    } else if (choice < 90) {
      operation = Synchronizers.arrive(timeout);
      model.arrive(op, timeout);
    } else if (choice < 93) {
      boolean reset = random.nextInt(4) > 0;
      operation = Synchronizers.breakUp(reset);
      model.breakUp(reset);
    } else {
      long which2 = 1 + random.nextLong(sequence);
      operation = Synchronizers.cancel(which2);
      model.cancel(client, which2);
    }
    operation.setWait(wait);
    var unused = script.send("client" + client, operation);
    return op + " " + operation;
  }

  /** By the last entry; each at most once. */
  private Map<String, String> told() {
    Map<String, String> told = new TreeMap<>();
    for (Recorded.Effect effect : script.queue.last.all) {
      if (effect instanceof Recorded.Replied replied) {
        String to = numbers.get(replied.session()) + "/" + replied.reply().getSequence();
        assertThat(told.put(to, text(replied.reply()))).as("answers of %s before", to).isNull();
      }
    }
    return told;
  }

  private static String text(Reply reply) {
    return switch (reply.getKindCase()) {
      case REFUSAL -> reply.getRefusal().getCode().name();
      case LOCK_GRANTED ->
          "LOCK_GRANTED "
              + reply.getLockGranted().getToken()
              + " "
              + reply.getLockGranted().getSignalled();
      case BARRIER_PASSED -> "BARRIER_PASSED " + reply.getBarrierPassed().getIndex();
      default -> reply.getKindCase().name();
    };
  }

  private void check(SynchronizersModel model, String what) {
    var semaphore = script.status(SEMAPHORE);
    long held = semaphore.getHoldersList().stream().mapToLong(Holder::getCount).sum();
    assertThat(semaphore.getCount() + held).as(what).isEqualTo(model.initial + model.extra);
    assertThat(semaphore.getCount()).as(what).isEqualTo(model.free);
    assertThat(semaphore.getWaiting()).as(what).isEqualTo(model.waiting(At.SEMAPHORE));
    assertThat(script.status(LOCK).getToken()).as(what).isEqualTo(model.token);
    assertThat(script.status(LOCK).getWaiting()).as(what).isEqualTo(model.waiting(At.LOCK));
    assertThat(script.status(CONDITION).getWaiting())
        .as(what)
        .isEqualTo(model.waiting(At.CONDITION));
    assertThat(script.status(EVENT).getCount()).as(what).isEqualTo(model.set ? 1 : 0);
    assertThat(script.status(BARRIER).getCount()).as(what).isEqualTo(model.waiting(At.BARRIER));
    assertThat(script.status(BARRIER).getBroken()).as(what).isEqualTo(model.broken);
    // Nobody waits for what is there.
    assertThat(model.token != 0 || script.status(LOCK).getWaiting() == 0).as(what).isTrue();
  }
}
