package dev.podpool.examples.tutorial;

import dev.podpool.PodProcess;
import dev.podpool.Podpool;

/** 2. A parent and a child are two processes, and each knows its number. */
public final class ProcessIds {

  private ProcessIds() {}

  static void number() {
    System.out.println("child's pid: " + PodProcess.current().pid());
  }

  /** No numbers. */
  public static void main(String... arguments) throws Exception {
    try (Podpool podpool = Tutorial.of(arguments).podpool()) {
      PodProcess child = podpool.process(ProcessIds::number);
      child.start();
      System.out.println("parent's pid: " + PodProcess.current().pid());
      System.out.println("its child's: " + child.pid()); // on a cluster, of the child's own pod
    }
  }
}
