package dev.podpool.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConnectionTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final ReadRequest QUESTION = ReadRequest.getDefaultInstance();

  @Test
  void manyQuestionsLookOnceAndAgainWhereTheirKeyIsRefused() throws Exception {
    AtomicInteger looks = new AtomicInteger();
    AtomicInteger connections = new AtomicInteger();
    List<String> keys = new CopyOnWriteArrayList<>();
    AtomicReference<String> key = new AtomicReference<>("first");
    ServerServiceDefinition service =
        ServerServiceDefinition.builder(QueueRpc.SERVICE)
            .addMethod(
                QueueRpc.READ,
                (call, headers) -> {
                  String given = String.valueOf(headers.get(QueueRpc.AUTHORIZATION));
                  keys.add(given);
                  call.request(1);
                  if (given.equals("Bearer " + key.get())) {
                    call.sendHeaders(new Metadata());
                    call.sendMessage(ReadResponse.getDefaultInstance());
                    call.close(Status.OK, new Metadata());
                  } else {
                    call.close(Status.UNAUTHENTICATED, new Metadata());
                  }
                  return new ServerCall.Listener<>() {};
                })
            .build();
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addTransportFilter(each(connections::incrementAndGet))
            .addService(service)
            .build()
            .start();
    Endpoint.Source source =
        () -> {
          looks.incrementAndGet();
          return new Endpoint("127.0.0.1", server.getPort(), key.get());
        };
    try (QueueConnection connection = new QueueConnection(source)) {
      connection.read(QUESTION, SOON);
      key.set("second");
      connection.read(QUESTION, SOON);
      for (int i = 0; i < 1_000; i++) {
        connection.read(QUESTION, SOON);
      }
    } finally {
      server.shutdownNow();
    }
    assertThat(keys)
        .startsWith("Bearer first")
        .endsWith("Bearer second")
        .hasSizeBetween(1002, 1003);
    assertThat(looks.get()).isBetween(2, 100); // once a second
    assertThat(connections).hasValue(1);
  }

  /** Runs {@code action} for each connection that is made. */
  private static ServerTransportFilter each(Runnable action) {
    return new ServerTransportFilter() {
      @Override
      public Attributes transportReady(Attributes attributes) {
        action.run();
        return attributes;
      }
    };
  }

  /** Answers each question in that way. */
  private static Server replica(Status status, Metadata trailers) throws IOException {
    return replica(status, trailers, new AtomicInteger());
  }

  /** And counts its connections. */
  private static Server replica(Status status, Metadata trailers, AtomicInteger connections)
      throws IOException {
    return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .addService(
            ServerServiceDefinition.builder(QueueRpc.SERVICE)
                .addMethod(
                    QueueRpc.READ,
                    (call, headers) -> {
                      call.request(1);
                      if (status.isOk()) {
                        call.sendHeaders(new Metadata());
                        call.sendMessage(ReadResponse.getDefaultInstance());
                      }
                      call.close(status, trailers);
                      return new ServerCall.Listener<>() {};
                    })
                .build())
        .addTransportFilter(each(connections::incrementAndGet))
        .build()
        .start();
  }

  @Test
  void theSourceSaysWhereTheLeaderIsAndIsAskedForAnotherReplicaWhenThatIsGone() throws Exception {
    HostPort leader = new HostPort("q-queue-1.q-queue.search.svc", 7420);
    Metadata trailers = new Metadata();
    trailers.put(QueueRpc.LEADER, leader.host() + ":" + leader.port());
    Server follows = replica(Status.UNAVAILABLE, trailers);
    Server leads = replica(Status.OK, new Metadata());
    int leadsAt = leads.getPort();
    List<String> asked = new CopyOnWriteArrayList<>();
    Endpoint.Source source =
        new Endpoint.Source() {
          @Override
          public Endpoint locate() {
            asked.add("any");
            return new Endpoint("127.0.0.1", follows.getPort(), "key");
          }

          @Override
          public Endpoint locate(HostPort there) {
            asked.add(there.host());
            return new Endpoint("127.0.0.1", leadsAt, "key");
          }

          @Override
          public Endpoint locateOther() {
            asked.add("other");
            return locate();
          }
        };
    try (QueueConnection connection = new QueueConnection(source)) {
      assertThatThrownBy(() -> connection.read(QUESTION, SOON))
          .isInstanceOf(QueueUnreachableException.class);
      connection.read(QUESTION, SOON);
      assertThat(asked).containsExactly("any", leader.host());

      leads.shutdownNow().awaitTermination();
      asked.clear();
      for (int i = 0; i < 2; i++) { // the first may not look anew, or find it gone only now
        assertThatThrownBy(() -> connection.read(QUESTION, SOON))
            .isInstanceOf(QueueUnreachableException.class);
      }
      assertThat(asked).contains("other");
    } finally {
      follows.shutdownNow();
      leads.shutdownNow();
    }
  }

  @Test
  void aReplicaThatDoesNotKnowWhoLeadsIsNotAskedAgainOverTheSameConnection() throws Exception {
    Metadata trailers = new Metadata();
    trailers.put(QueueRpc.LEADER, "");
    AtomicInteger connections = new AtomicInteger();
    Server parted = replica(Status.UNAVAILABLE, trailers, connections);
    Endpoint.Source source = () -> new Endpoint("127.0.0.1", parted.getPort(), "key");
    try (QueueConnection connection = new QueueConnection(source)) {
      for (int i = 1; i <= 3; i++) {
        assertThatThrownBy(() -> connection.read(QUESTION, SOON))
            .isInstanceOf(QueueUnreachableException.class);
        assertThat(connections).hasValue(i);
      }
    } finally {
      parted.shutdownNow();
    }
  }

  @Test
  void whereNobodyAnswersTheSourceIsAskedForAnotherUntilOneDoes() throws Exception {
    Server leads = replica(Status.OK, new Metadata());
    int leadsAt = leads.getPort();
    AtomicInteger others = new AtomicInteger();
    Endpoint.Source source =
        new Endpoint.Source() {
          @Override
          public Endpoint locate() {
            return new Endpoint("127.0.0.1", others.get() < 2 ? 1 : leadsAt, "key");
          }

          @Override
          public Endpoint locateOther() {
            others.incrementAndGet();
            return locate();
          }
        };
    try (QueueConnection connection = new QueueConnection(source)) {
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> connection.read(QUESTION, SOON))
            .isInstanceOf(QueueUnreachableException.class);
        assertThat(others).hasValue(i);
      }
      connection.read(QUESTION, SOON);
      assertThat(others).hasValue(2);
      connection.read(QUESTION, SOON);
      assertThat(others).hasValue(2);
    } finally {
      leads.shutdownNow();
    }
  }

  @Test
  void aSessionThatIsNotAnsweredComesBackOverAnotherConnection() throws Exception {
    CountDownLatch connections = new CountDownLatch(2);
    Server silent =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(
                ServerServiceDefinition.builder(QueueRpc.SERVICE)
                    .addMethod(
                        QueueRpc.CONVERSE,
                        (call, headers) -> {
                          call.request(10);
                          return new ServerCall.Listener<>() {};
                        })
                    .build())
            .addTransportFilter(each(connections::countDown))
            .build()
            .start();
    try (QueueConnection connection =
        new QueueConnection(() -> new Endpoint("127.0.0.1", silent.getPort(), "key"))) {
      var unused =
          connection.open(
              OpenSession.newBuilder().setNonce(ByteString.copyFrom(new byte[16])).build(),
              new SessionHandler() {
                @Override
                public void onDelivery(Delivery delivery) {}

                @Override
                public void onEnd(Refusal reason) {}
              },
              SOON);
      assertThat(connections.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      silent.shutdownNow();
    }
  }

  @Test
  void aLeaderIsTheSameServiceAtItsAddressUnlessTheSourceKnowsBetter() throws Exception {
    Endpoint service =
        new Endpoint("q-queue.search.svc", 7420, "key", new Endpoint.Trust("pem", null));
    Endpoint.Source source = () -> service;

    assertThat(source.locate(new HostPort("q-queue-1.q-queue.search.svc", 7420)))
        .isEqualTo(
            new Endpoint(
                "q-queue-1.q-queue.search.svc",
                7420,
                "key",
                new Endpoint.Trust("pem", "q-queue.search.svc")));
  }

  @Test
  void plainTextIsSpokenOnLoopbackOnly() {
    try (QueueConnection connection =
        new QueueConnection(() -> new Endpoint("192.0.2.1", 7420, "secret"))) {
      assertThatThrownBy(() -> connection.read(QUESTION, SOON))
          .isInstanceOf(QueueUnreachableException.class)
          .hasMessageContaining("192.0.2.1:7420 is not on this machine")
          .hasMessageContaining("unencrypted")
          .hasMessageNotContaining("secret")
          .satisfies(e -> assertThat(((QueueUnreachableException) e).isForGood()).isTrue());
    }
  }

  @Test
  void whatIsNoCertificateToTrustIsSaid() {
    try (QueueConnection connection =
        new QueueConnection(
            () -> new Endpoint("127.0.0.1", 7420, "secret", new Endpoint.Trust("no PEM", null)))) {
      assertThatThrownBy(() -> connection.read(QUESTION, SOON))
          .isInstanceOf(QueueUnreachableException.class)
          .hasMessageContaining("are not certificates in PEM");
    }
  }

  @Test
  void aWayThatIsLongInComingKeepsNobodyFromSendingOrClosing() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    QueueConnection connection = new QueueConnection(() -> waitFor(asked, never));
    CompletableFuture<Void> all =
        CompletableFuture.runAsync(
            () -> {
              QueueSession session =
                  connection.open(OpenSession.getDefaultInstance(), new Deaf(), SOON);
              session.send(Operation.getDefaultInstance());
              connection.close();
            });
    assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
    all.get(20, TimeUnit.SECONDS);
  }

  @Test
  void aQuestionWaitsForTheWayNoLongerThanForItsAnswer() {
    CountDownLatch never = new CountDownLatch(1);
    try (QueueConnection connection =
        new QueueConnection(() -> waitFor(new CountDownLatch(1), never))) {
      assertThatThrownBy(() -> connection.read(QUESTION, Duration.ofMillis(50)))
          .isInstanceOf(QueueUnreachableException.class)
          .hasMessageContaining("was not found within 50 ms");
    }
  }

  @Test
  void aQuestionThatIsNotAnsweredEndsInTime() throws Exception {
    CountDownLatch cancelled = new CountDownLatch(1);
    ServerServiceDefinition service =
        ServerServiceDefinition.builder(QueueRpc.SERVICE)
            .addMethod(
                QueueRpc.READ,
                (call, headers) ->
                    new ServerCall.Listener<ReadRequest>() {
                      @Override
                      public void onCancel() {
                        cancelled.countDown();
                      }
                    })
            .build();
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(service)
            .build()
            .start();
    try (QueueConnection connection =
        new QueueConnection(() -> new Endpoint("127.0.0.1", server.getPort(), "key"))) {
      assertThatThrownBy(() -> connection.read(QUESTION, Duration.ofSeconds(1)))
          .isInstanceOf(QueueUnreachableException.class)
          .hasMessageContaining("no answer within 1000 ms")
          .satisfies(e -> assertThat(((QueueUnreachableException) e).isForGood()).isFalse());
      assertThat(cancelled.await(20, TimeUnit.SECONDS)).isTrue();
    } finally {
      server.shutdownNow();
    }
  }

  private static Endpoint waitFor(CountDownLatch asked, CountDownLatch found) throws IOException {
    asked.countDown();
    try {
      found.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    throw new IOException("nowhere");
  }

  private static final class Deaf implements SessionHandler {

    @Override
    public void onDelivery(Delivery delivery) {}

    @Override
    public void onReply(Operation operation, Reply reply) {}

    @Override
    public void onEnd(Refusal reason) {}
  }
}
