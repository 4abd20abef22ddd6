package dev.podpool.queue.front;

import dev.podpool.queue.Features;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.rpc.QueueRpc;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.ServerChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslProvider;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.X509ExtendedKeyManager;
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
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().daemon().name("podpool-front-reviews").factory());

  /**
   * What a front asks of its process.
   *
   * @param authenticator tells who calls
   * @param room says why nothing new can be taken, or null while it can
   * @param blobs opens blobs
   * @param connectionsMax how many may be open at once
   * @param identity the key and the certificate of TLS, asked anew for each connection; null for
   *     plain text, which belongs on loopback only
   * @param replicas where clients reach the replicas, {@code host:port}, by name; empty where there
   *     is only one
   */
  public record Parts(
      Authenticator authenticator,
      Room room,
      BlobReader blobs,
      int connectionsMax,
      @Nullable X509ExtendedKeyManager identity,
      Map<String, String> replicas) {

    /** In plain text, of one replica. */
    public Parts(Authenticator authenticator, Room room, BlobReader blobs, int connectionsMax) {
      this(authenticator, room, blobs, connectionsMax, null, Map.of());
    }
  }

  /**
   * Begins to listen on {@code address}.
   *
   * @throws IOException if it can't; the message says what to do
   */
  public QueueFront(InetSocketAddress address, QueueLoop queue, Parts parts) throws IOException {
    connections = new Connections(parts.connectionsMax());
    watches = new PoolWatches(queue);
    timer.setRemoveOnCancelPolicy(true);
    Admission admission = new Admission(parts.room(), Features.HERE, queue::level);
    OutputRings rings = new OutputRings();
    Access access = new Access(queue);
    Leading leading = new Leading(queue, parts.replicas());
    Gate.Guard guard = new Gate.Guard(parts.authenticator(), access, leading, connections, timer);
    SessionCall.Queue at = new SessionCall.Queue(queue, admission, access);
    ServerServiceDefinition service =
        ServerServiceDefinition.builder(QueueRpc.SERVICE)
            .addMethod(
                QueueRpc.CONVERSE,
                guarded(
                    guard,
                    new Gate.Kind(Access.toConverse(), false),
                    (call, by) ->
                        new SessionCall(
                            call, at, by, () -> connections.close(call.getAttributes()))))
            .addMethod(
                QueueRpc.READ,
                guarded(
                    guard,
                    new Gate.Kind(Access.Entitling.of(Right.READ, Right.WORK), true),
                    new ReadCalls(queue, watches, leading)))
            .addMethod(QueueRpc.WATCH_POOLS, guarded(guard, false, watches, Right.MANAGE))
            .addMethod(
                QueueRpc.FETCH_BLOB,
                guarded(guard, false, new BlobCalls(parts.blobs(), disk), Right.WORK, Right.READ))
            .addMethod(
                QueueRpc.PUBLISH_OUTPUT,
                guarded(guard, false, new OutputCalls.Publishing(rings), Right.WORK))
            .addMethod(
                QueueRpc.FOLLOW_OUTPUT,
                guarded(guard, false, new OutputCalls.Following(rings), Right.READ))
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
    X509ExtendedKeyManager identity = parts.identity();
    try {
      if (identity != null) {
        builder.sslContext(
            GrpcSslContexts.configure(SslContextBuilder.forServer(identity), SslProvider.JDK)
                .protocols("TLSv1.3")
                .build());
      }
      server = builder.build().start();
    } catch (IOException e) {
      timer.shutdownNow();
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

  private static <Q, A> ServerCallHandler<Q, A> guarded(
      Gate.Guard guard, boolean isShort, ServerCallHandler<Q, A> handler, Right... anyOf) {
    return guarded(
        guard,
        new Gate.Kind(Access.Entitling.of(anyOf), isShort),
        (call, by) -> handler.startCall(call, new Metadata()));
  }

  private static <Q, A> ServerCallHandler<Q, A> guarded(
      Gate.Guard guard, Gate.Kind kind, Gate.Handler<Q, A> handler) {
    return (call, headers) -> Gate.open(guard, kind, call, headers, handler);
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
    timer.shutdownNow();
    close(threads, disk);
  }
}
