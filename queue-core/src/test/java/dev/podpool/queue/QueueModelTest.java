package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.CancelWait;
import dev.podpool.protocol.ObjectSnapshot;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.QueueSnapshot;
import dev.podpool.protocol.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random histories of a queue, and a simple model of what everybody is answered. */
class QueueModelTest {

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everybodyIsAnsweredAsTheModelSays(long seed) {
    var random = new SplittableRandom(seed);
    new History(random, random.nextInt(4), random.nextBoolean()).run(400);
  }

  @Test
  void theModelSeesAWrongAnswer() {
    var model = new QueueModel(1, true);
    model.put("a", 1, 0, 0, "x");
    model.put("a", 2, 0, 0, "y");
    model.take("b", 1, 0, 0);
    assertThat(model.answers.toString()).isEqualTo("{a 1=put, a 2=put, b 1=x 1}");
  }

  /** What happens to a queue, at random. */
  private static final class History {

    private final SplittableRandom random;
    private final QueueScript script = new QueueScript();
    private final QueueModel model;
    private final int itemsMax;
    private final boolean joinable;
    private final List<String> clients = new ArrayList<>();
    private long nowMillis;
    private int lives;
    private int items;

    History(SplittableRandom random, int itemsMax, boolean joinable) {
      this.random = random;
      this.itemsMax = itemsMax;
      this.joinable = joinable;
      model = new QueueModel(itemsMax, joinable);
      for (int i = 0; i < 4; i++) {
        clients.add(newClient());
      }
    }

    private String newClient() {
      String name = "client" + lives++;
      script.client(name);
      script.send(name, Messages.openQueue(itemsMax, joinable));
      return name;
    }

    void run(int steps) {
      for (int step = 0; step < steps; step++) {
        step();
        if (random.nextInt(10) == 0) {
          script.machine = QueueMachine.restore(script.machine.snapshot());
        }
        check(step);
      }
    }

    private void step() {
      String client = clients.get(random.nextInt(clients.size()));
      long sequence = script.party(client).sequence + 1;
      long timeout = new long[] {0, 0, -1, 1 + random.nextInt(30)}[random.nextInt(4)];
      switch (random.nextInt(14)) {
        case 0, 1, 2 -> {
          String[] put = new String[random.nextInt(4)];
          for (int i = 0; i < put.length; i++) {
            put[i] = "item" + items++;
          }
          model.put(client, sequence, nowMillis, timeout, put);
          script.send(client, Messages.put(timeout, put).setWait(sequence));
        }
        case 3, 4, 5, 6 -> {
          model.take(client, sequence, nowMillis, timeout);
          script.send(client, Messages.take(timeout).setWait(sequence));
        }
        case 7, 8 -> {
          long delivery = delivery(client);
          boolean returned = random.nextInt(4) == 0;
          model.confirm(client, sequence, delivery, returned);
          script.send(client, Messages.confirm(delivery, returned));
        }
        case 9, 10 -> {
          long delivery = random.nextBoolean() ? 0 : delivery(client);
          model.taskDone(client, sequence, delivery);
          script.send(client, Messages.taskDone(delivery));
        }
        case 11 -> {
          model.join(client, sequence, nowMillis, timeout);
          script.send(client, Messages.join(timeout).setWait(sequence));
        }
        case 12 -> {
          long wait = 1L + random.nextInt((int) sequence);
          model.cancel(client, wait);
          script.send(
              client, Operation.newBuilder().setCancelWait(CancelWait.newBuilder().setWait(wait)));
        }
        default -> rare(client, sequence);
      }
    }

    private void rare(String client, long sequence) {
      switch (random.nextInt(6)) {
        case 0, 1, 2 -> {
          nowMillis += 20;
          model.expire(nowMillis);
          script.passMillis(20);
        }
        case 3, 4 -> {
          model.end(client);
          script.expire(client);
          clients.remove(client);
          clients.add(newClient());
        }
        default -> {
          if (random.nextInt(8) == 0) {
            model.close();
            script.send(client, Messages.closeQueue());
          } else {
            model.confirm(client, sequence, 1_000_000, false);
            script.send(client, Messages.confirm(1_000_000, false));
          }
        }
      }
    }

    /** One that the client has; or any. */
    private long delivery(String client) {
      List<Long> its = model.deliveriesOf(client);
      return its.isEmpty() || random.nextInt(5) == 0
          ? 1 + random.nextInt(50)
          : its.get(random.nextInt(its.size()));
    }

    private void check(int step) {
      TreeMap<String, String> answers = new TreeMap<>();
      for (int life = 0; life < lives; life++) {
        String client = "client" + life;
        for (Reply reply : script.party(client).replies.values()) {
          answers.put(client + " " + reply.getSequence(), Messages.words(reply));
        }
      }
      TreeMap<String, String> expected = new TreeMap<>(model.answers);
      // Only what differs is worth reading.
      expected.entrySet().removeIf(e -> e.getValue().equals(answers.get(e.getKey())));
      answers.entrySet().removeIf(e -> e.getValue().equals(model.answers.get(e.getKey())));
      assertThat(answers).as("step %d", step).isEqualTo(expected);
      ObjectSnapshot kept = script.machine.snapshot().getObjects(0);
      QueueSnapshot queue = kept.getQueue();
      assertThat(queue.getItemsCount()).as("step %d", step).isEqualTo(model.available.size());
      // Nothing is lost, and nothing twice.
      assertThat(model.puts)
          .isEqualTo(model.gone + queue.getItemsCount() + queue.getDeliveredCount());
      boolean takers = kept.getWaitersList().stream().anyMatch(w -> w.getOperation().hasTakeItem());
      boolean putters =
          kept.getWaitersList().stream().anyMatch(w -> w.getOperation().hasPutItems());
      boolean joiners =
          kept.getWaitersList().stream().anyMatch(w -> w.getOperation().hasJoinQueue());
      assertThat(takers && queue.getItemsCount() > 0).as("takers wait, step %d", step).isFalse();
      assertThat(putters && queue.getItemsCount() < itemsMax)
          .as("putters, step %d", step)
          .isFalse();
      assertThat(joiners && model.puts == model.gone).as("joiners, step %d", step).isFalse();
    }
  }
}
