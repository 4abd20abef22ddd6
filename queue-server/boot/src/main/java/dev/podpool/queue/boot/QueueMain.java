package dev.podpool.queue.boot;

import dev.podpool.queue.front.SharedKey;
import dev.podpool.queue.raft.DirectoryInUseException;
import dev.podpool.queue.raft.LogException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The queue service of one machine: on loopback, for whoever has its key. Ends when its standard
 * input does, so that it never outlives who started it.
 *
 * <p>Writes the file {@code endpoint} into its directory when it serves, as {@code address port}.
 */
public final class QueueMain {

  private static final long DISK_RESERVE_BYTES = 256L << 20;
  private static final int EXIT_USAGE = 2;

  /** Exit code where the directory cannot be used, and will not be without somebody's help. */
  public static final int EXIT_UNUSABLE = 3;

  /** Exit code where another process has the directory. */
  public static final int EXIT_IN_USE = 4;

  /** What its message begins with where it ends with one of these. */
  public static final String CANNOT_START = "the queue can't start: ";

  private static final int EXIT_BROKEN = 70;

  private QueueMain() {}

  /** Arguments: the directory, and a file that holds the key. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 2) {
      System.err.println("give the queue's directory, and the file that holds its key");
      System.exit(EXIT_USAGE);
    }
    Path directory = Path.of(arguments[0]);
    QueueServer server;
    try {
      server = start(directory, Files.readString(Path.of(arguments[1])).strip());
    } catch (LogException | IOException e) {
      System.err.println(CANNOT_START + e.getMessage());
      System.exit(e instanceof DirectoryInUseException ? EXIT_IN_USE : EXIT_UNUSABLE);
      return;
    }
    publish(directory, InetAddress.getLoopbackAddress().getHostAddress() + " " + server.port());
    System.err.println("the queue serves on port " + server.port());
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "podpool-queue-close"));
    while (System.in.read() >= 0) {
      // whoever started it is there
    }
    System.exit(0);
  }

  private static QueueServer start(Path directory, String key) throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    return new QueueServer(
        new QueueServer.Settings(
            directory,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            new SharedKey(key, "local"),
            DISK_RESERVE_BYTES,
            QueueMain::halt));
  }

  /** An outage beats divergence: whoever started it starts another, which begins from the disk. */
  private static void halt(Throwable cause) {
    System.err.println("the queue can't go on, and halts: " + cause);
    Runtime.getRuntime().halt(EXIT_BROKEN);
  }

  private static void publish(Path directory, String endpoint) throws IOException {
    Path written = directory.resolve("endpoint.new");
    Files.writeString(written, endpoint + "\n");
    Files.move(written, directory.resolve("endpoint"), StandardCopyOption.ATOMIC_MOVE);
  }
}
