package dev.podpool.queue.boot;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.AddItems;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.ReportItems;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Much of everything at once, in the gigabyte that the queue's process has. Prints what it saw. */
@Execution(ExecutionMode.SAME_THREAD) // each has the machine for itself
@Tag("load")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoadTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private QueueProcess queue;
  private QueueConnection connection;

  @BeforeEach
  void start() throws IOException, InterruptedException {
    queue =
        new QueueProcess(
            directory, "-Xmx1g", "-XX:+ExitOnOutOfMemoryError", "-XX:TieredStopAtLevel=4");
    connection = new QueueConnection(queue);
  }

  @AfterEach
  void stop() throws IOException {
    connection.close();
    queue.close();
  }

  /** Sends, and waits until it is applied. */
  private static final class Sender implements SessionHandler {
    final BlockingQueue<Reply> replies = new LinkedBlockingQueue<>();
    QueueSession session;

    void awaitApplied() throws InterruptedException {
      session.send(Operation.newBuilder().setReportItems(ReportItems.getDefaultInstance()).build());
      Reply answer = replies.poll(120, TimeUnit.SECONDS);
      assertThat(answer).isNotNull();
      assertThat(answer.getRefusal().getCode()).isEqualTo(ErrorCode.WRONG_SESSION_KIND);
    }

    @Override
    public void onDelivery(Delivery delivery) {}

    @Override
    public void onReply(Operation operation, Reply reply) {
      replies.add(reply);
    }

    @Override
    public void onEnd(Refusal reason) {
      replies.add(Reply.newBuilder().setRefusal(reason).build());
    }
  }

  private Sender sender() {
    Sender sender = new Sender();
    sender.session =
        connection.open(TestClient.open(new SplittableRandom(1)).build(), sender, SOON);
    sender.session.send(
        Operation.newBuilder()
            .setDefinePool(DefinePool.newBuilder().setPool("p").setUid("u").setMaxAttempts(3))
            .build());
    return sender;
  }

  private static Payloads.Builder items(int count) {
    ByteString.Output run = ByteString.newOutput();
    for (int i = 0; i < count; i++) {
      run.write(8);
      for (int b = 0; b < 8; b++) {
        run.write(i >> b);
      }
    }
    return Payloads.newBuilder().setCount(count).setData(run.toByteString());
  }

  private static SubmitJob.Builder job(ByteString id) {
    return SubmitJob.newBuilder().setJobId(id).setPool("p").setFunctionName("f").setChunk(100);
  }

  private PoolStatus pool() throws Exception {
    return connection
        .read(ReadRequest.newBuilder().setPools(PoolsQuery.getDefaultInstance()).build(), SOON)
        .getPools()
        .getPools(0);
  }

  /** Kills it, and says how long it takes until it serves what it had. */
  private void restartWith(long ready, long jobs) throws Exception {
    String memory = memory();
    long bytes = logBytes();
    queue.kill();
    long killed = System.nanoTime();
    queue.start();
    long millis = (System.nanoTime() - killed) / 1_000_000;
    PoolStatus pool = pool();
    assertThat(pool.getReady()).isEqualTo(ready);
    assertThat(pool.getJobs()).isEqualTo(jobs);
    System.out.printf(
        "%d items in %d jobs: %s, %d MiB on disk, restarted in %d ms, then %s%n",
        ready, jobs, memory, bytes >> 20, millis, memory());
    assertThat(millis).as("restart in ms").isLessThan(10_000);
  }

  private long logBytes() throws IOException {
    try (Stream<Path> files = Files.walk(queue.directory())) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  private String memory() throws IOException {
    String status = Files.readString(Path.of("/proc/" + queue.handle().pid() + "/status"));
    Matcher resident = Pattern.compile("VmRSS:\\s+(\\d+) kB").matcher(status);
    assertThat(resident.find()).isTrue();
    return Long.parseLong(resident.group(1)) / 1024 + " MiB resident";
  }

  @Test
  void aMillionQueuedItemsFitAndAreThereSoonAfterAKill() throws Exception {
    Sender sender = sender();
    ByteString id = TestClient.id(new SplittableRandom(2));
    sender.session.send(Operation.newBuilder().setSubmitJob(job(id)).build());
    int piece = 20_000;
    for (int first = 0; first < 1_000_000; first += piece) {
      sender.session.send(
          Operation.newBuilder()
              .setAddItems(
                  AddItems.newBuilder()
                      .setJobId(id)
                      .setFirst(first)
                      .setInputs(items(piece))
                      .setComplete(first + piece == 1_000_000))
              .build());
    }
    sender.awaitApplied();
    restartWith(1_000_000, 1);
  }

  @Test
  void aHundredThousandJobsFitAndAreThereSoonAfterAKill() throws Exception {
    Sender sender = sender();
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 100_000; i++) {
      sender.session.send(
          Operation.newBuilder()
              .setSubmitJob(job(TestClient.id(random)).setInputs(items(1)).setComplete(true))
              .build());
    }
    sender.awaitApplied();
    restartWith(100_000, 100_000);
  }

  @Test
  void tenThousandSessionsStayConnected() throws Exception {
    int sessions = 10_000;
    CountDownLatch opened = new CountDownLatch(sessions);
    AtomicInteger ended = new AtomicInteger();
    SplittableRandom random = new SplittableRandom(4);
    // Some forty connections, as from as many processes.
    List<QueueConnection> processes = new ArrayList<>();
    try {
      for (int i = 0; i < sessions; i++) {
        if (i % 250 == 0) {
          processes.add(new QueueConnection(queue));
        }
        QueueSession session =
            processes
                .getLast()
                .open(
                    TestClient.open(random).build(),
                    new SessionHandler() {
                      @Override
                      public void onDelivery(Delivery delivery) {}

                      @Override
                      public void onReply(Operation operation, Reply reply) {
                        opened.countDown();
                      }

                      @Override
                      public void onEnd(Refusal reason) {
                        ended.incrementAndGet();
                      }
                    },
                    SOON);
        // Is refused, which says that the session is open.
        session.send(
            Operation.newBuilder().setReportItems(ReportItems.getDefaultInstance()).build());
      }
      assertThat(opened.await(120, TimeUnit.SECONDS)).isTrue();
      Duration before = queue.handle().info().totalCpuDuration().orElseThrow();
      long from = System.nanoTime();
      // A session's term and a half, in which each of them must be heard.
      Sender sender = sender();
      while (System.nanoTime() - from < 15_000_000_000L) {
        sender.awaitApplied();
      }
      double seconds = (System.nanoTime() - from) / 1e9;
      Duration used = queue.handle().info().totalCpuDuration().orElseThrow().minus(before);
      System.out.printf(
          "10000 sessions: %s, %.0f%% of a core, with one that asks without a pause%n",
          memory(), used.toMillis() / seconds / 10);
      assertThat(ended).hasValue(0);
    } finally {
      processes.forEach(QueueConnection::close);
    }
  }

  @Test
  void tenThousandHalfOpenConnectionsAreInNobodysWay() throws Exception {
    List<Socket> silent = new ArrayList<>();
    try {
      Sender sender = sender();
      for (int i = 0; i < 10_000; i++) {
        silent.add(new Socket(InetAddress.getLoopbackAddress(), queue.locate().port()));
        if (i % 1_000 == 0) {
          sender.awaitApplied();
        }
      }
      sender.awaitApplied();
      try (QueueConnection other = new QueueConnection(queue)) {
        assertThat(
                other
                    .read(
                        ReadRequest.newBuilder().setPools(PoolsQuery.getDefaultInstance()).build(),
                        SOON)
                    .hasPools())
            .isTrue();
      }
      try (Stream<Path> open = Files.list(Path.of("/proc/" + queue.handle().pid() + "/fd"))) {
        long files = open.count();
        System.out.printf("10000 half-open connections: %s, %d files open%n", memory(), files);
        assertThat(files).isLessThan(2_000);
      }
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void aQueueThatIsStoppedForLongerThanATermLosesNoSession() throws Exception {
    TestClient client = new TestClient(connection, new SplittableRandom(5));
    for (int i = 0; i < 200; i++) {
      client.submit(10);
    }
    client.awaitApplied();
    QueueProcess.signal(queue.handle(), "STOP");
    try {
      // Nothing comes of it but the passing of time: the session's term, and half of another.
      assertThat(client.ends.poll(15, TimeUnit.SECONDS)).isNull();
    } finally {
      QueueProcess.signal(queue.handle(), "CONT");
    }
    var _ = new TestWorker(connection, new SplittableRandom(6), "w");
    client.awaitUnended(0); // fails if its session has ended
    assertThat(client.ends).isEmpty();
  }
}
