package dev.podpool.benchmarks;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A Redis that acknowledges what is on the disk, as a durable Podpool does, on a directory below
 * the current one: on the same disk.
 */
final class RedisServer implements AutoCloseable {

  private static final String COMMAND = "redis-server";
  private static final long START_MILLIS_MAX = 10_000;
  private static final long START_POLL_MILLIS = 20;

  private final Path home;
  private final int port;
  private final Process process;

  private RedisServer(Path home, int port, Process process) {
    this.home = home;
    this.port = port;
    this.process = process;
  }

  /** Whether there is one on this machine. */
  static boolean isInstalled() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, COMMAND)));
  }

  static RedisServer start() throws IOException, InterruptedException {
    Path home = Files.createTempDirectory(Path.of("").toAbsolutePath(), "bench-").toRealPath();
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Process process =
        new ProcessBuilder(
                List.of(
                    COMMAND,
                    "--bind",
                    "127.0.0.1",
                    "--port",
                    String.valueOf(port),
                    "--dir",
                    home.toString(),
                    "--appendonly",
                    "yes",
                    "--appendfsync",
                    "always",
                    "--save",
                    ""))
            .redirectErrorStream(true)
            .redirectOutput(home.resolve("redis.log").toFile())
            .start();
    RedisServer server = new RedisServer(home, port, process);
    // Also where the bench is ended from outside: it is no child that would notice.
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
    server.awaitReady();
    return server;
  }

  private void awaitReady() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_MILLIS_MAX);
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return;
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          String log = Files.readString(home.resolve("redis.log"));
          close();
          throw new IOException(COMMAND + " does not answer on port " + port + ": " + log, e);
        }
      }
      Thread.sleep(START_POLL_MILLIS);
    }
  }

  int port() {
    return port;
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    process.onExit().join(); // SIGTERM is enough: it has nothing to save
    try (Stream<Path> all = Files.walk(home)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
