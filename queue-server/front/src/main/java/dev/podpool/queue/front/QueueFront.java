package dev.podpool.queue.front;

import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.rpc.QueueRpc;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The queue's service on one address: who calls, may they, is it within limits; then it is the
 * loop's. Nobody gets anything without having said who they are.
 */
public final class QueueFront implements AutoCloseable {

  private static final int METADATA_BYTES_MAX = 8 << 10;
  private static final int CALLS_PER_CONNECTION_MAX = 20_000;
  private static final long KEEP_ALIVE_SECONDS = 20;
  private static final long IDLE_SECONDS_MAX = 60;
  private static final long LAST_CALLS_SECONDS_MAX = 2;

  private final Server server;
  private final ExecutorService disk = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * What a front asks of its process.
   *
   * @param authenticator tells who calls
   * @param room says why nothing new can be taken, or null while it can
   * @param blobs opens blobs
   */
  public record Parts(Authenticator authenticator, Room room, BlobReader blobs) {}

  /** Begins to listen on {@code address}. */
  public QueueFront(InetSocketAddress address, QueueLoop queue, Parts parts) throws IOException {
    Admission admission = new Admission(parts.room());
    OutputRings rings = new OutputRings();
    Authenticator authenticator = parts.authenticator();
    ServerServiceDefinition service =
        ServerServiceDefinition.builder(QueueRpc.SERVICE)
            .addMethod(
                QueueRpc.CONVERSE,
                authenticated(
                    authenticator,
                    (call, headers, principal) ->
                        new SessionCall(call, queue, admission, principal)))
            .addMethod(QueueRpc.READ, authenticated(authenticator, new ReadCalls(queue)))
            .addMethod(
                QueueRpc.FETCH_BLOB,
                authenticated(authenticator, new BlobCalls(parts.blobs(), disk)))
            .addMethod(
                QueueRpc.PUBLISH_OUTPUT,
                authenticated(authenticator, new OutputCalls.Publishing(rings)))
            .addMethod(
                QueueRpc.FOLLOW_OUTPUT,
                authenticated(authenticator, new OutputCalls.Following(rings)))
            .build();
    server =
        NettyServerBuilder.forAddress(address)
            .directExecutor() // nothing here waits
            .maxInboundMessageSize(QueueRpc.MESSAGE_BYTES_MAX)
            .maxInboundMetadataSize(METADATA_BYTES_MAX)
            .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION_MAX)
            .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .permitKeepAliveTime(1, TimeUnit.SECONDS)
            .maxConnectionIdle(IDLE_SECONDS_MAX, TimeUnit.SECONDS)
            .addService(service)
            .build()
            .start();
  }

  /** The port that it listens on. */
  public int port() {
    return server.getPort();
  }

  private interface Handler<Q, A> {
    ServerCall.Listener<Q> start(ServerCall<Q, A> call, Metadata headers, String principal);
  }

  private static <Q, A> ServerCallHandler<Q, A> authenticated(
      Authenticator authenticator, ServerCallHandler<Q, A> handler) {
    return authenticated(
        authenticator, (call, headers, principal) -> handler.startCall(call, headers));
  }

  private static <Q, A> ServerCallHandler<Q, A> authenticated(
      Authenticator authenticator, Handler<Q, A> handler) {
    return (call, headers) -> {
      @Nullable String principal = authenticator.principal(headers);
      if (principal == null) {
        call.close(
            Status.UNAUTHENTICATED.withDescription(
                "the key is missing or wrong; `podpool local up` wrote the right one, for its user"
                    + " only"),
            new Metadata());
        return new ServerCall.Listener<Q>() {};
      }
      return handler.start(call, headers, principal);
    };
  }

  /** Stops listening, and ends every connection. */
  @Override
  public void close() {
    server.shutdown();
    try {
      if (!server.awaitTermination(LAST_CALLS_SECONDS_MAX, TimeUnit.SECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    disk.shutdownNow();
  }
}
