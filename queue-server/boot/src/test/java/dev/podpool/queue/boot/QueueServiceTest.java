package dev.podpool.queue.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.PutBlob;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.rpc.Endpoint;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.rpc.QueueUnreachableException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class QueueServiceTest {

  /** Of each seed; more with {@code -Dkills=}. */
  private static final int KILLS = Integer.getInteger("kills", 3);

  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir private Path directory;
  private QueueProcess queue;
  private QueueConnection connection;

  @BeforeEach
  void start() throws IOException, InterruptedException {
    queue = new QueueProcess(directory);
    connection = new QueueConnection(queue);
  }

  @AfterEach
  void stop() throws IOException, InterruptedException {
    connection.close();
    queue.close();
  }

  private static ReadRequest pools() {
    return ReadRequest.newBuilder().setPools(PoolsQuery.getDefaultInstance()).build();
  }

  /** As many as {@code -Dseeds=} says; one by default. */
  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("seeds", 1));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void killedAtAnyMomentItLosesNothingAndItsSessionsRideItOut(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    TestClient client = new TestClient(connection, random);
    client.awaitApplied();
    var _ = new TestWorker(connection, random, "w");
    for (int kill = 0; kill < KILLS; kill++) {
      for (int i = 0; i < 300; i++) {
        client.submit(1 + random.nextInt(20));
      }
      // At a moment of the work, and not of the clock.
      int left = random.nextInt(1, 300);
      client.awaitUnended(left);
      queue.kill();
      queue.start();
    }
    client.awaitUnended(0);

    var status = connection.read(pools(), SOON).getPools().getPools(0);
    assertThat(status.getReady() + status.getLeased()).isZero();
    assertThat(status.getJobs()).isEqualTo(300L * KILLS);
  }

  @Test
  void acknowledgedBlobsSurviveAKill() throws Exception {
    TestClient client = new TestClient(connection, new SplittableRandom(1));
    byte[] bytes = new byte[300_000];
    new SplittableRandom(2).nextBytes(bytes);
    Blob blob =
        Blob.newBuilder()
            .setSha256(ByteString.copyFrom(MessageDigest.getInstance("SHA-256").digest(bytes)))
            .setSizeBytes(bytes.length)
            .build();
    for (int offset = 0; offset < bytes.length; offset += 100_000) {
      client.send(
          Operation.newBuilder()
              .setPutBlob(
                  PutBlob.newBuilder()
                      .setBlob(blob)
                      .setOffset(offset)
                      .setData(ByteString.copyFrom(bytes, offset, 100_000)))
              .build());
    }
    client.awaitApplied();
    queue.kill();
    queue.start();

    ByteArrayOutputStream fetched = new ByteArrayOutputStream();
    connection.fetch(blob, fetched, SOON);
    assertThat(fetched.toByteArray()).isEqualTo(bytes);
    assertThatThrownBy(
            () ->
                connection.fetch(
                    blob.toBuilder().setSizeBytes(1).build(), new ByteArrayOutputStream(), SOON))
        .hasMessageContaining("NOT_FOUND");
  }

  @Test
  void aWrongKeyOpensNothing() throws Exception {
    Endpoint right = queue.locate();
    Endpoint wrong = new Endpoint(right.host(), right.port(), "wrong");
    try (QueueConnection stranger = new QueueConnection(() -> wrong)) {
      assertThatThrownBy(() -> stranger.read(pools(), SOON))
          .isInstanceOf(QueueUnreachableException.class)
          .hasMessageContaining("UNAUTHENTICATED")
          .hasMessageContaining("the key is missing or wrong");
    }
  }

  @Test
  void aDirectoryInUseIsRefusedAndItsOwnerGoesOn() throws Exception {
    Process second = queue.command(queue.directory()).redirectErrorStream(true).start();
    String said = new String(second.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(second.waitFor()).isEqualTo(QueueMain.EXIT_IN_USE);
    assertThat(said).contains("the queue can't start").contains(queue.directory().toString());
    assertThat(connection.read(pools(), SOON).hasPools()).isTrue();
  }

  @Test
  void halfOpenConnectionsAreInNobodysWay() throws Exception {
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 1_000; i++) {
        silent.add(new Socket(InetAddress.getLoopbackAddress(), queue.locate().port()));
      }
      assertThat(connection.read(pools(), SOON).hasPools()).isTrue();
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }
}
