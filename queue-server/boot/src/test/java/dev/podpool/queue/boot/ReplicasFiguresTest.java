package dev.podpool.queue.boot;

import dev.podpool.rpc.Endpoint;
import dev.podpool.rpc.QueueConnection;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * For how long nobody is served while replicas are replaced, as a client sees it that asks again as
 * soon as it has its answer, which is durable. Prints it: that all goes on is all that must be.
 */
@Tag("load")
@Timeout(value = 900, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReplicasFiguresTest {

  @TempDir private Path directory;
  private volatile Endpoint.Source service;

  private interface Action {
    void run() throws Exception;
  }

  private void printStall(String what, Action during) throws Exception {
    try (QueueConnection connection = new QueueConnection(() -> service.locate());
        ExecutorService thread = Executors.newSingleThreadExecutor()) {
      TestClient client = new TestClient(connection, new SplittableRandom());
      client.awaitApplied();
      boolean[] over = {false};
      Future<Long> longest = thread.submit(() -> longestWait(client, over));
      during.run();
      synchronized (over) {
        over[0] = true;
      }
      System.out.printf(
          "%s: longest wait for a durable answer %,d ms%n",
          what, TimeUnit.NANOSECONDS.toMillis(longest.get()));
    }
  }

  private static long longestWait(TestClient client, boolean[] over) throws InterruptedException {
    long longest = 0;
    while (true) {
      synchronized (over) {
        if (over[0]) {
          return longest;
        }
      }
      long start = System.nanoTime();
      client.awaitApplied();
      longest = Math.max(longest, System.nanoTime() - start);
    }
  }

  @Test
  void eachIsReplacedInItsTurn() throws Exception {
    try (Replicas replicas = new Replicas(directory)) {
      service = replicas;
      printStall(
          "rollout of three",
          () -> {
            for (int i = 0; i < Replicas.COUNT; i++) {
              replicas.end(i);
              replicas.start(i);
              replicas.awaitMember(i);
            }
          });
    }
  }
}
