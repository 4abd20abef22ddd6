package dev.podpool.examples.tutorial;

import dev.podpool.Podpool;
import dev.podpool.SharedQueue;
import java.util.NoSuchElementException;

/** 12. A queue with room for five items: full, empty, and first in, first out. */
public final class QueueBasics {

  private QueueBasics() {}

  /** No numbers. */
  public static void main(String... arguments) throws Exception {
    try (Podpool podpool = Tutorial.of(arguments).podpool()) {
      SharedQueue<Integer> queue = podpool.queue(Integer.class, 5);
      for (int item = 0; item < 5; item++) {
        queue.put(item);
      }
      System.out.println("full: " + queue.isFull());
      System.out.println("a sixth: " + queue.offer(5)); // put(5) would wait here
      for (int i = 0; i < 5; i++) {
        System.out.println(queue.get());
      }
      System.out.println("empty: " + queue.isEmpty());
      try {
        queue.getNowait(); // get() would wait here
      } catch (NoSuchElementException e) {
        System.out.println("nothing to get");
      }
    }
  }
}
