package dev.podpool.sim;

import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/** Simulated time and chance. Everything that happens in a run happens here, one after another. */
final class World {

  private record Event(long atMillis, long number, Runnable what) {}

  private final PriorityQueue<Event> events =
      new PriorityQueue<>(
          Comparator.comparingLong(Event::atMillis).thenComparingLong(Event::number));
  private final SplittableRandom random;
  private final Scenario scenario;
  private long nowMillis;
  private long scheduled;
  private boolean faulty = true;

  World(Scenario scenario) {
    this.scenario = scenario;
    random = new SplittableRandom(scenario.seed());
  }

  Scenario scenario() {
    return scenario;
  }

  /** True time, which no party can read. */
  long nowMillis() {
    return nowMillis;
  }

  /** Whether things still go wrong. */
  boolean isFaulty() {
    return faulty;
  }

  void stopFaults() {
    faulty = false;
  }

  /** Whether {@code fault} may happen now. */
  boolean has(Fault fault) {
    return faulty && scenario.faults().contains(fault);
  }

  void after(long millis, Runnable what) {
    events.add(new Event(nowMillis + Math.max(0, millis), scheduled++, what));
  }

  /** Lets the next thing happen; false where nothing is left to happen. */
  boolean step() {
    Event next = events.poll();
    if (next == null) {
      return false;
    }
    nowMillis = next.atMillis;
    next.what.run();
    return true;
  }

  /** From 0 to {@code bound} - 1. */
  int upTo(int bound) {
    return random.nextInt(bound);
  }

  int between(int least, int most) {
    return random.nextInt(least, most + 1);
  }

  boolean oneIn(int count) {
    return random.nextInt(count) == 0;
  }

  /** As {@link #oneIn}, where {@code fault} may happen. */
  boolean faultOneIn(Fault fault, int count) {
    boolean drawn = random.nextInt(count) == 0;
    return drawn && has(fault);
  }

  <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  /** What else of chance something needs, of this run's. */
  SplittableRandom chance() {
    return random.split();
  }
}
