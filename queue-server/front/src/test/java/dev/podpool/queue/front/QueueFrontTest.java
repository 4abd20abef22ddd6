package dev.podpool.queue.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Assign;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.GiveCredit;
import dev.podpool.protocol.JobsQuery;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.OutputQuery;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.Range;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.ReportItems;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Response;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.protocol.TaskOutput;
import dev.podpool.protocol.WatchJob;
import dev.podpool.queue.loop.BlobStore;
import dev.podpool.queue.loop.LoopMetrics;
import dev.podpool.queue.loop.MemoryLog;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.rpc.Endpoint;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.rpc.QueueRpc;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Over real connections: what one party does must not hurt another. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class QueueFrontTest {

  private static final String KEY = "0123456789abcdef";
  private static final Duration SOON = Duration.ofSeconds(20);

  private final QueueLoop queue =
      QueueLoop.on(new MemoryLog(), BlobStore.NONE, LoopMetrics.NONE, cause -> {});
  private QueueFront front;
  private QueueConnection connection;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws IOException {
    queue.start();
    front = front(0, 2_000);
    connection = new QueueConnection(() -> new Endpoint("127.0.0.1", front.port(), KEY));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", front.port()).usePlaintext().build();
  }

  private QueueFront front(int port, int connectionsMax) throws IOException {
    return new QueueFront(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
        queue,
        new QueueFront.Parts(
            new SharedKey(KEY, "local"), () -> null, blob -> null, connectionsMax));
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    connection.close();
    front.close();
    queue.close();
  }

  private static Metadata headers(String key) {
    Metadata headers = new Metadata();
    headers.put(QueueRpc.AUTHORIZATION, "Bearer " + key);
    return headers;
  }

  /** A call whose caller reads only what it asks for. */
  private final class Call<Q, A> extends ClientCall.Listener<A> {
    final ClientCall<Q, A> call;
    final BlockingQueue<A> told = new LinkedBlockingQueue<>();
    final CompletableFuture<Status> end = new CompletableFuture<>();

    Call(MethodDescriptor<Q, A> method, Metadata headers) {
      call = channel.newCall(method, CallOptions.DEFAULT);
      call.start(this, headers);
    }

    A next() throws InterruptedException {
      call.request(1);
      A next = told.poll(20, TimeUnit.SECONDS);
      assertThat(next).isNotNull();
      return next;
    }

    @Override
    public void onMessage(A message) {
      told.add(message);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      end.complete(status);
    }
  }

  private static ByteString id(long number) {
    return ByteString.copyFrom(ByteBuffer.allocate(16).putLong(number).putLong(number).flip());
  }

  private static Operation submit(long job) {
    byte[] input = new byte[200_000];
    ByteString.Output run = ByteString.newOutput();
    for (int i = 0; i < 8; i++) {
      run.write(0xc0); // 200,000 as a varint
      run.write(0x9a);
      run.write(0x0c);
      run.write(input, 0, input.length);
    }
    return Operation.newBuilder()
        .setSubmitJob(
            SubmitJob.newBuilder()
                .setJobId(id(job))
                .setPool("p")
                .setChunk(1)
                .setComplete(true)
                .setInputs(Payloads.newBuilder().setCount(8).setData(run.toByteString())))
        .build();
  }

  private static Operation definePool() {
    return Operation.newBuilder()
        .setDefinePool(DefinePool.newBuilder().setPool("p").setUid("u").setMaxAttempts(3))
        .build();
  }

  /** The result of an item is its input. */
  private static final class Echo implements SessionHandler {
    private final CompletableFuture<QueueSession> self = new CompletableFuture<>();

    static void start(QueueLoop queue) {
      Echo echo = new Echo();
      QueueSession session =
          queue.open(
              OpenSession.newBuilder()
                  .setNonce(id(-1))
                  .setPool("p")
                  .setWorker("w")
                  .setSlots(1)
                  .build(),
              echo);
      echo.self.complete(session);
      session.send(
          Operation.newBuilder().setGiveCredit(GiveCredit.newBuilder().setWindow(4)).build());
    }

    @Override
    public void onDelivery(Delivery delivery) {
      ReportItems.Builder report = ReportItems.newBuilder();
      Assign assign = delivery.getAssign();
      for (Range range : assign.getRangesList()) {
        report.addOutcomes(
            Outcome.newBuilder()
                .setJobId(range.getJob().getJobId())
                .setLease(range.getLease())
                .setFirst(range.getFirst())
                .setCount(range.getInputs().getCount())
                .setSucceeded(range.getInputs()));
      }
      self.join().send(Operation.newBuilder().setReportItems(report).build());
    }

    @Override
    public void onEnd(Refusal reason) {}
  }

  @Test
  void aSessionThatStopsReadingIsCutOffAndSlowsNobodyElse() throws Exception {
    var control = queue.open(OpenSession.newBuilder().setNonce(id(-2)).build(), ignoring());
    control.send(definePool());
    Echo.start(queue);
    int jobs = 50; // 80 MB of results
    Batch.Builder watches = Batch.newBuilder().setFirstSequence(1);
    for (int job = 0; job < jobs; job++) {
      control.send(submit(job));
      watches.addOperations(
          Operation.newBuilder().setWatchJob(WatchJob.newBuilder().setJobId(id(job))));
    }
    awaitEnded(jobs);
    Call<Request, Response> stalled = new Call<>(QueueRpc.CONVERSE, headers(KEY));
    stalled.call.sendMessage(
        Request.newBuilder()
            .setEpoch(1)
            .setResume(true)
            .setOpen(OpenSession.newBuilder().setNonce(id(-3)))
            .build());
    long session = stalled.next().getReplies(0).getSessionOpened().getSession();
    stalled.call.sendMessage(
        Request.newBuilder().setEpoch(1).setBatch(watches.setSession(session)).build());
    // What it has not confirmed is bounded, so that alone does no harm. Asking for it again does.
    for (int epoch = 2; epoch < 6; epoch++) {
      assertThat(readPools(connection).hasPools()).isTrue();
      stalled.call.sendMessage(
          Request.newBuilder()
              .setEpoch(epoch)
              .setResume(true)
              .setBatch(Batch.newBuilder().setSession(session))
              .build());
    }
    while (front.connections() > 1) {
      assertThat(readPools(connection).hasPools()).isTrue();
    }

    long bytes = 0;
    while (!stalled.end.isDone()) {
      stalled.call.request(1);
      Response next = stalled.told.poll(100, TimeUnit.MILLISECONDS);
      bytes += next == null ? 0 : next.getSerializedSize();
    }
    assertThat(stalled.end.join().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(bytes).as("what had left before").isLessThan(16L << 20);

    // Nothing is lost by it: it comes back, and hears what it has not confirmed.
    Call<Request, Response> again = new Call<>(QueueRpc.CONVERSE, headers(KEY));
    again.call.sendMessage(
        Request.newBuilder()
            .setEpoch(6)
            .setResume(true)
            .setBatch(Batch.newBuilder().setSession(session))
            .build());
    assertThat(again.next().getDeliveries(0).getJobResults().getOutcomesCount()).isPositive();
  }

  /** By another connection, which must not be held up. */
  private void awaitEnded(int jobs) throws Exception {
    while (true) {
      var all =
          connection
              .read(ReadRequest.newBuilder().setJobs(JobsQuery.getDefaultInstance()).build(), SOON)
              .getJobs()
              .getJobsList();
      if (all.size() == jobs && all.stream().allMatch(job -> job.getEnded() == job.getItems())) {
        return;
      }
    }
  }

  private static SessionHandler ignoring() {
    return new SessionHandler() {
      @Override
      public void onDelivery(Delivery delivery) {}

      @Override
      public void onEnd(Refusal reason) {}
    };
  }

  private ReadResponse readPools(QueueConnection by) throws Exception {
    return by.read(
        ReadRequest.newBuilder().setPools(PoolsQuery.getDefaultInstance()).build(), SOON);
  }

  @Test
  void ofConnectionsThatShowNoKeyTheOldestGoAndWhoHasOneIsLetIn() throws Exception {
    List<Socket> silent = new ArrayList<>();
    try {
      Socket first = new Socket(InetAddress.getLoopbackAddress(), front.port());
      silent.add(first);
      for (int i = 0; i < Connections.STRANGERS_MAX + 20; i++) {
        silent.add(new Socket(InetAddress.getLoopbackAddress(), front.port()));
      }
      first.setSoTimeout(20_000);
      // The server's settings may come first; then the end does.
      assertThat(first.getInputStream().readAllBytes().length).isLessThan(1_000);
      assertThat(readPools(connection).hasPools()).isTrue();
      while (front.connections() > Connections.STRANGERS_MAX + 1) {
        Thread.onSpinWait(); // they are being closed; the test's time bounds it
      }
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void whereAllConnectionsAreTakenOneMoreIsRefusedAndThoseThatAreThereGoOn() throws Exception {
    QueueFront small = front(0, 2);
    Endpoint endpoint = new Endpoint("127.0.0.1", small.port(), KEY);
    try (QueueConnection one = new QueueConnection(() -> endpoint);
        QueueConnection two = new QueueConnection(() -> endpoint);
        QueueConnection three = new QueueConnection(() -> endpoint)) {
      assertThat(readPools(one).hasPools()).isTrue();
      assertThat(readPools(two).hasPools()).isTrue();
      assertThatThrownBy(() -> readPools(three)).isInstanceOf(IOException.class);
      assertThat(readPools(one).hasPools()).isTrue();
    } finally {
      small.close();
    }
  }

  @Test
  void largeHeadersAndLargeRequestsAreRefusedWithTheirLimits() throws Exception {
    Metadata large = headers(KEY);
    large.put(Metadata.Key.of("x", Metadata.ASCII_STRING_MARSHALLER), "x".repeat(9_000));
    Call<ReadRequest, ReadResponse> wide = new Call<>(QueueRpc.READ, large);
    wide.call.sendMessage(ReadRequest.getDefaultInstance());
    wide.call.halfClose();
    wide.call.request(2);
    Status refused = wide.end.get(20, TimeUnit.SECONDS);
    assertThat(refused.isOk()).isFalse();
    assertThat(refused.toString()).contains("8192");

    Call<Request, Response> heavy = new Call<>(QueueRpc.CONVERSE, headers(KEY));
    heavy.call.sendMessage(
        Request.newBuilder()
            .setBatch(
                Batch.newBuilder()
                    .addOperations(
                        Operation.newBuilder()
                            .setSubmitJob(
                                SubmitJob.newBuilder()
                                    .setFunction(ByteString.copyFrom(new byte[4 << 20])))))
            .build());
    heavy.call.request(1);
    assertThat(heavy.end.get(20, TimeUnit.SECONDS).toString())
        .contains("INVALID_ARGUMENT", "a request of 41943", "at most 3407872: send less at once");
    assertThat(readPools(connection).hasPools()).isTrue();
  }

  @Test
  void aPortInUseIsNamedWithTheRemedy() {
    assertThatThrownBy(() -> front(front.port(), 10))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(":" + front.port())
        .hasMessageContaining("Address already in use")
        .hasMessageContaining("choose another port");
  }

  // ---- output

  private static TaskOutput printed(long index, String text) {
    return TaskOutput.newBuilder()
        .setJobId(id(1))
        .setIndex(index)
        .setPool("p")
        .setText(text)
        .build();
  }

  private Call<TaskOutput, TaskOutput> publisher() {
    return new Call<>(QueueRpc.PUBLISH_OUTPUT, headers(KEY));
  }

  /** All that was published before has arrived. */
  private static void finish(Call<TaskOutput, TaskOutput> publisher) throws Exception {
    publisher.call.halfClose();
    publisher.call.request(2);
    assertThat(publisher.end.get(20, TimeUnit.SECONDS).isOk()).isTrue();
  }

  private Call<OutputQuery, TaskOutput> follower(OutputQuery query) {
    Call<OutputQuery, TaskOutput> call = new Call<>(QueueRpc.FOLLOW_OUTPUT, headers(KEY));
    call.call.sendMessage(query);
    call.call.halfClose();
    return call;
  }

  @Test
  void whoFollowsGetsWhatWasPrintedAndWhatIsAndOthersOnlyWhatThereIs() throws Exception {
    Call<TaskOutput, TaskOutput> publisher = publisher();
    publisher.call.sendMessage(printed(1, "one"));
    Call<OutputQuery, TaskOutput> following = follower(OutputQuery.getDefaultInstance());
    assertThat(following.next().getText()).isEqualTo("one");
    publisher.call.sendMessage(printed(2, "two"));
    assertThat(following.next().getText()).isEqualTo("two");

    Call<OutputQuery, TaskOutput> once =
        follower(OutputQuery.newBuilder().setNoFollow(true).build());
    once.call.request(10);
    assertThat(once.end.get(20, TimeUnit.SECONDS).isOk()).isTrue();
    assertThat(once.told).extracting(TaskOutput::getText).containsExactly("one", "two");
    assertThat(following.end).isNotDone();
    following.call.cancel("enough", null);
    finish(publisher);
  }

  @Test
  void aFollowerThatStopsReadingHoldsUpNoPublisherAndIsToldWhatItMissed() throws Exception {
    Call<OutputQuery, TaskOutput> slow = follower(OutputQuery.getDefaultInstance());
    Call<TaskOutput, TaskOutput> publisher = publisher();
    publisher.call.sendMessage(printed(0, "first"));
    assertThat(slow.next().getText()).isEqualTo("first");
    String text = "x".repeat(50_000);
    int pieces = 4_000; // 200 MB
    for (int i = 0; i < pieces; i++) {
      while (!publisher.call.isReady()) {
        Thread.onSpinWait(); // the test bounds it
      }
      publisher.call.sendMessage(printed(i, text));
    }
    finish(publisher);

    // It goes on reading, while one who prints on brings it the news of what is lost.
    Call<TaskOutput, TaskOutput> late = publisher();
    long got = 0;
    long lost = 0;
    while (lost == 0) {
      late.call.sendMessage(printed(1, "late"));
      TaskOutput next = slow.next();
      got += next.getText().equals("late") ? 0 : next.getText().length();
      lost = next.getDroppedBytes();
    }
    finish(late);
    assertThat(got + lost).isBetween(200_000_000L, 200_100_000L);
    assertThat(got).as("what waits for it, and what was on its way").isBetween(1L << 20, 9L << 20);
    slow.call.cancel("enough", null);
  }
}
