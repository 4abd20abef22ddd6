package dev.podpool.queue.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.podpool.rpc.QueueConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Three replicas in networks of their own, which are parted while there is work. */
@Tag("load") // a tier of .ci/run
@Execution(ExecutionMode.SAME_THREAD) // each has the machine for itself
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PartitionsTest {

  /** More with {@code -Dcuts=}. */
  private static final int CUTS = Integer.getInteger("cuts", 3);

  private static final int JOBS = 300;
  private static final int CUT_MILLIS_MAX = 5_000; // several elections

  @TempDir private Path directory;
  private final SplittableRandom random = new SplittableRandom(Long.getLong("seed", 1));
  private Namespaces network;
  private Replicas replicas;
  private QueueConnection connection;
  private TestClient client;

  @BeforeEach
  void start() throws Exception {
    String missing = Namespaces.missing();
    assumeTrue(missing.isEmpty(), missing);
    network = new Namespaces(Replicas.COUNT);
    replicas = new Replicas(directory, network);
    connection = new QueueConnection(replicas);
    client = new TestClient(connection, random);
    client.awaitApplied();
    var _ = new TestWorker(connection, random, "w");
  }

  @AfterEach
  void stop() throws Exception {
    if (replicas != null) {
      connection.close();
      replicas.close();
      System.out.println(replicas.said());
    }
  }

  @Test
  void whoIsCutOffLeadsNoMoreAndTheOthersGoOn() throws Exception {
    int led = replicas.leader();
    List<List<Long>> before = replicas.terms();
    work();
    network.part(led, (led + 1) % Replicas.COUNT);
    network.part(led, (led + 2) % Replicas.COUNT);

    while (noOtherLed(led, before)) {
      Thread.sleep(50);
    }
    work();
    client.awaitUnended(0); // by the others alone
    network.heal();
    replicas.awaitFollowing(led);
    checkTerms();
  }

  /** Whether neither of the others has led since {@code before}. */
  private boolean noOtherLed(int led, List<List<Long>> before) throws IOException {
    List<List<Long>> now = replicas.terms();
    return IntStream.range(0, Replicas.COUNT)
        .filter(i -> i != led)
        .allMatch(i -> now.get(i).equals(before.get(i)));
  }

  @Test
  void whateverIsCutNothingThatWasAcknowledgedIsLostOrDoneTwice() throws Exception {
    for (int round = 0; round < CUTS; round++) {
      work();
      network.cutSome(random);
      Thread.sleep(random.nextInt(CUT_MILLIS_MAX)); // cut for so long
      network.heal();
      client.awaitUnended(0);
    }
    checkTerms();
  }

  @Test
  void aMemberIsReplacedInAPartedNetworkAndNothingIsLost() throws Exception {
    for (int round = 0; round < CUTS; round++) {
      int lost = random.nextInt(Replicas.COUNT);
      work();
      if (random.nextBoolean()) {
        network.cutSome(random);
        replicas.loseDisk(lost);
      } else {
        replicas.loseDisk(lost);
        Thread.sleep(random.nextInt(CUT_MILLIS_MAX)); // it is about to join, or is joining
        network.cutSome(random);
      }
      Thread.sleep(random.nextInt(CUT_MILLIS_MAX)); // cut for so long
      network.heal();
      client.awaitUnended(0);
      for (int i = 0; i < Replicas.COUNT; i++) {
        replicas.awaitMember(i); // without it the next disk that is lost would be the second
      }
    }
    checkTerms();
  }

  /** A moment of the work, and not of the clock. */
  private void work() throws InterruptedException {
    for (int i = 0; i < JOBS; i++) {
      client.submit(1 + random.nextInt(20));
    }
    client.awaitUnended(random.nextInt(1, JOBS));
  }

  private void checkTerms() throws IOException {
    List<Long> terms = replicas.terms().stream().flatMap(List::stream).toList();
    assertThat(terms).as("each by one replica").isNotEmpty().doesNotHaveDuplicates();
  }
}
