package dev.podpool.queue.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.JobsQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.Reply;
import dev.podpool.queue.front.SharedKey;
import dev.podpool.rpc.Endpoint;
import dev.podpool.rpc.QueueConnection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A small disk that fills up, and has room again. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FullDiskTest {

  private static final long RESERVE_BYTES = 64L << 20;
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir private Path directory;
  private Path disk;

  @BeforeEach
  void mount() throws Exception {
    disk = Files.createDirectory(directory.resolve("disk"));
    Process mounted =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=128m", "tmpfs", disk.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(mounted.getInputStream().readAllBytes());
    assumeTrue(mounted.waitFor() == 0, "a small disk takes root, to mount: " + said);
  }

  @AfterEach
  void unmount() throws Exception {
    new ProcessBuilder("umount", "--lazy", disk.toString()).start().waitFor();
  }

  private void fill(long bytes) throws IOException {
    Files.write(disk.resolve("ballast"), new byte[(int) bytes]);
  }

  @Test
  void roomIsWhatIsFreeBeyondTheReserveAndIsLookedForAgain() throws Exception {
    DiskRoom room = new DiskRoom(disk, RESERVE_BYTES);
    assertThat(room.lacking()).isNull();
    fill(80 << 20);
    // Once it has looked, it says so until it looks again.
    String lacking = room.lacking();
    while (lacking == null) {
      lacking = room.lacking();
    }
    assertThat(lacking).contains("48 MiB free", "keeps 64 in reserve", disk.toString());
    Files.delete(disk.resolve("ballast"));
    while (room.lacking() != null) {
      Thread.onSpinWait(); // the test's time bounds it
    }
  }

  @Test
  void aFullDiskTakesNoNewJobsTakesReportsAndRecovers() throws Exception {
    QueueServer.Settings settings =
        new QueueServer.Settings(
            disk.resolve("queue"),
            null,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            new SharedKey(QueueProcess.KEY, "local"),
            null,
            null,
            null,
            RESERVE_BYTES,
            cause -> {
              throw new AssertionError(cause);
            });
    Files.createDirectory(settings.directory());
    SplittableRandom random = new SplittableRandom(1);
    try (QueueServer server = new QueueServer(settings);
        QueueConnection connection =
            new QueueConnection(() -> new Endpoint("127.0.0.1", server.port(), QueueProcess.KEY))) {
      TestClient client = new TestClient(connection, random);
      for (int i = 0; i < 20; i++) {
        client.submit(10);
      }
      client.awaitApplied();
      fill(80 << 20);
      Reply refused = null;
      while (refused == null) {
        client.submitUnnoted(1);
        refused = client.replies.poll(100, TimeUnit.MILLISECONDS);
      }
      assertThat(refused.getRefusal().getCode()).isEqualTo(ErrorCode.QUEUE_FULL);
      assertThat(refused.getRefusal().getMessage()).contains("in reserve; free space");

      // A worker comes now; what it reports and what the client confirms is taken.
      var _ = new TestWorker(connection, random, "w");
      client.awaitUnended(0);
      assertThat(
              connection
                  .read(
                      ReadRequest.newBuilder().setJobs(JobsQuery.getDefaultInstance()).build(),
                      SOON)
                  .getJobs()
                  .getJobsList())
          .allMatch(job -> job.getEnded() == job.getItems());

      Files.delete(disk.resolve("ballast"));
      client.replies.clear();
      Reply again = refused;
      while (again != null) {
        client.submitUnnoted(1);
        again = client.replies.poll(500, TimeUnit.MILLISECONDS);
      }
    }
  }
}
