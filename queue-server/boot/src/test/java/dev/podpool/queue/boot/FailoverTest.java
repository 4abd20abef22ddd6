package dev.podpool.queue.boot;

import dev.podpool.rpc.QueueConnection;
import java.nio.file.Path;
import java.util.Arrays;
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

/**
 * How long nobody is served when the leader is killed, from the kill to the next answer that is
 * durable, and while each replica is replaced in its turn, as a client with a session sees it. A
 * measurement, which it prints: it fails only where no answer comes at all.
 */
@Tag("load")
@Timeout(value = 900, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FailoverTest {

  /** More with {@code -Dkills=}. */
  private static final int KILLS = Integer.getInteger("kills", 20);

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
    try (Replicas replicas = new Replicas(directory);
        QueueConnection connection = new QueueConnection(replicas);
        ExecutorService thread = Executors.newSingleThreadExecutor()) {
      TestClient client = new TestClient(connection, new SplittableRandom(1));
      client.awaitApplied();
      AtomicBoolean over = new AtomicBoolean();
      Future<Long> longest = thread.submit(() -> longestWaitNanos(client, over));
      for (int i = 0; i < Replicas.COUNT; i++) {
        replicas.end(i);
        replicas.start(i);
        replicas.awaitMember(i);
      }
      over.set(true);
      System.out.printf(
          "rollout of three: longest wait for a durable answer %d ms%n",
          TimeUnit.NANOSECONDS.toMillis(longest.get()));
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
