package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.CancelWait;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random histories of a pipe, and a simple model of what everybody is answered. */
class PipeModelTest {

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everybodyIsAnsweredAsTheModelSays(long seed) {
    var random = new SplittableRandom(seed);
    var history = new History(random, random.nextBoolean());
    history.run(400);
  }

  /** What happens to a pipe, at random; a new one when it is gone. */
  private static final class History {

    private final SplittableRandom random;
    private final boolean duplex;
    // Of as many messages on the way that senders wait.
    private final int sendsMore;
    private final QueueScript script = new QueueScript();
    private final List<String> clients = new ArrayList<>();
    private PipeModel model;
    private long nowMillis;
    private int lives;
    private int messages;

    History(SplittableRandom random, boolean duplex) {
      this.random = random;
      this.duplex = duplex;
      sendsMore = random.nextBoolean() ? 12 : 0;
      model = new PipeModel(duplex);
      for (int i = 0; i < 4; i++) {
        newClient();
      }
    }

    private void newClient() {
      String name = "client" + lives++;
      script.client(name);
      script.send(name, Messages.openPipe(duplex));
      clients.add(name);
      for (int end = 1; end <= 2; end++) {
        if (random.nextInt(4) > 0) {
          model.hold(name, ++script.party(name).sequence, end);
          script.resend(name, script.party(name).sequence, Messages.hold(end));
        }
      }
    }

    void run(int steps) {
      for (int step = 0; step < steps; step++) {
        step();
        if (random.nextInt(10) == 0) {
          script.machine = QueueMachine.restore(script.machine.snapshot());
        }
        check(step);
        if (model.isGone()) {
          clients.forEach(script::expire);
          assertThat(script.machine.objects().bytes()).isZero();
          clients.clear();
          model = new PipeModel(duplex);
          for (int i = 0; i < 4; i++) {
            newClient();
          }
        }
      }
    }

    private void step() {
      String client = clients.get(random.nextInt(clients.size()));
      long sequence = script.party(client).sequence + 1;
      int end = 1 + random.nextInt(2);
      switch (random.nextInt(14 + sendsMore)) {
        case 0, 1, 2 -> {
          long timeout = new long[] {0, 0, -1, 1 + random.nextInt(30)}[random.nextInt(4)];
          model.receive(client, sequence, end, nowMillis, timeout);
          script.send(client, Messages.receive(end, timeout).setWait(sequence));
        }
        case 3, 4, 5 -> {
          List<Long> its = model.deliveriesOf(client, end);
          long delivery =
              its.isEmpty() || random.nextInt(8) == 0
                  ? 1L + random.nextInt(20)
                  : its.get(random.nextInt(its.size()));
          boolean returned = random.nextInt(4) == 0;
          model.confirm(client, sequence, end, delivery, returned);
          script.send(client, Messages.confirm(end, delivery, returned));
        }
        case 6 -> {
          long wait = 1L + random.nextInt((int) sequence);
          model.cancel(client, wait);
          script.send(
              client, Operation.newBuilder().setCancelWait(CancelWait.newBuilder().setWait(wait)));
        }
        case 7 -> {
          nowMillis += 20;
          model.expire(nowMillis);
          script.passMillis(20);
        }
        case 8 -> rare(client, sequence, end);
        default -> {
          String message = "message" + messages++;
          model.send(client, sequence, end, message);
          script.send(client, Messages.message(end, message).setWait(sequence));
        }
      }
    }

    private void rare(String client, long sequence, int end) {
      switch (random.nextInt(6)) {
        case 0 -> {
          model.hold(client, sequence, end);
          script.send(client, Messages.hold(end));
        }
        case 1, 2 -> {
          model.close(client, end);
          script.send(client, Messages.closeEnd(end));
        }
        case 3 -> {
          model.close(client, 1);
          model.close(client, 2);
          script.expire(client);
          // Its waits ended without an answer, for the session is no more.
          model.answers.keySet().removeIf(key -> key.startsWith(client + " "));
          script.party(client).replies.clear();
          clients.remove(client);
          if (!model.isGone()) {
            newClient();
          }
        }
        default -> {}
      }
    }

    private void check(int step) {
      TreeMap<String, String> answers = new TreeMap<>();
      for (String client : clients) {
        for (Reply reply : script.party(client).replies.values()) {
          answers.put(client + " " + reply.getSequence(), Messages.words(reply));
        }
      }
      TreeMap<String, String> expected = new TreeMap<>(model.answers);
      // Only what differs is worth reading.
      expected.entrySet().removeIf(e -> e.getValue().equals(answers.get(e.getKey())));
      answers.entrySet().removeIf(e -> e.getValue().equals(model.answers.get(e.getKey())));
      assertThat(answers).as("step %d", step).isEqualTo(expected);
    }
  }
}
