package dev.podpool.examples.tutorial;

import dev.podpool.PodProcess;
import dev.podpool.Podpool;
import dev.podpool.SharedJoinableQueue;
import dev.podpool.SharedValue;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * 15. Producers that wait until all is bought: a queue that can be joined. So the consumers need no
 * end: they are daemons, and go with their parent, which waits for the producers.
 */
public final class JoinableProducersConsumers {

  private JoinableProducersConsumers() {}

  static void produce(
      String name, String goods, SharedJoinableQueue<String> queue, SharedValue<Long> sold)
      throws InterruptedException {
    for (int i = 0; i < 10; i++) {
      Thread.sleep(ThreadLocalRandom.current().nextInt(20, 80));
      System.out.println(name + " makes " + goods + " " + i);
      queue.put(goods + " " + i);
    }
    queue.join(); // until each item that was put is done
    System.out.println(name + " goes home: " + sold.get() + " are sold");
  }

  static void consume(String name, SharedJoinableQueue<String> queue, SharedValue<Long> sold)
      throws InterruptedException {
    while (true) {
      System.out.println(name + " buys " + queue.get());
      Thread.sleep(ThreadLocalRandom.current().nextInt(40, 120));
      sold.addAndGet(1);
      queue.taskDone();
    }
  }

  /** No numbers. */
  public static void main(String... arguments) throws Exception {
    try (Podpool podpool = Tutorial.of(arguments).podpool()) {
      SharedJoinableQueue<String> queue = podpool.joinableQueue(String.class, 10);
      SharedValue<Long> sold = podpool.sharedValue(Long.class, 0L);
      List<PodProcess> producers =
          List.of(
              podpool.process(JoinableProducersConsumers::produce, "HSR", "milk", queue, sold),
              podpool.process(JoinableProducersConsumers::produce, "TTT", "bread", queue, sold));
      producers.forEach(PodProcess::start);
      for (String name : List.of("Lisi", "ZhangSan")) {
        PodProcess consumer =
            podpool.process(JoinableProducersConsumers::consume, name, queue, sold);
        consumer.daemon(true).start();
        System.out.println(name + "'s pid: " + consumer.pid());
      }
      for (PodProcess producer : producers) {
        producer.join();
      }
    }
  }
}
