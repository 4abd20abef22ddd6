package dev.podpool.queue.boot;

import dev.podpool.program.ListenAddress;
import dev.podpool.program.LogLines;
import dev.podpool.queue.front.SharedKey;
import dev.podpool.queue.raft.DirectoryInUseException;
import dev.podpool.queue.raft.LogException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The queue service: on loopback, for whoever on this machine has its key, until its standard input
 * ends, so that it never outlives who started it; or, with {@code --listen}, for a whole network.
 *
 * <p>Writes the file {@code endpoint} into its directory when it serves, as {@code address port}.
 * Exit codes: 2 for arguments that are none, 3 where it can't start as things are, 4 where another
 * process has the directory (the message says what to do), 70 where it could not go on.
 */
@Command(
    name = "podpool-queue",
    description = "Keeps a queue in a directory, and serves it.",
    sortOptions = false)
public final class QueueMain implements Callable<Integer> {

  private static final long DISK_RESERVE_BYTES = 256L << 20;

  /** Exit code where the directory cannot be used, and will not be without somebody's help. */
  public static final int EXIT_UNUSABLE = 3;

  /** Exit code where another process has the directory. */
  public static final int EXIT_IN_USE = 4;

  /** What its message begins with where it ends with one of these. */
  public static final String CANNOT_START = "the queue can't start: ";

  private static final int EXIT_BROKEN = 70;

  @Parameters(index = "0", paramLabel = "DIRECTORY", description = "Holds all that it keeps.")
  private Path directory = Path.of("");

  @Parameters(index = "1", paramLabel = "KEY-FILE", description = "Holds the key; mode 600.")
  private Path key = Path.of("");

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "To listen on. Defaults to 0: any that is free.")
  private int port;

  @Option(
      names = "--listen",
      paramLabel = "ADDRESS:PORT",
      description =
          "Serves whoever reaches that, instead of loopback, and until SIGTERM. Nothing is encrypted:"
              + " only for a network that lets nobody else in, as a queue's pod with its"
              + " NetworkPolicy.")
  private @Nullable String listen;

  @Option(
      names = "--monitor",
      paramLabel = "[ADDRESS:]PORT",
      description =
          "Answers /healthz and /metrics there, without a key. The address defaults to loopback."
              + " Off by default.")
  private @Nullable String monitor;

  private QueueMain() {}

  /** See {@code --help}. */
  public static void main(String[] arguments) {
    LogLines.install(
        Map.of(
            "dev.podpool",
            Level.INFO,
            "org.apache.ratis",
            Level.WARNING,
            // It warns of what any caller can bring about.
            "io.grpc",
            Level.SEVERE));
    System.exit(new CommandLine(new QueueMain()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    QueueServer server;
    try {
      server = start();
    } catch (LogException | IOException | UncheckedIOException | IllegalArgumentException e) {
      LogLines.say(System.err, CANNOT_START + e.getMessage());
      return e instanceof DirectoryInUseException ? EXIT_IN_USE : EXIT_UNUSABLE;
    }
    if (listen == null) {
      publish(InetAddress.getLoopbackAddress().getHostAddress() + " " + server.port());
    }
    String monitored = monitor == null ? "" : ", and its monitor on port " + server.monitorPort();
    System.err.println("the queue serves on port " + server.port() + monitored);
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "podpool-queue-close"));
    if (listen == null) {
      while (System.in.read() >= 0) {
        // whoever started it is there
      }
    } else {
      new CountDownLatch(1).await(); // the hook ends it
    }
    return 0;
  }

  private QueueServer start() throws IOException {
    InetSocketAddress address =
        listen == null
            ? ListenAddress.of(InetAddress.getLoopbackAddress(), port)
            : ListenAddress.parse("--listen", listen);
    InetSocketAddress watched = monitor == null ? null : ListenAddress.parse("--monitor", monitor);
    String secret = KeyFile.read(key, listen != null);
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (IOException e) {
      throw new IOException(
          "directory %s can't be made (%s): make it yourself, or choose another"
              .formatted(directory, e),
          e);
    }
    return new QueueServer(
        new QueueServer.Settings(
            directory,
            address,
            new SharedKey(secret, "local"),
            watched,
            DISK_RESERVE_BYTES,
            QueueMain::halt));
  }

  /** An outage beats divergence: whoever started it starts another, which begins from the disk. */
  private static void halt(Throwable cause) {
    LogLines.say(System.err, "the queue can't go on, and halts: " + cause);
    Runtime.getRuntime().halt(EXIT_BROKEN);
  }

  private void publish(String endpoint) throws IOException {
    Path written = directory.resolve("endpoint.new");
    Files.writeString(written, endpoint + "\n");
    Files.move(written, directory.resolve("endpoint"), StandardCopyOption.ATOMIC_MOVE);
  }
}
