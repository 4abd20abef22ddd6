package dev.podpool.queue.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.rpc.QueueUnreachableException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three replicas in processes of their own, which are killed, and clients that ride it out. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReplicasTest {

  /** More with {@code -Dkills=}. */
  private static final int KILLS = Integer.getInteger("kills", 3);

  private static final int JOBS = 300;
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir private Path directory;
  private Replicas replicas;
  private QueueConnection connection;

  @BeforeEach
  void start() throws Exception {
    replicas = new Replicas(directory);
    connection = new QueueConnection(replicas);
  }

  @AfterEach
  void stop() throws Exception {
    connection.close();
    replicas.close();
    System.out.println(replicas.said());
  }

  @Test
  void whicheverIsKilledNothingThatWasAcknowledgedIsLostOrDoneTwice() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    TestClient client = new TestClient(connection, random);
    client.awaitApplied();
    var _ = new TestWorker(connection, random, "w");
    for (int kill = 0; kill < KILLS; kill++) {
      for (int i = 0; i < JOBS; i++) {
        client.submit(1 + random.nextInt(20));
      }
      client.awaitUnended(random.nextInt(1, JOBS)); // a moment of the work, and not of the clock
      int killed = kill % Replicas.COUNT; // one of which leads
      replicas.kill(killed);
      client.awaitUnended(0);
      replicas.start(killed);
    }

    var status = read().getPools().getPools(0);
    assertThat(status.getReady() + status.getLeased()).isZero();
    assertThat(status.getJobs()).isEqualTo((long) JOBS * KILLS);
  }

  @Test
  void whoeverHasLostItsDiskIsReadyWhenItHasAllAgain() throws Exception {
    TestClient client = new TestClient(connection, new SplittableRandom(1));
    client.awaitApplied();
    int leader = replicas.leader();
    int lost = (leader + 1) % Replicas.COUNT;
    replicas.awaitReady(lost);
    for (int i = 0; i < JOBS; i++) {
      client.submit(1);
    }
    client.awaitApplied();
    long acknowledged = replicas.awaitReady(leader);

    replicas.loseDisk(lost);

    assertThat(replicas.awaitReady(lost)).isGreaterThanOrEqualTo(acknowledged);
  }

  @Test
  void whereAllDirectoriesAreLostEachEndsAndSaysSo() throws Exception {
    assertThat(replicas.loseAll()).containsOnly(QueueMain.EXIT_UNUSABLE);

    assertThat(replicas.said().split("the queue can't start: its data is lost", -1))
        .as(replicas.said())
        .hasSize(1 + Replicas.COUNT);
  }

  /** As clients do: while nobody leads, it is asked again. */
  private ReadResponse read() throws Exception {
    ReadRequest pools = ReadRequest.newBuilder().setPools(PoolsQuery.getDefaultInstance()).build();
    while (true) {
      try {
        return connection.read(pools, SOON);
      } catch (QueueUnreachableException e) {
        Thread.sleep(50);
      }
    }
  }
}
