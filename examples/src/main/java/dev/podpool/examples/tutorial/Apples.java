package dev.podpool.examples.tutorial;

import dev.podpool.Podpool;
import dev.podpool.SharedLock;
import dev.podpool.SharedMap;

/**
 * 9. Fifty people and five apples. Under the lock one looks and takes at a time: exactly five eat.
 *
 * <p>The tutorial keeps the apples in a file; pods have no disk in common, but a map.
 */
public final class Apples {

  private Apples() {}

  static void eat(int person, SharedLock lock, SharedMap<String, Integer> basket) {
    lock.lock();
    try {
      int apples = basket.getOrDefault("apples", 0);
      System.out.println("apples: " + apples);
      if (apples > 0) {
        System.out.println(person + " eats an apple");
        basket.put("apples", apples - 1);
      } else {
        System.out.println(person + " finds no apple");
      }
    } finally {
      lock.unlock();
    }
  }

  /** The number of people, and of apples. */
  public static void main(String... arguments) throws Exception {
    Tutorial tutorial = Tutorial.of(arguments);
    int people = tutorial.number("people", 50);
    int apples = tutorial.number("apples", 5, 0);
    try (Podpool podpool = tutorial.podpool()) {
      SharedLock lock = podpool.lock();
      SharedMap<String, Integer> basket = podpool.sharedMap(String.class, Integer.class);
      basket.put("apples", apples);
      for (int person = 0; person < people; person++) {
        podpool.process(Apples::eat, person, lock, basket).start();
      }
    } // waits for all of them
  }
}
