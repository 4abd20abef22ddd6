package dev.podpool.examples.tutorial;

import dev.podpool.Podpool;
import dev.podpool.SharedEvent;
import dev.podpool.SharedValue;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * 11. An event that is set lets all pass, and one that is cleared has them wait: a traffic light.
 *
 * <p>The light counts its changes, so that it can be seen that no car passes on red: the first
 * turns it green, so while their number is even it is red.
 */
public final class TrafficLight {

  private static final String RED = "\033[31m";
  private static final String GREEN = "\033[32m";
  private static final String PLAIN = "\033[0m";

  private TrafficLight() {}

  static void change(SharedEvent green, SharedValue<Long> changes) throws InterruptedException {
    while (true) {
      if (green.isSet()) {
        green.clear();
        changes.addAndGet(1);
        System.out.println(RED + "[---- red light ----]" + PLAIN);
      } else {
        changes.addAndGet(1); // before the first car passes
        green.set();
        System.out.println(GREEN + "[---- green light ----]" + PLAIN);
      }
      Thread.sleep(200);
    }
  }

  static void drive(int car, SharedEvent green, SharedValue<Long> changes)
      throws InterruptedException {
    long come = changes.get();
    if (!green.isSet()) {
      System.out.println("car " + car + " waits at the red light");
    }
    green.await();
    System.out.println("car " + car + " came at " + come + ", passes at " + changes.get());
  }

  /** The number of cars. */
  public static void main(String... arguments) throws Exception {
    Tutorial tutorial = Tutorial.of(arguments);
    int cars = tutorial.number("cars", 20);
    try (Podpool podpool = tutorial.podpool()) {
      SharedEvent event = podpool.event();
      System.out.println("is set: " + event.isSet());
      event.set();
      System.out.println("is awaited: " + event.await(Duration.ofMillis(100)));
      event.clear();
      System.out.println("is awaited: " + event.await(Duration.ofMillis(100)));

      SharedValue<Long> changes = podpool.sharedValue(Long.class, 0L);
      // A daemon, as it never ends: the tutorial's program has to be killed.
      podpool.process(TrafficLight::change, event, changes).daemon(true).start();
      for (int car = 0; car < cars; car++) {
        Thread.sleep(ThreadLocalRandom.current().nextInt(100));
        podpool.process(TrafficLight::drive, car, event, changes).start();
      }
    } // waits for the cars
  }
}
