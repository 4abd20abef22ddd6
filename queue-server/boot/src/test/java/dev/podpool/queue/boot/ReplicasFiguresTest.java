package dev.podpool.queue.boot;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.ConnectOptions;
import dev.podpool.JobOptions;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.rpc.Endpoint;
import dev.podpool.rpc.QueueConnection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * For how long nobody is served while replicas come and go or write, as a client sees it that asks
 * again as soon as it has its answer, which is durable; and what three of them cost. Prints it:
 * that all goes on is all that must be.
 */
@Tag("load")
@Timeout(value = 900, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReplicasFiguresTest {

  private static final int SNAPSHOT_MIB = 200;
  private static final int INPUT_BYTES = 128 << 10;
  private static final int DISPATCHED = 100_000;
  private static final int WARM_UPS = 5;
  private static final int RUNS = 5;

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

  @Test
  void oneGrowsToThree() throws Exception {
    QueueProcess alone = new QueueProcess(directory);
    service = alone;
    Replicas[] three = new Replicas[1];
    printStall(
        "growth from one to three",
        () -> {
          alone.close();
          Files.move(alone.directory(), directory.resolve("queue-0"));
          three[0] = Replicas.starting(directory);
          service = three[0];
          three[0].awaitAll();
        });
    three[0].close();
  }

  @Test
  void aLargeSnapshotIsWritten() throws Exception {
    try (Replicas replicas = new Replicas(directory);
        QueueConnection connection = new QueueConnection(replicas)) {
      service = replicas;
      TestClient client = new TestClient(connection, new SplittableRandom(1));
      printStall(
          "snapshots of " + SNAPSHOT_MIB + " MiB",
          () -> {
            for (int bytes = 0; bytes < SNAPSHOT_MIB << 20; bytes += INPUT_BYTES) {
              client.send(job());
              if (bytes % (8 << 20) == 0) {
                client.awaitApplied(); // what is on its way stays small
              }
            }
            client.awaitApplied();
            for (int i = 0; i < Replicas.COUNT; i++) {
              while (largest(directory.resolve("queue-" + i)) < SNAPSHOT_MIB << 20) {
                client.send(job());
                client.awaitApplied();
              }
            }
          });
    }
  }

  private static Operation job() {
    ByteString.Output input = ByteString.newOutput();
    input.write(0x80);
    input.write(0x80);
    input.write(INPUT_BYTES >> 14);
    input.write(new byte[INPUT_BYTES], 0, INPUT_BYTES);
    return Operation.newBuilder()
        .setSubmitJob(
            SubmitJob.newBuilder()
                .setJobId(TestClient.id(new SplittableRandom()))
                .setPool("p")
                .setFunctionName("f")
                .setInputs(Payloads.newBuilder().setCount(1).setData(input.toByteString()))
                .setComplete(true))
        .build();
  }

  /** Of the snapshots. */
  private static long largest(Path queue) throws IOException {
    try (Stream<Path> files = Files.walk(queue)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("snapshot"))
          .mapToLong(file -> file.toFile().length())
          .max()
          .orElse(0);
    }
  }

  static int same(int n) {
    return n;
  }

  @Test
  void threeAndOneHandOutItems() throws Exception {
    double one;
    try (QueueProcess alone = new QueueProcess(Files.createDirectory(directory.resolve("one")))) {
      one = itemsPerSecond(alone, directory.resolve("one"));
    }
    double three;
    Path of = Files.createDirectory(directory.resolve("three"));
    try (Replicas replicas = new Replicas(of)) {
      three = itemsPerSecond(replicas, of);
    }
    System.out.printf(
        "dispatch: one replica %,.0f items/s, three on this machine %,.0f; ratio %.2f%n",
        one, three, three / one);
    assertThat(three).isPositive();
  }

  private double itemsPerSecond(Endpoint.Source queue, Path home) throws Exception {
    List<Integer> items = IntStream.range(0, DISPATCHED).boxed().toList();
    double[] rates = new double[RUNS];
    try (QueueConnection connection = new QueueConnection(queue)) {
      new TestClient(connection, new SplittableRandom(1)).awaitApplied(); // defines the pool
      try (PoolWorker _ = new PoolWorker(home, connection);
          Podpool podpool = Podpool.connect(home, ConnectOptions.defaults().withCodeInWorkers())) {
        Pool pool = podpool.pool("p").with(JobOptions.defaults().withChunkSize(1));
        for (int run = -WARM_UPS; run < RUNS; run++) {
          long start = System.nanoTime();
          assertThat(pool.map(ReplicasFiguresTest::same, items)).hasSize(DISPATCHED);
          if (run >= 0) {
            rates[run] = DISPATCHED * 1e9 / (System.nanoTime() - start);
          }
        }
      }
    }
    Arrays.sort(rates);
    return rates[RUNS / 2];
  }
}
