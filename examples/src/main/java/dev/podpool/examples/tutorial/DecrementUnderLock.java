package dev.podpool.examples.tutorial;

import dev.podpool.PodProcess;
import dev.podpool.Podpool;
import dev.podpool.SharedBarrier;
import dev.podpool.SharedLock;
import dev.podpool.SharedMap;

/**
 * 19. A hundred processes change one number. Under a lock each change counts; without it some are
 * lost, as others change what they have read.
 */
public final class DecrementUnderLock {

  private DecrementUnderLock() {}

  static void underLock(SharedMap<String, Integer> map, SharedLock lock) {
    lock.lock();
    try {
      map.put("count", map.getOrDefault("count", 0) - 1);
    } finally {
      lock.unlock();
    }
  }

  static void withoutLock(SharedMap<String, Integer> map, SharedBarrier start) throws Exception {
    start.await(); // all at once
    map.put("count", map.getOrDefault("count", 0) - 1);
    // map.compute("count", (key, count) -> count - 1) needs no lock
  }

  /** The number of processes under the lock, and of those without it: 0 for none. */
  public static void main(String... arguments) throws Exception {
    Tutorial tutorial = Tutorial.of(arguments);
    int processes = tutorial.number("processes", 100);
    int careless = tutorial.number("processes without the lock", 10, 0);
    try (Podpool podpool = tutorial.podpool()) {
      SharedMap<String, Integer> map = podpool.sharedMap(String.class, Integer.class);
      SharedLock lock = podpool.lock();
      map.put("count", processes);
      for (int i = 0; i < processes; i++) {
        podpool.process(DecrementUnderLock::underLock, map, lock).start();
      }
      joinAll(podpool);
      System.out.println("under the lock: " + map.asConcurrentMap());

      if (careless > 0) {
        SharedBarrier start = podpool.barrier(careless);
        map.put("count", careless);
        for (int i = 0; i < careless; i++) {
          podpool.process(DecrementUnderLock::withoutLock, map, start).start();
        }
        joinAll(podpool);
        System.out.println("without it: " + map.asConcurrentMap());
      }
    }
  }

  private static void joinAll(Podpool podpool) throws InterruptedException {
    for (PodProcess child : podpool.activeChildren()) {
      child.join();
    }
  }
}
