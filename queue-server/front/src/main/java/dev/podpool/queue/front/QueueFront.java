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
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.ServerChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
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
  private static final long HANDSHAKE_SECONDS_MAX = 5;
  private static final long KEEP_ALIVE_SECONDS = 20;
  private static final long IDLE_SECONDS_MAX = 60;
  private static final long LAST_CALLS_SECONDS_MAX = 2;

  private final Server server;
  private final Connections connections;
  private final PoolWatches watches;
  private final EventLoopGroup threads =
      new MultiThreadIoEventLoopGroup(
          Runtime.getRuntime().availableProcessors(),
          new DefaultThreadFactory("podpool-front", true),
          Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
  private final ExecutorService disk = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * What a front asks of its process.
   *
   * @param authenticator tells who calls
   * @param room says why nothing new can be taken, or null while it can
   * @param blobs opens blobs
   * @param connectionsMax how many may be open at once
   */
  public record Parts(
      Authenticator authenticator, Room room, BlobReader blobs, int connectionsMax) {}

  /**
   * Begins to listen on {@code address}.
   *
   * @throws IOException if it can't; the message says what to do
   */
  public QueueFront(InetSocketAddress address, QueueLoop queue, Parts parts) throws IOException {
    connections = new Connections(parts.connectionsMax());
    watches = new PoolWatches(queue);
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
                        new SessionCall(
                            call,
                            queue,
                            admission,
                            principal,
                            () -> connections.close(call.getAttributes()))))
            .addMethod(QueueRpc.READ, authenticated(authenticator, new ReadCalls(queue, watches)))
            .addMethod(QueueRpc.WATCH_POOLS, authenticated(authenticator, watches))
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
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(address)
            .bossEventLoopGroup(threads)
            .workerEventLoopGroup(threads)
            .channelFactory(this::listening)
            .directExecutor() // nothing here waits
            .handshakeTimeout(HANDSHAKE_SECONDS_MAX, TimeUnit.SECONDS)
            .maxInboundMessageSize(QueueRpc.MESSAGE_BYTES_MAX)
            .maxInboundMetadataSize(METADATA_BYTES_MAX)
            .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION_MAX)
            .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .permitKeepAliveTime(1, TimeUnit.SECONDS)
            .maxConnectionIdle(IDLE_SECONDS_MAX, TimeUnit.SECONDS)
            .addService(service);
    try {
      server = builder.build().start();
    } catch (IOException e) {
      close(threads, disk);
      throw new IOException(
          "%s can't be listened on (%s): end whoever has it, or choose another port"
              .formatted(address, e.getCause() == null ? e.getMessage() : e.getCause()),
          e);
    }
  }

  private static void close(EventLoopGroup threads, ExecutorService disk) {
    disk.shutdownNow();
    var _ = threads.shutdownGracefully(0, LAST_CALLS_SECONDS_MAX, TimeUnit.SECONDS);
  }

  private ServerChannel listening() {
    ServerChannel channel =
        Epoll.isAvailable() ? new EpollServerSocketChannel() : new NioServerSocketChannel();
    channel.pipeline().addLast(connections);
    return channel;
  }

  /** How many connections are open. */
  public int connections() {
    return connections.open();
  }

  /** The port that it listens on. */
  public int port() {
    return server.getPort();
  }

  private interface Handler<Q, A> {
    ServerCall.Listener<Q> start(ServerCall<Q, A> call, Metadata headers, String principal);
  }

  private <Q, A> ServerCallHandler<Q, A> authenticated(
      Authenticator authenticator, ServerCallHandler<Q, A> handler) {
    return authenticated(
        authenticator, (call, headers, principal) -> handler.startCall(call, headers));
  }

  private <Q, A> ServerCallHandler<Q, A> authenticated(
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
      connections.known(call.getAttributes());
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
    watches.close();
    close(threads, disk);
  }
}
