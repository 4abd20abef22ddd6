package dev.podpool.examples.tutorial;

import dev.podpool.PodProcess;
import dev.podpool.Podpool;
import dev.podpool.SharedQueue;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** 14. Two producers, and two consumers that stop at an item which says so. */
public final class ProducersConsumers {

  private static final String END = "no more";

  private ProducersConsumers() {}

  static void produce(String name, String goods, SharedQueue<String> queue)
      throws InterruptedException {
    for (int i = 0; i < 10; i++) {
      Thread.sleep(ThreadLocalRandom.current().nextInt(20, 80));
      System.out.println(name + " makes " + goods + " " + i);
      queue.put(goods + " " + i); // waits while ten are there
    }
  }

  static void consume(String name, SharedQueue<String> queue) throws InterruptedException {
    for (String goods = queue.get(); !goods.equals(END); goods = queue.get()) {
      System.out.println(name + " buys " + goods);
      Thread.sleep(ThreadLocalRandom.current().nextInt(40, 120));
    }
    System.out.println(name + " goes home");
  }

  /** No numbers. */
  public static void main(String... arguments) throws Exception {
    try (Podpool podpool = Tutorial.of(arguments).podpool()) {
      SharedQueue<String> queue = podpool.queue(String.class, 10);
      List<PodProcess> producers =
          List.of(
              podpool.process(ProducersConsumers::produce, "HSR", "milk", queue),
              podpool.process(ProducersConsumers::produce, "TTT", "bread", queue));
      producers.forEach(PodProcess::start);
      podpool.process(ProducersConsumers::consume, "Lisi", queue).start();
      podpool.process(ProducersConsumers::consume, "ZhangSan", queue).start();
      for (PodProcess producer : producers) {
        producer.join();
      }
      queue.put(END); // one for each consumer, behind all that was made
      queue.put(END);
    }
  }
}
