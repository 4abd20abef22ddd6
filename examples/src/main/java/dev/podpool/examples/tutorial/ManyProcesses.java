package dev.podpool.examples.tutorial;

import dev.podpool.PodProcess;
import dev.podpool.Podpool;
import dev.podpool.SharedBarrier;
import java.util.ArrayList;
import java.util.List;

/** 4. Ten children at once; the last line is printed when all have ended. */
public final class ManyProcesses {

  private ManyProcesses() {}

  static void stars(int number, int before, int after, SharedBarrier all) throws Exception {
    System.out.println(number + "  :" + "*".repeat(before));
    all.await(); // until all have come so far, however long a process takes to come up
    System.out.println(number + "  :" + "*".repeat(after));
  }

  /** The number of processes. */
  public static void main(String... arguments) throws Exception {
    Tutorial tutorial = Tutorial.of(arguments);
    int processes = tutorial.number("processes", 10);
    try (Podpool podpool = tutorial.podpool()) {
      SharedBarrier all = podpool.barrier(processes);
      List<PodProcess> children = new ArrayList<>();
      for (int number = 0; number < processes; number++) {
        children.add(podpool.process(ManyProcesses::stars, number, 10, 20, all));
      }
      children.forEach(PodProcess::start);
      for (PodProcess child : children) {
        child.join();
      }
      System.out.println("finished");
    }
  }
}
