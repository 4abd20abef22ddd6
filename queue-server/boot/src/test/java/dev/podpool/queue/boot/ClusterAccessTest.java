package dev.podpool.queue.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.CancelJob;
import dev.podpool.protocol.CordonWorker;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.DeletePool;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.DropDead;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.GiveCredit;
import dev.podpool.protocol.JoinPool;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.OutputQuery;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.PoolsChange;
import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.ReleaseJob;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.ReportWorkerEnd;
import dev.podpool.protocol.RetryDead;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.protocol.WatchJob;
import dev.podpool.queue.kubernetes.ClusterAccess;
import dev.podpool.queue.kubernetes.PodAccount;
import dev.podpool.rpc.AccessDirectory;
import dev.podpool.rpc.Endpoint;
import dev.podpool.rpc.PoolsWatcher;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.rpc.QueueUnreachableException;
import dev.podpool.session.QueueSession;
import dev.podpool.session.RandomId;
import dev.podpool.session.SessionHandler;
import dev.podpool.testing.Authority;
import dev.podpool.testing.FakeApiServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole server as on a cluster, with TLS, before an API server that only tests have. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClusterAccessTest {

  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String NAME = "q-queue.search.svc";

  @TempDir private Path home;
  private FakeApiServer api;
  private ClusterAccess access;
  private QueueServer server;
  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    api = new FakeApiServer(home.resolve("account"));
    access =
        new ClusterAccess(
            "q",
            new PodAccount(api.uri(), api.files()),
            Files.createDirectories(home.resolve("queue")));
    server =
        new QueueServer(
            new QueueServer.Settings(
                home.resolve("queue"),
                null,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                access.authenticator(),
                new QueueServer.Tls(access.identity(), access::lacking),
                null,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                0,
                Throwable::printStackTrace));
  }

  private void enrol() {
    access.start();
    await(() -> access.lacking() == null);
  }

  private static void await(BooleanSupplier what) {
    while (!what.getAsBoolean()) {
      if (Thread.interrupted()) {
        throw new AssertionError("it did not come about in time");
      }
      Thread.onSpinWait();
    }
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
    server.close();
    access.close();
    api.close();
  }

  private Endpoint endpoint(String token) throws IOException {
    try {
      return new Endpoint(
          "127.0.0.1", server.port(), token, new Endpoint.Trust(api.operator.pem(), NAME));
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  private QueueConnection connection(String token) {
    return connection(() -> endpoint(token));
  }

  private QueueConnection connection(Endpoint.Source source) {
    QueueConnection connection = new QueueConnection(source);
    open.add(connection);
    return connection;
  }

  private static ReadRequest pools() {
    return ReadRequest.newBuilder().setPools(PoolsQuery.getDefaultInstance()).build();
  }

  private void read(String token) throws Exception {
    var unused = connection(token).read(pools(), SOON);
  }

  /** Tells what became of each operation. */
  private static final class Session implements SessionHandler {
    private static final Refusal DONE = Refusal.getDefaultInstance();
    private final BlockingQueue<Refusal> answers = new LinkedBlockingQueue<>();
    private final CompletableFuture<Refusal> end = new CompletableFuture<>();
    private final QueueSession session;

    Session(QueueConnection connection, OpenSession.Builder as) {
      session = connection.open(as.build(), this, Duration.ofSeconds(3));
    }

    static OpenSession.Builder client() {
      return OpenSession.newBuilder().setNonce(RandomId.next());
    }

    /** The code that it is refused with; none where it is done. */
    ErrorCode send(Operation.Builder operation) throws InterruptedException {
      return ask(operation).getCode();
    }

    Refusal ask(Operation.Builder operation) throws InterruptedException {
      session.send(operation.build());
      Refusal answer = answers.poll(20, TimeUnit.SECONDS);
      assertThat(answer).as("answer to " + operation).isNotNull();
      return answer;
    }

    @Override
    public void onDelivery(Delivery delivery) {}

    @Override
    public void onReply(Operation operation, Reply reply) {
      answers.add(reply.hasRefusal() ? reply.getRefusal() : DONE);
    }

    @Override
    public void onDone(Operation operation) {
      answers.add(DONE);
    }

    @Override
    public void onEnd(Refusal reason) {
      end.complete(reason);
      answers.add(reason);
    }
  }

  private static Operation.Builder define() {
    return Operation.newBuilder()
        .setDefinePool(DefinePool.newBuilder().setPool("p").setUid("u").setMaxAttempts(3));
  }

  private static Operation.Builder submit(ByteString job) {
    return Operation.newBuilder()
        .setSubmitJob(
            SubmitJob.newBuilder()
                .setJobId(job)
                .setPool("p")
                .setChunk(1)
                .setComplete(true)
                .setInputs(
                    Payloads.newBuilder()
                        .setCount(1)
                        .setData(ByteString.copyFrom(new byte[] {1, 0}))));
  }

  private String operator() {
    api.allow("podpool:operator", "manage", "read");
    return api.token("podpool:operator", HOUR);
  }

  // ---- its certificate

  @Test
  void withoutACertificateItIsNotReadyAndNobodyConnects() throws Exception {
    api.signs = false;
    access.start();
    api.allow("search:app", "read");
    assertThat(monitor("/healthz")).contains("503", "no certificate yet", "kubectl get csr");
    assertThat(monitor("/livez")).contains("200", "is durable and applied");
    assertThatThrownBy(() -> read(api.token("search:app", HOUR)))
        .isInstanceOf(QueueUnreachableException.class)
        .hasMessageMatching(
            "(?s).*(TLS negotiation|no TLS came about).*"); // whichever end notices first

    api.signs = true;
    await(() -> access.lacking() == null);

    assertThat(monitor("/healthz")).contains("200", "is durable and applied");
    read(api.token("search:app", HOUR));
  }

  private String monitor(String path) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.monitorPort() + path))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    return answer.statusCode() + " " + answer.body();
  }

  @Test
  void aCertificateOfAnotherAuthorityOrForAnotherNameIsRefusedAndSaysSo() throws Exception {
    enrol();
    api.allow("search:app", "read");
    String token = api.token("search:app", HOUR);
    String stranger = new Authority("stranger").pem();
    var ofStranger =
        connection(
            () ->
                new Endpoint(
                    "127.0.0.1", server.port(), token, new Endpoint.Trust(stranger, NAME)));
    assertThatThrownBy(() -> ofStranger.read(pools(), SOON))
        .isInstanceOf(QueueUnreachableException.class)
        .hasMessageContaining("its certificate is not one to trust");
    String authority = api.operator.pem();
    var ofAnother =
        connection(
            () ->
                new Endpoint(
                    "127.0.0.1",
                    server.port(),
                    token,
                    new Endpoint.Trust(authority, "other-queue.search.svc")));
    assertThatThrownBy(() -> ofAnother.read(pools(), SOON))
        .hasMessageContaining("its certificate is not one to trust")
        .hasMessageContaining("other-queue.search.svc");
    assertThat(api.tokenReviews).hasValue(0);
  }

  // ---- who comes in

  @Test
  void aRightTokenComesInAndAWrongOneDoesNot() throws Exception {
    enrol();
    api.allow("search:app", "read");
    read(api.token("search:app", HOUR));
    assertThatThrownBy(() -> read("e30.e30.wrong"))
        .hasMessageContaining("UNAUTHENTICATED")
        .hasMessageContaining("audience podpool.dev")
        .satisfies(e -> assertThat(((QueueUnreachableException) e).isForGood()).isTrue());
    assertThatThrownBy(() -> read("")).hasMessageContaining("no token was shown");
  }

  @Test
  void aTokenForAnotherAudienceIsNone() throws Exception {
    enrol();
    api.allow("search:app", "read");
    api.audience = "https://kubernetes.default.svc";
    assertThatThrownBy(() -> read(api.token("search:app", HOUR)))
        .hasMessageContaining("UNAUTHENTICATED");
    api.audience = ""; // who reviews it does not know of audiences
    assertThatThrownBy(() -> read(api.token("search:app", HOUR)))
        .hasMessageContaining("the token is not for audience podpool.dev");
  }

  @Test
  void anAccountWithoutTheRightIsToldWhoLacksWhatAndHowToGiveIt() throws Exception {
    enrol();
    assertThatThrownBy(() -> read(api.token("elsewhere:app", HOUR)))
        .hasMessageContaining("PERMISSION_DENIED: system:serviceaccount:elsewhere:app may not read")
        .hasMessageContaining(
            "kubectl -n search create rolebinding podpool-viewer-app"
                + " --clusterrole=podpool-viewer --serviceaccount=elsewhere:app");
  }

  // ---- what they may

  @Test
  void eachKindOfOperationNeedsItsRightAndTheSessionGoesOn() throws Exception {
    enrol();
    Session operator = new Session(connection(operator()), Session.client());
    assertThat(operator.send(define())).isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);
    api.allow("search:viewer", "read");
    Session viewer = new Session(connection(api.token("search:viewer", HOUR)), Session.client());
    ByteString job = RandomId.next();
    for (Operation.Builder refused :
        List.of(
            define(),
            Operation.newBuilder().setDeletePool(DeletePool.newBuilder().setPool("p")),
            Operation.newBuilder().setCordonWorker(CordonWorker.newBuilder().setPool("p")),
            Operation.newBuilder()
                .setReportWorkerEnd(ReportWorkerEnd.newBuilder().setNonce(RandomId.next())),
            submit(job),
            Operation.newBuilder().setCancelJob(CancelJob.newBuilder().setJobId(job)),
            Operation.newBuilder().setReleaseJob(ReleaseJob.newBuilder().setJobId(job)),
            Operation.newBuilder().setRetryDead(RetryDead.newBuilder().setJobId(job)),
            Operation.newBuilder().setDropDead(DropDead.newBuilder().setJobId(job)),
            Operation.newBuilder().setGiveCredit(GiveCredit.newBuilder().setWindow(1)))) {
      assertThat(viewer.send(refused))
          .as(refused.toString())
          .isEqualTo(ErrorCode.PERMISSION_DENIED);
    }
    assertThat(viewer.send(Operation.newBuilder().setWatchJob(WatchJob.newBuilder().setJobId(job))))
        .isEqualTo(ErrorCode.JOB_UNKNOWN);
    assertThat(operator.send(submit(job))).isEqualTo(ErrorCode.PERMISSION_DENIED);
    assertThat(viewer.end).isNotDone();
    assertThat(operator.end).isNotDone();
  }

  @Test
  void whoMaySubmitMayEndItsOwnJobsAndNobodyElses() throws Exception {
    enrol();
    Session operator = new Session(connection(operator()), Session.client());
    operator.send(define());
    api.allow("search:one", "submit");
    api.allow("search:two", "submit");
    Session one = new Session(connection(api.token("search:one", HOUR)), Session.client());
    Session two = new Session(connection(api.token("search:two", HOUR)), Session.client());
    ByteString job = RandomId.next();
    assertThat(one.send(submit(job))).isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);
    Operation.Builder cancel =
        Operation.newBuilder().setCancelJob(CancelJob.newBuilder().setJobId(job));
    assertThat(two.send(cancel)).isEqualTo(ErrorCode.PERMISSION_DENIED);
    assertThat(two.send(Operation.newBuilder().setWatchJob(WatchJob.newBuilder().setJobId(job))))
        .isEqualTo(ErrorCode.PERMISSION_DENIED);
    assertThat(one.send(cancel)).isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);
    assertThat(
            one.send(Operation.newBuilder().setReleaseJob(ReleaseJob.newBuilder().setJobId(job))))
        .isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);
    assertThat(two.send(Operation.newBuilder().setJoinPool(JoinPool.newBuilder().setPool("p"))))
        .isEqualTo(ErrorCode.PERMISSION_DENIED);
  }

  @Test
  void eachCallNeedsItsRight() throws Exception {
    enrol();
    api.allow("search:app", "submit");
    QueueConnection app = connection(api.token("search:app", HOUR));
    assertThatThrownBy(() -> app.read(pools(), SOON)).hasMessageContaining("may not read");
    assertThatThrownBy(
            () -> app.follow(OutputQuery.newBuilder().setNoFollow(true).build(), any -> {}))
        .hasMessageContaining("may not read");
    assertThatThrownBy(
            () ->
                app.fetch(
                    dev.podpool.protocol.Blob.getDefaultInstance(),
                    java.io.OutputStream.nullOutputStream(),
                    SOON))
        .hasMessageContaining("PERMISSION_DENIED");
    CompletableFuture<String> lost = new CompletableFuture<>();
    try (PoolsWatcher watcher =
        new PoolsWatcher(
            app,
            new PoolsWatcher.Listener() {
              @Override
              public void changed(PoolsChange change, boolean isAll) {}

              @Override
              public void lost(String why) {
                lost.complete(why);
              }
            })) {
      watcher.start();
      assertThat(lost.get(20, TimeUnit.SECONDS)).contains("may not manage", "for the operator");
    }
    Session stranger =
        new Session(connection(api.token("search:stranger", HOUR)), Session.client());
    assertThat(stranger.end.get(20, TimeUnit.SECONDS).getMessage())
        .contains("PERMISSION_DENIED", "system:serviceaccount:search:stranger may not work")
        .contains("; and system:serviceaccount:search:stranger may not submit");
  }

  // ---- workers

  private static OpenSession.Builder worker(String name, String uid) {
    return OpenSession.newBuilder()
        .setNonce(RandomId.of(UUID.fromString(uid)))
        .setPool("p")
        .setWorker(name)
        .setSlots(1);
  }

  private static Operation.Builder credit() {
    return Operation.newBuilder().setGiveCredit(GiveCredit.newBuilder().setWindow(1));
  }

  @Test
  void aWorkerIsThePodThatItsTokenIsBoundTo() throws Exception {
    enrol();
    new Session(connection(operator()), Session.client()).send(define());
    api.allow("search:q-queue-worker", "work");
    String uid = UUID.randomUUID().toString();
    String token = api.token("search:q-queue-worker", HOUR, "p-0", uid);
    Session right = new Session(connection(token), worker("p-0", uid));
    assertThat(right.send(credit())).isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);

    Session otherName = new Session(connection(token), worker("p-1", uid));
    assertThat(otherName.end.get(20, TimeUnit.SECONDS).getMessage())
        .contains("the token of pod p-0", "no right to be worker p-1");
    Session otherPool = new Session(connection(token), worker("p-0", uid).setPool("q"));
    assertThat(otherPool.end.get(20, TimeUnit.SECONDS).getMessage())
        .contains("pod p-0 is none of pool 'q'", "named q-N");
    Session otherUid = new Session(connection(token), worker("p-0", UUID.randomUUID().toString()));
    assertThat(otherUid.end.get(20, TimeUnit.SECONDS).getMessage()).contains("no right to be");
    Session unbound =
        new Session(connection(api.token("search:q-queue-worker", HOUR)), worker("p-0", uid));
    assertThat(unbound.end.get(20, TimeUnit.SECONDS).getMessage()).contains("bound to no pod");
    api.allow("search:app", "submit");
    Session noWorker =
        new Session(connection(api.token("search:app", HOUR, "p-0", uid)), worker("p-0", uid));
    assertThat(noWorker.end.get(20, TimeUnit.SECONDS).getMessage())
        .contains("may not work", "--clusterrole=podpool-worker");
    assertThat(right.send(credit())).isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);
  }

  // ---- while it lasts

  @Test
  void whenATokenExpiresTheSessionGoesOnWithTheNextOne(@TempDir Path mounted) throws Exception {
    enrol();
    api.allow("podpool:operator", "manage", "read");
    Files.writeString(mounted.resolve("endpoint"), "127.0.0.1:" + server.port());
    Files.writeString(mounted.resolve("ca.crt"), api.operator.pem());
    Path token = mounted.resolve("token");
    Files.writeString(token, api.token("podpool:operator", Duration.ofSeconds(3)));
    AccessDirectory directory = new AccessDirectory(mounted);
    Session session =
        new Session(
            connection(
                () -> {
                  Endpoint there = directory.locate();
                  return new Endpoint(
                      there.host(),
                      there.port(),
                      there.key(),
                      new Endpoint.Trust(there.trust().authorities(), NAME));
                }),
            Session.client());
    assertThat(session.send(define())).isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);
    int reviews = api.tokenReviews.get();

    Files.writeString(token, api.token("podpool:operator", HOUR)); // as a kubelet does
    // The call with the first ends, and another begins.
    await(() -> api.tokenReviews.get() > reviews);

    assertThat(session.send(define())).isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);
    assertThat(session.end).isNotDone();
  }

  @Test
  void whileTheApiServerIsDownWhoIsInGoesOnAndNobodyElseComesIn() throws Exception {
    enrol();
    Session operator = new Session(connection(operator()), Session.client());
    assertThat(operator.send(define())).isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);

    api.isUp = false;

    assertThat(operator.send(define())).isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);
    api.allow("search:app", "read");
    assertThatThrownBy(() -> read(api.token("search:app", HOUR)))
        .hasMessageContaining("UNAVAILABLE")
        .hasMessageContaining("HTTP 503: out of order")
        .satisfies(e -> assertThat(((QueueUnreachableException) e).isForGood()).isFalse());
  }
}
