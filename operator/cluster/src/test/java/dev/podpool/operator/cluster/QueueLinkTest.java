package dev.podpool.operator.cluster;

import static dev.podpool.operator.cluster.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.crd.WorkerPoolSpec;
import dev.podpool.operator.control.Control;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.GiveCredit;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.queue.front.QueueFront;
import dev.podpool.queue.front.SharedKey;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.rpc.Endpoint;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.session.QueueSession;
import dev.podpool.session.RandomId;
import dev.podpool.session.SessionHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A link to a real queue. */
class QueueLinkTest {

  private static final String KEY = "0123456789abcdef";

  private final QueueLoop queue = QueueLoop.inMemory();
  private final List<String> news = new CopyOnWriteArrayList<>();
  private final List<String> leftovers = new CopyOnWriteArrayList<>();
  private QueueFront front;
  private int port;
  private QueueLink link;

  @BeforeEach
  void start() throws IOException {
    front = front(0);
    port = front.port();
  }

  private QueueFront front(int onPort) throws IOException {
    return new QueueFront(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), onPort),
        queue,
        new QueueFront.Parts(new SharedKey(KEY, "operator"), () -> null, blob -> null, 100));
  }

  private void connect() {
    link =
        new QueueLink(
            () -> new Endpoint("127.0.0.1", port, KEY),
            news::add,
            process -> {},
            (pool, uid) -> leftovers.add(pool + " " + uid));
  }

  @AfterEach
  void stop() {
    if (link != null) {
      link.close();
    }
    front.close();
    queue.close();
  }

  private static DefinePool definition(String pool) {
    return Control.definition(pool, pool + "-uid", WorkerPoolSpec.defaults());
  }

  private QueueSession session(OpenSession.Builder open) {
    return queue.open(
        open.setNonce(RandomId.next()).build(),
        new SessionHandler() {
          @Override
          public void onDelivery(Delivery delivery) {}

          @Override
          public void onEnd(Refusal reason) {}
        });
  }

  private void submit(String pool) {
    session(OpenSession.newBuilder())
        .send(
            Operation.newBuilder()
                .setSubmitJob(
                    SubmitJob.newBuilder()
                        .setJobId(RandomId.next())
                        .setPool(pool)
                        .setFunctionName("any")
                        .setChunk(1)
                        .setInputs(
                            Payloads.newBuilder()
                                .setCount(1)
                                .setData(ByteString.copyFrom(new byte[] {1, 7})))
                        .setComplete(true))
                .build());
  }

  @Test
  void aPoolIsDefinedSeenAndDeleted() {
    connect();
    assertThat(link.view("index")).isEqualTo(QueueView.UNHEARD);
    await(() -> link.view("index").reachable(), reachable -> reachable);

    link.define(definition("index"));

    PoolStatus status = await(() -> link.view("index").pool(), pool -> pool != null);
    assertThat(status.getUid()).isEqualTo("index-uid");
    assertThat(link.problem("index")).isEmpty();
    assertThat(news).contains("index");
    link.delete("index", "another");
    link.delete("index", "index-uid");
    await(() -> link.view("index").pool(), pool -> pool == null);
  }

  @Test
  void whyAPoolIsRefusedIsKept() {
    connect();

    link.define(definition("index").toBuilder().setPool("Not a name").build());

    await(
        () -> link.problem("Not a name"), problem -> problem.startsWith("pool name 'Not a name'"));
  }

  @Test
  void aPoolThatNobodyHasAskedAboutIsALeftover() {
    connect();
    link.view("mine");
    link.define(definition("mine"));
    link.define(definition("old"));
    await(() -> link.view("mine").pool(), pool -> pool != null);
    await(() -> queue.read(now -> now.status("old")).join(), pool -> pool != null);
    link.close();

    connect();
    link.view("mine");

    await(() -> leftovers, found -> found.contains("old old-uid"));
    assertThat(leftovers).doesNotContain("mine mine-uid");
  }

  @Test
  void theFirstUnfinishedTaskIsNewsAndTheNextIsNot() {
    connect();
    link.view("index");
    link.define(definition("index"));
    await(() -> link.view("index").pool(), pool -> pool != null);
    news.clear();

    submit("index");

    await(() -> news, all -> all.contains("index"));
    news.clear();
    submit("index");
    await(() -> link.view("index").unfinished(), unfinished -> unfinished == 2);
    assertThat(news).isEmpty();
  }

  @Test
  void whatIsPublishedIsTrueOfLaterIndexesForAsLongAsItIsTrue() {
    connect();
    link.view("index");
    link.define(definition("index"));
    PoolStatus status = await(() -> link.view("index").pool(), pool -> pool != null);

    link.published("index", true, status.getQueueIndex());
    session(OpenSession.newBuilder()); // an entry that has nothing to do with it
    long later = queue.read(machine -> machine.index()).join();
    await(() -> published("index"), index -> index >= later);

    submit("index");
    long submitted = queue.read(machine -> machine.index()).join();
    await(() -> link.view("index").unfinished(), unfinished -> unfinished == 1);
    assertThat(published("index")).isLessThan(submitted);
    link.published("index", false, link.view("index").pool().getQueueIndex());
    await(() -> published("index"), index -> index >= submitted);
  }

  /** As a client that has just submitted would ask. */
  private long published(String pool) {
    try (var client = new QueueConnection(() -> new Endpoint("127.0.0.1", port, KEY))) {
      return client
          .read(
              ReadRequest.newBuilder().setPools(PoolsQuery.newBuilder().setPool(pool)).build(),
              TestCluster.PATIENCE)
          .getPools()
          .getPools(0)
          .getPublishedIndex();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aQueueThatIsLostAndComesBackIsNewsBothTimes() throws IOException {
    connect();
    link.view("index");
    link.define(definition("index"));
    await(() -> link.view("index").pool(), pool -> pool != null);
    news.clear();

    front.close();

    await(() -> link.view("index").reachable(), reachable -> !reachable);
    await(() -> news, all -> all.contains("index"));
    assertThat(link.view("index").pool()).as("as it was").isNotNull();
    news.clear();
    front = front(port);
    await(() -> link.view("index").reachable(), reachable -> reachable);
    await(() -> news, all -> all.contains("index"));
  }

  @Test
  void aWorkerThatJoinsIsNewsAndItsEndFreesItsPlace() {
    connect();
    link.view("index");
    link.define(definition("index"));
    await(() -> link.view("index").pool(), pool -> pool != null);
    QueueSession worker =
        session(OpenSession.newBuilder().setPool("index").setWorker("index-0").setSlots(1));
    worker.send(Operation.newBuilder().setGiveCredit(GiveCredit.newBuilder().setWindow(1)).build());
    await(() -> link.view("index").workers().size(), size -> size == 1);
    ByteString nonce = link.view("index").workers().keySet().iterator().next();
    news.clear();

    link.cordon("index", "index-0", true);
    await(() -> link.view("index").workers().get(nonce).getCordoned(), cordoned -> cordoned);
    await(() -> news, all -> all.contains("index")); // told behind the view
    link.ended(nonce, new PoolQueue.WorkerEnd(-9, "SIGKILL", false));

    await(() -> link.view("index").workers().size(), size -> size == 0);
  }
}
