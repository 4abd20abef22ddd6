package dev.podpool.benchmarks;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * What this machine takes for the least that a durable change and a question need, without any of
 * Podpool: 60 bytes there and back between two processes, by a socket and by gRPC, and a sync of
 * the disk behind a few bytes, at once and after a pause as long as a change has it.
 */
final class Floors {

  private static final byte[] MESSAGE = new byte[60];
  private static final int LOG_BYTES = 4 << 20;
  private static final long PAUSE_NANOS = 300_000;

  private static final MethodDescriptor<byte[], byte[]> STREAM =
      method("Stream", MethodType.BIDI_STREAMING);
  private static final MethodDescriptor<byte[], byte[]> CALL = method("Call", MethodType.UNARY);

  private Floors() {}

  /**
   * Argument: {@code socket} or {@code grpc} for the other end of each; nothing for the figures.
   */
  public static void main(String[] arguments) throws Exception {
    switch (arguments.length == 0 ? "" : arguments[0]) {
      case "socket" -> answerBySocket();
      case "grpc" -> answerByGrpc();
      default -> {
        socket();
        grpc();
        sync("floor.fdatasync", 0);
        sync("floor.fdatasync_after_pause", PAUSE_NANOS);
      }
    }
  }

  private static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(type)
        .setFullMethodName("floor/" + name)
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
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The other end, a process of its own, and the port on which it answers. */
  private record OtherEnd(Process process, int port) implements AutoCloseable {

    static OtherEnd start(String kind) throws IOException {
      Process process =
          new ProcessBuilder(
                  List.of(
                      Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                      "-XX:+UseSerialGC",
                      "--enable-native-access=ALL-UNNAMED",
                      "--sun-misc-unsafe-memory-access=allow",
                      "-cp",
                      System.getProperty("java.class.path"),
                      Floors.class.getName(),
                      kind))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      BufferedReader said =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      return new OtherEnd(process, Integer.parseInt(said.readLine()));
    }

    @Override
    public void close() {
      process.destroy();
    }
  }

  // ---- a socket, and threads that wait at it

  private static void socket() throws Exception {
    try (OtherEnd other = OtherEnd.start("socket");
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), other.port())) {
      socket.setTcpNoDelay(true);
      InputStream in = socket.getInputStream();
      OutputStream out = socket.getOutputStream();
      Trips.print(
          "floor.socket",
          () -> {
            out.write(MESSAGE);
            in.readNBytes(MESSAGE.length);
          });
    }
  }

  private static void answerBySocket() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      System.out.println(server.getLocalPort());
      try (Socket socket = server.accept()) {
        socket.setTcpNoDelay(true);
        byte[] message = socket.getInputStream().readNBytes(MESSAGE.length);
        while (message.length == MESSAGE.length) {
          socket.getOutputStream().write(message);
          message = socket.getInputStream().readNBytes(MESSAGE.length);
        }
      }
    }
  }

  // ---- gRPC, without anything that it could do without

  private static void grpc() throws Exception {
    try (OtherEnd other = OtherEnd.start("grpc")) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", other.port())
              .usePlaintext()
              .directExecutor()
              .build();
      BlockingQueue<byte[]> answers = new ArrayBlockingQueue<>(1);
      ClientCall<byte[], byte[]> stream = channel.newCall(STREAM, CallOptions.DEFAULT);
      stream.start(new Taking(stream, answers), new Metadata());
      stream.request(1);
      Trips.print(
          "floor.grpc_stream",
          () -> {
            stream.sendMessage(MESSAGE);
            answers.take();
          });
      Trips.print(
          "floor.grpc_call",
          () -> {
            ClientCall<byte[], byte[]> call = channel.newCall(CALL, CallOptions.DEFAULT);
            call.start(new Taking(call, answers), new Metadata());
            call.sendMessage(MESSAGE);
            call.halfClose();
            call.request(1);
            answers.take();
          });
      channel.shutdownNow();
    }
  }

  private static final class Taking extends ClientCall.Listener<byte[]> {
    private final ClientCall<byte[], byte[]> call;
    private final BlockingQueue<byte[]> answers;

    Taking(ClientCall<byte[], byte[]> call, BlockingQueue<byte[]> answers) {
      this.call = call;
      this.answers = answers;
    }

    @Override
    public void onMessage(byte[] message) {
      answers.add(message);
      call.request(1);
    }
  }

  private static void answerByGrpc() throws Exception {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .directExecutor()
            .addService(
                ServerServiceDefinition.builder("floor")
                    .addMethod(STREAM, (call, headers) -> new Echo(call))
                    .addMethod(CALL, (call, headers) -> new Echo(call))
                    .build())
            .build()
            .start();
    System.out.println(server.getPort());
    server.awaitTermination();
  }

  private static final class Echo extends ServerCall.Listener<byte[]> {
    private final ServerCall<byte[], byte[]> call;

    Echo(ServerCall<byte[], byte[]> call) {
      this.call = call;
      call.sendHeaders(new Metadata());
      call.request(2);
    }

    @Override
    public void onMessage(byte[] message) {
      call.sendMessage(message);
      call.request(1);
    }

    @Override
    public void onHalfClose() {
      call.close(Status.OK, new Metadata());
    }
  }

  // ---- the disk

  /** In a file that is there already, as the log writes: nothing but the data is to be synced. */
  private static void sync(String name, long pauseNanos) throws Exception {
    Path file = Files.createTempFile(Path.of("").toAbsolutePath(), "bench-", ".floor");
    try (FileChannel log = FileChannel.open(file, StandardOpenOption.WRITE)) {
      log.write(ByteBuffer.allocate(LOG_BYTES));
      log.force(false);
      ByteBuffer entry = ByteBuffer.allocateDirect(120);
      long[] at = {0};
      Trips.printWithout(
          name,
          () -> pause(pauseNanos),
          () -> {
            entry.clear();
            at[0] = (at[0] + log.write(entry, at[0])) % (LOG_BYTES - entry.capacity());
            log.force(false);
          });
    } finally {
      Files.delete(file);
    }
  }

  private static void pause(long nanos) {
    if (nanos > 0) {
      LockSupport.parkNanos(nanos);
    }
  }
}
