package dev.podpool.examples.tutorial;

import dev.podpool.Podpool;
import dev.podpool.SharedBarrier;
import dev.podpool.SharedSemaphore;
import dev.podpool.SharedValue;
import java.util.concurrent.ThreadLocalRandom;

/** 10. Twenty things and four places: a semaphore lets four in at a time. */
public final class Grid {

  private Grid() {}

  static void put(int thing, SharedSemaphore places, SharedValue<Long> inside, SharedBarrier door)
      throws Exception {
    door.await(); // until all have come: else those that are up first are done before others come
    places.acquire();
    System.out.println(thing + " is put in, one of " + inside.addAndGet(1));
    Thread.sleep(ThreadLocalRandom.current().nextInt(200, 600));
    System.out.println(thing + " is taken out");
    inside.addAndGet(-1);
    places.release();
  }

  /** The number of things, and of places. */
  public static void main(String... arguments) throws Exception {
    Tutorial tutorial = Tutorial.of(arguments);
    int things = tutorial.number("things", 20);
    int places = tutorial.number("places", 4);
    try (Podpool podpool = tutorial.podpool()) {
      SharedSemaphore semaphore = podpool.semaphore(places);
      SharedValue<Long> inside = podpool.sharedValue(Long.class, 0L);
      SharedBarrier door = podpool.barrier(things);
      for (int thing = 0; thing < things; thing++) {
        podpool.process(Grid::put, thing, semaphore, inside, door).start();
      }
    }
  }
}
