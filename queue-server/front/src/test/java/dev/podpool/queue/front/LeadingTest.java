package dev.podpool.queue.front;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.Entry;
import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.queue.loop.BlobStore;
import dev.podpool.queue.loop.Log;
import dev.podpool.queue.loop.LoopMetrics;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.rpc.Endpoint;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.rpc.QueueRpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls to one of several replicas that does not lead. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LeadingTest {

  private static final String KEY = "0123456789abcdef";
  private static final ReadRequest QUESTION =
      ReadRequest.newBuilder().setPools(PoolsQuery.getDefaultInstance()).build();

  private final Elected log = new Elected();
  private final QueueLoop queue = QueueLoop.on(log, BlobStore.NONE, LoopMetrics.NONE, cause -> {});
  private QueueFront front;
  private QueueConnection connection;

  /** A log whose leader the test elects. */
  private static final class Elected implements Log {

    private Replica replica;
    private volatile String leader;
    private final CountDownLatch asked = new CountDownLatch(1);

    @Override
    public void start(Replica driven) {
      replica = driven;
    }

    @Override
    public void append(Entry entry) {
      replica.apply(entry);
    }

    @Override
    public @Nullable String leader() {
      asked.countDown();
      return leader;
    }

    void elect() {
      replica.lead(1);
    }

    @Override
    public void close() {}
  }

  @BeforeEach
  void start() throws IOException {
    queue.start();
    front =
        new QueueFront(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            queue,
            new QueueFront.Parts(
                new SharedKey(KEY, "local"),
                () -> null,
                blob -> null,
                10,
                null,
                Map.of("queue-1", "127.0.0.1:1")));
    connection = new QueueConnection(() -> new Endpoint("127.0.0.1", front.port(), KEY));
  }

  @AfterEach
  void stop() {
    connection.close();
    front.close();
    queue.close();
  }

  private CompletableFuture<ReadResponse> ask() {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return connection.read(QUESTION, Duration.ofSeconds(20));
          } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
          }
        });
  }

  @Test
  void whoCallsDuringAnElectionIsAnsweredWhenItIsOver() throws Exception {
    CompletableFuture<ReadResponse> answer = ask();
    log.asked.await();
    log.elect();
    assertThat(answer.get().hasPools()).isTrue();
  }

  @Test
  void whereNobodyIsElectedWhoCallsIsToldSo() {
    assertThat(ask())
        .failsWithin(Duration.ofSeconds(20))
        .withThrowableOfType(ExecutionException.class)
        .withMessageContaining("no replica of the queue leads");
  }

  @Test
  void whereAnotherIsKnownToLeadWhoCallsIsToldWhichAtOnce() {
    log.leader = "queue-1";
    assertThat(ask())
        .failsWithin(Duration.ofSeconds(20))
        .withThrowableOfType(ExecutionException.class)
        .withMessageContaining("follows; queue-1 leads");
  }

  @Test
  void whoeverLeadsSendsNobodyElsewhere() {
    Leading leading = new Leading(queue, Map.of("queue-1", "127.0.0.1:1"));
    assertThat(leading.trailers().get(QueueRpc.LEADER)).as("nobody leads").isEmpty();
    log.leader = "queue-1";
    assertThat(leading.trailers().get(QueueRpc.LEADER)).isEqualTo("127.0.0.1:1");

    log.elect();
    log.leader = "queue-0";

    assertThat(leading.trailers().containsKey(QueueRpc.LEADER)).isFalse();
  }
}
