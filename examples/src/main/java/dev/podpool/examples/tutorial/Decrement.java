package dev.podpool.examples.tutorial;

import dev.podpool.PodProcess;
import dev.podpool.Podpool;
import dev.podpool.SharedMap;

/** 18. A map that a child changes, and its parent reads. */
public final class Decrement {

  private Decrement() {}

  static void decrement(SharedMap<String, Integer> map) {
    map.put("count", map.getOrDefault("count", 0) - 1);
    System.out.println("child: " + map.asConcurrentMap());
  }

  /** No numbers. */
  public static void main(String... arguments) throws Exception {
    try (Podpool podpool = Tutorial.of(arguments).podpool()) {
      SharedMap<String, Integer> map = podpool.sharedMap(String.class, Integer.class);
      map.put("count", 100);
      PodProcess child = podpool.process(Decrement::decrement, map);
      child.start();
      child.join();
      System.out.println("parent: " + map.asConcurrentMap());
    }
  }
}
