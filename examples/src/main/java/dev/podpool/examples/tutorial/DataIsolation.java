package dev.podpool.examples.tutorial;

import dev.podpool.PodProcess;
import dev.podpool.Podpool;

/** 6. Processes share no data: what a child does to a variable happens to the child's own. */
public final class DataIsolation {

  private static int n = 1;

  private DataIsolation() {}

  static void zero() {
    n = 0;
    System.out.println("child: n is " + n);
  }

  /** No numbers. */
  public static void main(String... arguments) throws Exception {
    try (Podpool podpool = Tutorial.of(arguments).podpool()) {
      n = 100;
      PodProcess child = podpool.process(DataIsolation::zero);
      child.start();
      child.join();
      System.out.println("parent: n is " + n);
    }
  }
}
