package dev.podpool.examples.tutorial;

import dev.podpool.PodProcess;
import dev.podpool.Podpool;

/** 8. A daemon may not start processes, as nobody would wait for them: Python's AssertionError. */
public final class DaemonWithChild {

  private DaemonWithChild() {}

  static void startAnother() {
    Podpool podpool = Podpool.connect(); // in a process, to its parent's queue
    podpool.process(SayHello::hello, "nobody").start();
  }

  /** No numbers. */
  public static void main(String... arguments) throws Exception {
    try (Podpool podpool = Tutorial.of(arguments).podpool()) {
      PodProcess daemon = podpool.process(DaemonWithChild::startAnother).daemon(true);
      daemon.start();
      daemon.join();
      System.out.println("exit code " + daemon.exitCode() + ": " + daemon.exitReason());
    }
  }
}
