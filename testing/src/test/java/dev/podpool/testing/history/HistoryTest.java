package dev.podpool.testing.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HistoryTest {

  private final History<Integer> register = new History<>("register", 0);

  private void wrote(int value, long start, long end) {
    register.add("write " + value, start, end, before -> value);
  }

  private void read(int value, long start, long end) {
    register.add(
        "read " + value, start, end, before -> Objects.equals(before, value) ? before : null);
  }

  private String broken() {
    return assertThrows(AssertionError.class, register::check).getMessage();
  }

  @Test
  void whatOverlapsMayHaveHappenedInEitherOrder() {
    wrote(1, 0, 10);
    read(0, 1, 2);
    read(1, 3, 4);
    read(1, 11, 12);
    register.check();
  }

  @Test
  void whatIsOverIsSeenByAllThatComesLater() {
    wrote(1, 0, 10);
    read(0, 11, 12);
    String message = broken();
    assertTrue(message.startsWith("register is not linearizable: 1 of 2 operations fit"), message);
    assertTrue(message.contains("in the state 1"), message);
    assertTrue(message.contains("  read 0"), message);
  }

  @Test
  void whatOneHasSeenAnotherMayNotMissLater() {
    wrote(1, 0, 10);
    read(1, 1, 2);
    read(0, 3, 4);
    broken();
  }

  @Test
  void aStartAndAnEndOfTheSameMomentMeet() {
    wrote(1, 0, 5);
    read(0, 5, 6);
    register.check();
  }

  @Test
  void aChoiceThatLeadsNowhereIsTakenBack() {
    wrote(1, 0, 10);
    wrote(2, 0, 10);
    wrote(3, 0, 10);
    read(2, 11, 12);
    register.check();
    read(3, 13, 14);
    broken();
  }

  @Test
  void whatIsInDoubtHappenedAtAnyTimeOrNever() {
    wrote(1, 0, 1);
    register.addInDoubt("write 2", 2, before -> 2);
    read(1, 5, 6);
    register.check();
    read(2, 7, 8);
    register.check();
    read(1, 9, 10);
    broken();
  }

  @Test
  void anAnswerThatIsLostBreaksTheHistoryOfAQueue() {
    History<List<Integer>> queue = new History<>("queue", List.of());
    for (int item : new int[] {1, 2}) {
      queue.add(
          "put " + item,
          0,
          1,
          before -> {
            List<Integer> after = new ArrayList<>(before);
            after.add(item);
            return List.copyOf(after);
          });
    }
    queue.add(
        "get 2", 2, 3, before -> before.get(0) == 2 ? before.subList(1, before.size()) : null);
    queue.check();
    queue.add("empty", 4, 5, before -> before.isEmpty() ? before : null);
    assertThrows(AssertionError.class, queue::check);
  }

  @Test
  void whatRealThreadsDidToARealRegisterIsInOrderAndAStaleReadIsNot() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    AtomicInteger value = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int thread = 0; thread < 8; thread++) {
        SplittableRandom own = random.split();
        all.add(threads.submit(() -> use(value, own)));
      }
      for (Future<?> each : all) {
        each.get();
      }
    } finally {
      threads.shutdown();
    }
    assertEquals(4000, register.size());
    register.check();
    long now = System.nanoTime();
    read(9, now, now + 1);
    broken();
  }

  private boolean use(AtomicInteger value, SplittableRandom random) throws Exception {
    for (int i = 0; i < 500; i++) {
      int number = random.nextInt(5);
      if (random.nextBoolean()) {
        register.call(
            "one",
            "swap",
            () -> value.getAndSet(number),
            (s, before) -> s.equals(before) ? number : null);
      } else {
        register.call("one", "get", value::get, (s, got) -> s.equals(got) ? s : null);
      }
    }
    return true;
  }
}
