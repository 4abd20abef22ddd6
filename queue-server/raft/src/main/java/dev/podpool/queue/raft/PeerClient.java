package dev.podpool.queue.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.podpool.protocol.BlobSnapshot;
import dev.podpool.protocol.ReplicaMember;
import dev.podpool.protocol.ReplicaReport;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.thirdparty.io.grpc.CallOptions;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.StatusRuntimeException;
import org.apache.ratis.thirdparty.io.grpc.netty.GrpcSslContexts;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.apache.ratis.thirdparty.io.grpc.stub.ClientCalls;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslContextBuilder;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslProvider;

/** What one replica asks of another, beside what Ratis does. Thread-safe. */
final class PeerClient implements AutoCloseable {

  static final String SERVICE = "podpool.v1.Replica";

  /** Answered in pieces. */
  static final MethodDescriptor<byte[], byte[]> SNAPSHOT = method("Snapshot");

  /** Answered in pieces. */
  static final MethodDescriptor<byte[], byte[]> BLOB = method("Blob");

  /** Answered by a {@link ReplicaReport}. */
  static final MethodDescriptor<byte[], byte[]> REPORT = method("Report");

  /** Asked by a {@link ReplicaMember}; answered by nothing, when that is one of the replicas. */
  static final MethodDescriptor<byte[], byte[]> JOIN = method("Join");

  static final int PIECE_BYTES = 1 << 20;

  static final long KEEP_ALIVE_SECONDS = 10;

  private static final long CALL_SECONDS_MAX = 30 * 60; // of a snapshot, or a blob
  private static final long REPORT_SECONDS_MAX = 2;
  private static final long JOIN_SECONDS_MAX = 20; // whoever asks again is told that it goes on

  private final ManagedChannel channel;

  /**
   * Of the replica at {@code address}, which must be the one there.
   *
   * @throws IOException if nobody can be called at all
   */
  PeerClient(PeerNetwork network, String address) throws IOException {
    channel =
        NettyChannelBuilder.forTarget(address)
            .sslContext(
                GrpcSslContexts.configure(
                        SslContextBuilder.forClient()
                            .keyManager(network.identity())
                            .trustManager(network.trust()),
                        SslProvider.JDK)
                    .protocols("TLSv1.3")
                    .build())
            .maxInboundMessageSize(2 * PIECE_BYTES)
            // A machine that is gone says nothing.
            .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .build();
  }

  private static MethodDescriptor<byte[], byte[]> method(String name) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
        .setRequestMarshaller(new Bytes())
        .setResponseMarshaller(new Bytes())
        .build();
  }

  private record Bytes() implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] bytes) {
      return new ByteArrayInputStream(bytes);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw Status.INTERNAL.withCause(e).asRuntimeException();
      }
    }
  }

  /** The newest snapshot there. */
  Iterator<byte[]> snapshot() {
    return call(SNAPSHOT, new byte[0], CALL_SECONDS_MAX);
  }

  /** What is there of a blob. */
  Iterator<byte[]> blob(BlobSnapshot listed) {
    return call(BLOB, listed.toByteArray(), CALL_SECONDS_MAX);
  }

  /**
   * What it says of itself.
   *
   * @throws StatusRuntimeException if it does not say so in time
   */
  ReplicaReport report() {
    channel.resetConnectBackoff(); // whoever asks paces itself
    byte[] report = call(REPORT, new byte[0], REPORT_SECONDS_MAX).next();
    try {
      return ReplicaReport.parseFrom(report);
    } catch (InvalidProtocolBufferException e) {
      throw Status.INTERNAL.withCause(e).asRuntimeException();
    }
  }

  /**
   * Has it take in {@code joiner}, the one that asks, in place of whichever has its address. Waits
   * until that is a member, with nearly all that was acknowledged.
   *
   * @throws StatusRuntimeException if it does not, as where it does not lead
   */
  void join(Peer joiner) {
    channel.resetConnectBackoff();
    call(JOIN, joiner.message().toByteArray(), JOIN_SECONDS_MAX).forEachRemaining(piece -> {});
  }

  private Iterator<byte[]> call(
      MethodDescriptor<byte[], byte[]> method, byte[] question, long secondsMax) {
    return ClientCalls.blockingServerStreamingCall(
        channel,
        method,
        CallOptions.DEFAULT.withDeadlineAfter(secondsMax, TimeUnit.SECONDS),
        question);
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
