package dev.podpool.examples.tutorial;

import dev.podpool.PodProcess;
import dev.podpool.Podpool;

/** 3. {@code join} waits until the child has ended. */
public final class Join {

  private Join() {}

  static void stars(int before, int after) throws InterruptedException {
    System.out.println("*".repeat(before));
    Thread.sleep(500);
    System.out.println("*".repeat(after));
  }

  /** No numbers. */
  public static void main(String... arguments) throws Exception {
    try (Podpool podpool = Tutorial.of(arguments).podpool()) {
      PodProcess child = podpool.process(Join::stars, 10, 20);
      child.start();
      child.join();
      System.out.println("------- finished -------");
    }
  }
}
