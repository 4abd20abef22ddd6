package dev.podpool.queue.front;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.DeletePool;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.PoolsChange;
import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.PublishedPool;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.Refusal;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.rpc.Endpoint;
import dev.podpool.rpc.PoolsWatcher;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Watched pools over real connections. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PoolWatchesTest {

  private static final String KEY = "0123456789abcdef";

  private final QueueLoop queue = QueueLoop.inMemory();
  private final BlockingQueue<Object> told = new LinkedBlockingQueue<>();
  private QueueFront front;
  private QueueConnection connection;
  private PoolsWatcher watcher;
  private QueueSession session;

  @BeforeEach
  void start() throws IOException {
    front = front(0);
    int port = front.port();
    connection = new QueueConnection(() -> new Endpoint("127.0.0.1", port, KEY));
    session =
        queue.open(
            OpenSession.newBuilder().setNonce(ByteString.copyFrom(new byte[16])).build(),
            new SessionHandler() {
              @Override
              public void onDelivery(Delivery delivery) {}

              @Override
              public void onEnd(Refusal reason) {}
            });
    watcher =
        new PoolsWatcher(
            connection,
            new PoolsWatcher.Listener() {
              @Override
              public void changed(PoolsChange change, boolean isAll) {
                told.add(isAll ? "all" : "more");
                told.add(change);
              }

              @Override
              public void lost(String why) {
                told.add("lost");
              }
            });
  }

  private QueueFront front(int port) throws IOException {
    return new QueueFront(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
        queue,
        new QueueFront.Parts(new SharedKey(KEY, "local"), () -> null, blob -> null, 100));
  }

  @AfterEach
  void stop() {
    watcher.close();
    connection.close();
    front.close();
    queue.close();
  }

  private void define(String pool) {
    session.send(
        Operation.newBuilder()
            .setDefinePool(
                DefinePool.newBuilder().setPool(pool).setUid(pool + "-uid").setMaxAttempts(1))
            .build());
  }

  private Object next() throws InterruptedException {
    Object next = told.poll(20, TimeUnit.SECONDS);
    assertThat(next).isNotNull();
    return next;
  }

  /** The next change that names a pool, whatever indexes pass before. */
  private PoolsChange nextChange() throws InterruptedException {
    while (true) {
      if (next() instanceof PoolsChange change
          && change.getChangedCount() + change.getGoneCount() > 0) {
        return change;
      }
    }
  }

  @Test
  void whoWatchesIsToldAllAndThenWhatChanges() throws Exception {
    define("first");
    watcher.start();
    assertThat(next()).isEqualTo("all");
    assertThat(nextChange().getChangedList())
        .extracting(PoolStatus::getPool)
        .containsExactly("first");

    define("second");
    assertThat(nextChange().getChangedList())
        .extracting(PoolStatus::getPool)
        .containsExactly("second");

    session.send(
        Operation.newBuilder().setDeletePool(DeletePool.newBuilder().setPool("first")).build());
    PoolsChange last = nextChange();
    assertThat(last.getGoneList()).containsExactly("first");
    assertThat(last.getChangedList()).isEmpty();
  }

  @Test
  void theIndexIsToldThoughNoPoolHasChanged() throws Exception {
    define("only");
    watcher.start();
    long index = nextChange().getQueueIndex();

    long probed = queue.probe().get();

    assertThat(probed).isGreaterThan(index);
    assertThat(next()).isEqualTo("more");
    PoolsChange change = (PoolsChange) next();
    assertThat(change.getQueueIndex()).isEqualTo(probed);
    assertThat(change.getChangedCount()).isZero();
  }

  @Test
  void whatIsPublishedCanBeReadWhileWhoPublishesIsThere() throws Exception {
    define("only");
    watcher.start();
    nextChange();
    assertThat(publishedIndex()).isZero();

    watcher.publish(
        PublishedPool.newBuilder().setPool("only").setUid("only-uid").setQueueIndex(7).build());
    await(7);
    watcher.publish(
        PublishedPool.newBuilder().setPool("only").setUid("another").setQueueIndex(9).build());
    await(0);
    watcher.publish(
        PublishedPool.newBuilder().setPool("only").setUid("only-uid").setQueueIndex(8).build());
    await(8);
    watcher.close();
    await(0);
  }

  @Test
  void whoWatchesComesBackByItself() throws Exception {
    define("only");
    int port = front.port();
    watcher.start();
    nextChange();

    front.close();
    while (!next().equals("lost")) {
      // indexes
    }
    front = front(port);

    while (!next().equals("all")) {
      // in vain
    }
    assertThat(nextChange().getChanged(0).getPool()).isEqualTo("only");
  }

  private void await(long index) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (publishedIndex() != index) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private long publishedIndex() throws Exception {
    return connection
        .read(
            ReadRequest.newBuilder().setPools(PoolsQuery.getDefaultInstance()).build(),
            Duration.ofSeconds(10))
        .getPools()
        .getPools(0)
        .getPublishedIndex();
  }
}
