package dev.podpool.queue.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.podpool.protocol.BlobSnapshot;
import dev.podpool.protocol.Checkpoint;
import dev.podpool.protocol.ReplicaMember;
import dev.podpool.protocol.ReplicaReport;
import dev.podpool.protocol.ReplicaRole;
import dev.podpool.queue.loop.Log.Replica;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.grpc.server.GrpcServices;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.ReadIndexRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteReplyProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.proto.grpc.RaftServerProtocolServiceGrpc;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Grpc;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.Server;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.ServerServiceDefinition;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.StatusRuntimeException;
import org.apache.ratis.thirdparty.io.grpc.netty.GrpcSslContexts;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.ClientAuth;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslContextBuilder;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslProvider;
import org.jspecify.annotations.Nullable;

/**
 * What a replica serves to the others beside Ratis' own: its newest snapshot, the blobs that this
 * lists, what it says of itself, and what it takes to begin. Nothing else of Ratis is served: not
 * what its clients and administrators call.
 */
final class PeerServices implements GrpcServices.Customizer, Machine.Others {

  private static final int DNS_NAME = 2; // GeneralName's tags, RFC 5280
  private static final int IP_ADDRESS = 7;

  private final PeerNetwork network;
  private final List<Peer> others;
  private final Replica replica;
  private final SnapshotFiles files;
  private final Snapshots snapshots;
  private volatile Members members;

  /**
   * Of {@code replica}.
   *
   * @param others the other replicas
   * @param name under which this one promises
   */
  PeerServices(
      PeerNetwork network,
      List<Peer> others,
      String name,
      Replica replica,
      SnapshotFiles files,
      Snapshots snapshots) {
    this.network = network;
    this.others = others;
    this.replica = replica;
    this.files = files;
    this.snapshots = snapshots;
    this.members = new NotBegun(name);
  }

  /** Who belongs to the log, and what this replica is in it. Methods wait for the disk at most. */
  interface Members {

    /** Of this replica, in the log. */
    String name();

    /** Adds to {@code report} what this replica is in the log, and who else is in it. */
    void tell(ReplicaReport.Builder report);

    /** Whatever this replica has promised is durable after this: how it votes. */
    void keepPromises() throws IOException;

    /** Takes in {@code joiner}: completes when it is one of the replicas. */
    CompletableFuture<?> admit(Peer joiner);
  }

  private record NotBegun(String name) implements Members {

    @Override
    public void tell(ReplicaReport.Builder report) {
      report.setRole(ReplicaRole.EMPTY);
    }

    @Override
    public void keepPromises() {
      // It has promised nothing.
    }

    @Override
    public CompletableFuture<?> admit(Peer joiner) {
      return CompletableFuture.failedFuture(new IllegalStateException("it has not begun"));
    }
  }

  /** From now on {@code known} answers. */
  void serve(Members known) {
    members = known;
  }

  // ---- to the others

  /** What Ratis is told of the network. */
  Parameters parameters() {
    Parameters parameters = new Parameters();
    GrpcConfigKeys.TLS.setConf(
        parameters,
        GrpcTlsConfig.newBuilder()
            .setKeyManager(network.identity())
            .setTrustManager(network.trust())
            .setMutualTls(true)
            .setSslProvider(SslProvider.JDK)
            .setProtocols("TLSv1.3")
            .build());
    GrpcConfigKeys.Server.setServicesCustomizer(parameters, this);
    return parameters;
  }

  @Override
  public NettyServerBuilder customize(
      NettyServerBuilder builder, EnumSet<GrpcServices.Type> types) {
    return alive(builder).intercept(new OnlyReplicas()).addService(service());
  }

  /** Serves without Ratis, until that does. */
  Server serveAlone() throws IOException {
    return alive(NettyServerBuilder.forAddress(network.listen()))
        .sslContext(
            GrpcSslContexts.configure(
                    SslContextBuilder.forServer(network.identity())
                        .trustManager(network.trust())
                        .clientAuth(ClientAuth.REQUIRE),
                    SslProvider.JDK)
                .protocols("TLSv1.3")
                .build())
        .addService(service())
        .build()
        .start();
  }

  private static NettyServerBuilder alive(NettyServerBuilder builder) {
    return builder.permitKeepAliveTime(PeerClient.KEEP_ALIVE_SECONDS / 2, TimeUnit.SECONDS);
  }

  private ServerServiceDefinition service() {
    return ServerServiceDefinition.builder(PeerClient.SERVICE)
        .addMethod(PeerClient.SNAPSHOT, (call, headers) -> new Sending(call, asked -> newest()))
        .addMethod(PeerClient.BLOB, (call, headers) -> new Sending(call, this::blob))
        .addMethod(PeerClient.REPORT, (call, headers) -> new Sending(call, asked -> report()))
        .addMethod(PeerClient.JOIN, (call, headers) -> new Joining(call))
        .build();
  }

  /**
   * Whoever has lost its disk listens where its predecessor did: it must not answer for that one,
   * which Ratis would take as kept promises.
   */
  private final class OnlyReplicas implements ServerInterceptor {

    private static final List<String> SERVED =
        List.of(RaftServerProtocolServiceGrpc.SERVICE_NAME, PeerClient.SERVICE);

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      if (!SERVED.contains(call.getMethodDescriptor().getServiceName())) {
        call.close(Status.UNIMPLEMENTED.withDescription("replicas only"), new Metadata());
        return new ServerCall.Listener<>() {};
      }
      return new SimpleForwardingServerCallListener<>(next.startCall(keeping(call), headers)) {

        private boolean refused;

        @Override
        public void onMessage(Q message) {
          String meant = addressee(message);
          if (refused) {
            return;
          }
          if (meant == null || meant.equals(members.name())) {
            super.onMessage(message);
            return;
          }
          refused = true;
          super.onCancel(); // it hears that the call is over, and may not close it again
          call.close(
              Status.FAILED_PRECONDITION.withDescription(
                  "this is %s, and not %s, which was here before".formatted(members.name(), meant)),
              new Metadata());
        }

        @Override
        public void onHalfClose() {
          if (!refused) {
            super.onHalfClose();
          }
        }

        @Override
        public void onCancel() {
          if (!refused) {
            super.onCancel();
          }
        }
      };
    }
  }

  /**
   * Ratis syncs its file of votes, but not the directory that names it: a vote is told when it is
   * durable, and not at all where that fails.
   */
  private <Q, A> ServerCall<Q, A> keeping(ServerCall<Q, A> call) {
    return new SimpleForwardingServerCall<>(call) {
      @Override
      public void sendMessage(A message) {
        if (message instanceof RequestVoteReplyProto) {
          try {
            members.keepPromises();
          } catch (IOException e) {
            throw Status.UNAVAILABLE
                .withDescription("the vote can't be made durable")
                .withCause(e)
                .asRuntimeException();
          }
        }
        super.sendMessage(message);
      }
    };
  }

  /** Whom Ratis' {@code message} is for; null where it is not Ratis'. */
  private static @Nullable String addressee(Object message) {
    RaftRpcRequestProto request =
        switch (message) {
          case AppendEntriesRequestProto append -> append.getServerRequest();
          case InstallSnapshotRequestProto install -> install.getServerRequest();
          case RequestVoteRequestProto vote -> vote.getServerRequest();
          case StartLeaderElectionRequestProto start -> start.getServerRequest();
          case ReadIndexRequestProto read -> read.getServerRequest();
          default -> null;
        };
    return request == null ? null : request.getReplyId().toStringUtf8();
  }

  private @Nullable InputStream newest() throws IOException {
    SnapshotFiles.Written newest = snapshots.durable();
    return newest == null ? null : Files.newInputStream(newest.file());
  }

  private @Nullable InputStream blob(byte[] asked) throws IOException {
    return replica.open(BlobSnapshot.parseFrom(asked));
  }

  private InputStream report() {
    ReplicaReport.Builder report =
        ReplicaReport.newBuilder()
            .setName(members.name())
            .setLevel(replica.level())
            .setLevelMax(replica.levelMax());
    members.tell(report);
    SnapshotFiles.Written newest = snapshots.durable();
    if (newest != null) {
      report.setSnapshot(
          Checkpoint.newBuilder().setIndex(newest.index()).setSha256(newest.sha256()));
    }
    return new ByteArrayInputStream(report.build().toByteArray());
  }

  /** Opens what is asked for; null: it is not there. */
  private interface Opening {
    @Nullable InputStream open(byte[] asked) throws IOException;
  }

  /** Sends what is asked for in pieces, as fast as they are taken. */
  private static final class Sending extends ServerCall.Listener<byte[]> {

    private final ServerCall<byte[], byte[]> call;
    private final Opening opening;
    private @Nullable InputStream from;

    Sending(ServerCall<byte[], byte[]> call, Opening opening) {
      this.call = call;
      this.opening = opening;
      call.sendHeaders(new Metadata());
      call.request(2);
    }

    @Override
    public void onMessage(byte[] asked) {
      try {
        from = opening.open(asked);
        if (from == null) {
          end(Status.NOT_FOUND.withDescription("it is not here"));
        }
      } catch (IOException e) {
        end(Status.NOT_FOUND.withDescription("it can't be read: " + e));
      }
    }

    @Override
    public void onHalfClose() {
      onReady();
    }

    @Override
    public void onReady() {
      InputStream source = from;
      try {
        while (source != null && call.isReady()) {
          byte[] piece = source.readNBytes(PeerClient.PIECE_BYTES);
          if (piece.length == 0) {
            end(Status.OK);
            return;
          }
          call.sendMessage(piece);
        }
      } catch (IOException e) {
        end(Status.DATA_LOSS.withDescription("it can't be read: " + e));
      }
    }

    @Override
    public void onCancel() {
      closeSource();
    }

    private void end(Status status) {
      closeSource();
      call.close(status, new Metadata());
    }

    private void closeSource() {
      InputStream source = from;
      from = null;
      if (source != null) {
        try {
          source.close();
        } catch (IOException e) {
          // It was for reading only.
        }
      }
    }
  }

  /** Takes in whoever asks, as the one whose certificate it shows. */
  private final class Joining extends ServerCall.Listener<byte[]> {

    private final ServerCall<byte[], byte[]> call;
    private @Nullable Peer joiner;

    Joining(ServerCall<byte[], byte[]> call) {
      this.call = call;
      call.sendHeaders(new Metadata());
      call.request(2);
    }

    @Override
    public void onMessage(byte[] asked) {
      try {
        joiner = Peer.of(ReplicaMember.parseFrom(asked));
      } catch (InvalidProtocolBufferException | LogException e) {
        joiner = null; // it is nobody
      }
    }

    @Override
    public void onHalfClose() {
      Peer asking = joiner;
      if (asking == null || !isItself(asking)) {
        call.close(
            Status.PERMISSION_DENIED.withDescription(
                asking + " is none of the replicas " + others + ", or its certificate not for it"),
            new Metadata());
        return;
      }
      var _ =
          members
              .admit(asking)
              .whenComplete(
                  (done, refused) ->
                      call.close(
                          refused == null
                              ? Status.OK
                              : Status.UNAVAILABLE.withDescription(String.valueOf(refused)),
                          new Metadata()));
    }

    private boolean isItself(Peer asking) {
      SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
      if (session == null
          || others.stream().noneMatch(each -> each.address().equals(asking.address()))) {
        return false;
      }
      try {
        Collection<List<?>> names =
            ((X509Certificate) session.getPeerCertificates()[0]).getSubjectAlternativeNames();
        return names != null
            && names.stream()
                .filter(name -> name.get(0).equals(DNS_NAME) || name.get(0).equals(IP_ADDRESS))
                .anyMatch(name -> asking.host().equals(name.get(1)));
      } catch (CertificateException | SSLPeerUnverifiedException e) {
        return false;
      }
    }
  }

  // ---- from the others

  @Override
  public List<@Nullable ReplicaReport> reports() {
    List<@Nullable ReplicaReport> reports = new ArrayList<>();
    for (Peer other : others) {
      try (PeerClient peer = new PeerClient(network, other.address())) {
        reports.add(peer.report());
      } catch (IOException | RuntimeException e) { // or it has ended its answer before it began
        reports.add(null);
      }
    }
    return reports;
  }

  /** The level that all replicas can apply; 0 where one does not say. */
  int levelOfAll() {
    return reports().stream()
        .mapToInt(report -> report == null ? 0 : report.getLevelMax())
        .reduce(replica.levelMax(), Math::min);
  }

  @Override
  public CompletableFuture<SnapshotFiles.Written> refill(String leader, long first) {
    return snapshots.fill(() -> fetch(leader, first));
  }

  /** A replica that is not in yet is not told where the leader is: then any may have it. */
  private SnapshotFiles.Written fetch(String leader, long first) throws IOException {
    List<String> all =
        leader.isEmpty() ? others.stream().map(Peer::address).toList() : List.of(leader);
    IOException failed = new IOException("no other replica has a snapshot");
    for (String address : all) {
      try {
        return fetchFrom(address, first);
      } catch (IOException | StatusRuntimeException e) {
        if (Disk.isFull(e)) {
          throw e; // whoever has it, there is no room for it
        }
        failed.addSuppressed(e);
      }
    }
    throw failed;
  }

  private SnapshotFiles.Written fetchFrom(String address, long first) throws IOException {
    try (PeerClient peer = new PeerClient(network, address)) {
      return files.receive(
          peer.snapshot(),
          (received, state) -> {
            if (received.index() < first - 1) {
              throw new IOException(
                  "the snapshot of %s ends with entry %d, and the log begins with %d"
                      .formatted(address, received.index(), first));
            }
            Machine.requireLevel(received, state, replica.levelMax());
            for (BlobSnapshot blob : state.getBlobsList()) {
              if (blob.getReceivedBytes() > 0 && !replica.has(blob)) {
                replica.take(blob, peer.blob(blob));
              }
            }
            replica.sync(state);
          });
    }
  }
}
