package dev.podpool.queue.boot;

import dev.podpool.rpc.Endpoint;
import dev.podpool.testing.JvmCaches;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** The queue's program in a process of its own, to be killed and started again. */
final class QueueProcess implements AutoCloseable, Endpoint.Source {

  static final String KEY = "0123456789abcdef";

  private final Path directory;
  private final Path key;
  private final List<String> flags;
  private Process process;

  /** With {@code flags} of the JVM's. */
  QueueProcess(Path directory, String... flags) throws IOException, InterruptedException {
    this.directory = directory.resolve("queue");
    this.key = key(directory, KEY + "\n");
    this.flags = List.of(flags);
    start();
  }

  static Path key(Path directory, String text) throws IOException {
    Path key = directory.resolve("key");
    Files.writeString(key, text);
    return Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
  }

  /** Starts it, and returns when it serves. */
  void start() throws IOException, InterruptedException {
    Files.deleteIfExists(directory.resolve("endpoint"));
    process = command(directory).redirectErrorStream(true).start();
    var lines = process.inputReader();
    String line = lines.readLine();
    while (line != null && !line.startsWith("the queue serves")) {
      System.out.println(line);
      line = lines.readLine();
    }
    if (line == null) {
      throw new IOException("the queue ended with exit code " + process.waitFor());
    }
    var rest = new Thread(() -> lines.lines().forEach(System.out::println));
    rest.setDaemon(true);
    rest.start();
  }

  ProcessBuilder command(Path queueDirectory) {
    return command(flags, queueDirectory.toString(), key.toString());
  }

  static ProcessBuilder command(List<String> flags, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", // starts in half the time
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
    command.addAll(JvmCaches.use(QueueMain.class));
    command.addAll(flags);
    command.addAll(List.of("-cp", JvmCaches.classPath(), QueueMain.class.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  Path directory() {
    return directory;
  }

  /** {@code name} as kill(1) has it, such as STOP. */
  static void signal(ProcessHandle process, String name) throws IOException, InterruptedException {
    String pid = Long.toString(process.pid());
    int status = new ProcessBuilder("kill", "-" + name, pid).start().waitFor();
    if (status != 0) {
      throw new IOException("kill -%s %s ended with %d".formatted(name, pid, status));
    }
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public Endpoint locate() throws IOException {
    try {
      String[] endpoint = Files.readString(directory.resolve("endpoint")).strip().split(" ");
      return new Endpoint(endpoint[0], Integer.parseInt(endpoint[1]), KEY);
    } catch (NoSuchFileException e) {
      throw new IOException("no queue serves " + directory, e);
    }
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close(); // its life line
    process.onExit().join();
  }
}
