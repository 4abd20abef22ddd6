package dev.podpool.examples.tutorial;

import dev.podpool.Podpool;
import dev.podpool.SharedQueue;

/** 13. One process puts, another gets. */
public final class QueueBetweenProcesses {

  private QueueBetweenProcesses() {}

  static void produce(SharedQueue<String> queue) throws InterruptedException {
    queue.put("from the producer");
  }

  static void consume(SharedQueue<String> queue) throws InterruptedException {
    System.out.println(queue.get());
  }

  /** No numbers. */
  public static void main(String... arguments) throws Exception {
    try (Podpool podpool = Tutorial.of(arguments).podpool()) {
      SharedQueue<String> queue = podpool.queue(String.class, 5);
      podpool.process(QueueBetweenProcesses::produce, queue).start();
      podpool.process(QueueBetweenProcesses::consume, queue).start();
    }
  }
}
