package dev.podpool.examples.tutorial;

import dev.podpool.PodProcess;
import dev.podpool.Podpool;
import dev.podpool.SharedEvent;

/** 7. A daemon works in the background, and ends with its parent, whatever it does. */
public final class Daemon {

  private Daemon() {}

  static void goOn(SharedEvent isUp) throws InterruptedException {
    while (true) {
      System.out.println("Good");
      isUp.set();
      Thread.sleep(200);
    }
  }

  /** How often the parent does something before it ends. */
  public static void main(String... arguments) throws Exception {
    Tutorial tutorial = Tutorial.of(arguments);
    int times = tutorial.number("times", 10);
    try (Podpool podpool = tutorial.podpool()) {
      SharedEvent isUp = podpool.event();
      PodProcess daemon = podpool.process(Daemon::goOn, isUp).daemon(true);
      daemon.start();
      System.out.println("daemon's pid: " + daemon.pid());
      isUp.await(); // a process takes its time to come up: a pod, seconds
      for (int i = 0; i < times; i++) {
        System.out.println("Do something");
        Thread.sleep(500);
      }
    } // waits for children, but not for daemons: ends them
  }
}
