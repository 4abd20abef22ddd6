package dev.podpool.queue.boot;

import dev.podpool.rpc.QueueConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * How long a client with a session waits for its next answer, which is durable: when the leader is
 * killed, while each replica is replaced in its turn, while one grows to three, and when they take
 * snapshots; and what three cost in throughput. Measurements, which it prints: it fails only where
 * no answer comes at all.
 */
@Execution(ExecutionMode.SAME_THREAD) // each has the machine for itself
@Tag("load")
@Timeout(value = 900, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StallsTest {

  /** More with {@code -Dkills=}. */
  private static final int KILLS = Integer.getInteger("kills", 20);

  private static final int SNAPSHOT_BYTES = 200 << 20;
  private static final int INPUT_BYTES = 100_000;
  private static final int DISPATCHES = 10;
  private static final int DISPATCHED = 100_000;
  private static final int WINDOW = 5_000;
  private static final int ITEMS_PER_JOB = 10_000;

  @TempDir private Path directory;

  @Test
  void theTimeFromTheLeadersDeathToTheNextAnswerIsPrinted() throws Exception {
    long[] millis = new long[KILLS];
    try (Replicas replicas = new Replicas(directory);
        QueueConnection connection = new QueueConnection(replicas)) {
      TestClient client = new TestClient(connection, new SplittableRandom(1));
      client.awaitApplied();
      for (int i = 0; i < KILLS; i++) {
        int leader = replicas.leader();
        long killed = System.nanoTime();
        replicas.kill(leader);
        client.awaitApplied();
        millis[i] = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed);
        replicas.start(leader);
        replicas.awaitFollowing(leader);
      }
    }
    Arrays.sort(millis);
    System.out.printf(
        "leader killed to the next durable answer, of %d: p50 %d ms, worst %d ms%n",
        KILLS, millis[KILLS / 2], millis[KILLS - 1]);
  }

  @Test
  void theLongestWaitForAnAnswerInARolloutIsPrinted() throws Exception {
    try (Replicas replicas = new Replicas(directory)) {
      print(
          "rollout of three",
          replicas,
          client -> {
            for (int i = 0; i < Replicas.COUNT; i++) {
              replicas.end(i);
              replicas.start(i);
              replicas.awaitReady(i);
            }
          });
    }
  }

  @Test
  void theLongestWaitForAnAnswerWhileOneGrowsToThreeIsPrinted() throws Exception {
    try (Replicas replicas = Replicas.one(directory)) {
      print("growth from one to three", replicas, client -> replicas.grow());
    }
  }

  @Test
  void theLongestWaitForAnAnswerWhileASnapshotIsTakenIsPrinted() throws Exception {
    try (Replicas replicas = new Replicas(directory)) {
      print(
          "snapshots of %d MiB and less".formatted(SNAPSHOT_BYTES >> 20),
          replicas,
          client -> {
            byte[] input = new byte[INPUT_BYTES];
            while (replicas.snapshotBytes() < SNAPSHOT_BYTES) {
              client.submitUnnoted(input);
              client.awaitApplied();
            }
          });
    }
  }

  @Test
  void theRateOfDispatchByThreeAgainstThatByOneIsPrinted() throws Exception {
    List<Long> ofOne = new ArrayList<>();
    List<Long> ofThree = new ArrayList<>();
    try (Replicas one = Replicas.one(Files.createDirectory(directory.resolve("one")));
        Replicas three = new Replicas(Files.createDirectory(directory.resolve("three")));
        QueueConnection toOne = new QueueConnection(one);
        QueueConnection toThree = new QueueConnection(three)) {
      Dispatch byOne = new Dispatch(toOne);
      Dispatch byThree = new Dispatch(toThree);
      for (int i = 0; i < DISPATCHES; i++) {
        ofOne.add(byOne.perSecond());
        ofThree.add(byThree.perSecond());
      }
    }
    System.out.printf("dispatch, items a second: by one %s, by three %s%n", ofOne, ofThree);
  }

  /** Items of one job, each given to a worker by itself, and its result back. */
  private static final class Dispatch {

    private final TestClient client;

    Dispatch(QueueConnection connection) throws InterruptedException {
      client = new TestClient(connection, new SplittableRandom(1));
      client.awaitApplied();
      var _ = new TestWorker(connection, new SplittableRandom(2), "w", WINDOW);
    }

    long perSecond() throws InterruptedException {
      long start = System.nanoTime();
      for (int i = 0; i < DISPATCHED; i += ITEMS_PER_JOB) {
        client.submit(ITEMS_PER_JOB, 1);
      }
      client.awaitUnended(0);
      return DISPATCHED * TimeUnit.SECONDS.toNanos(1) / (System.nanoTime() - start);
    }
  }

  private interface Doing {
    void with(TestClient client) throws Exception;
  }

  private static void print(String what, Replicas replicas, Doing doing) throws Exception {
    try (QueueConnection connection = new QueueConnection(replicas);
        QueueConnection another = new QueueConnection(replicas);
        ExecutorService thread = Executors.newSingleThreadExecutor()) {
      TestClient client = new TestClient(connection, new SplittableRandom(1));
      client.awaitApplied();
      AtomicBoolean over = new AtomicBoolean();
      Future<Long> longest = thread.submit(() -> longestWaitNanos(client, over));
      try {
        doing.with(new TestClient(another, new SplittableRandom(2)));
      } finally {
        over.set(true);
      }
      System.out.printf(
          "%s: longest wait for a durable answer %d ms%n",
          what, TimeUnit.NANOSECONDS.toMillis(longest.get()));
    }
  }

  private static long longestWaitNanos(TestClient client, AtomicBoolean over)
      throws InterruptedException {
    long longest = 0;
    while (!over.get()) {
      long start = System.nanoTime();
      client.awaitApplied();
      longest = Math.max(longest, System.nanoTime() - start);
    }
    return longest;
  }
}
