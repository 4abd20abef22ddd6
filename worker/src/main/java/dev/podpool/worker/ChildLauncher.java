package dev.podpool.worker;

import dev.podpool.sandbox.Child;
import dev.podpool.sandbox.Frames;
import dev.podpool.sandbox.SlotPage;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Starts child processes, and owns the private directory through which they call back. */
final class ChildLauncher implements AutoCloseable {
  /** Longest path of a socket, by the kernel's {@code sockaddr_un}. */
  private static final int SOCKET_PATH_BYTES_MAX = 107;

  private static final List<String> OPTION_VARIABLES =
      List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS");

  private final WorkerSettings settings;
  private final Path directory;
  private final Path socket;
  private final ServerSocketChannel server;
  private int started;

  ChildLauncher(WorkerSettings settings) throws IOException {
    this.settings = settings;
    directory = privateDirectory(); // only this user can enter it
    socket = directory.resolve("s");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket), 1024);
    server.configureBlocking(false);
  }

  private static Path privateDirectory() throws IOException {
    Path directory = Files.createTempDirectory("podpool");
    if (directory.toString().getBytes(StandardCharsets.UTF_8).length + 2 <= SOCKET_PATH_BYTES_MAX) {
      return directory;
    }
    Files.delete(directory);
    return Files.createTempDirectory(Path.of("/tmp"), "podpool");
  }

  /** Where code is kept that this worker shares with none; not made yet. */
  Path codeDirectory() {
    return directory.resolve(Frames.CODE_DIRECTORY);
  }

  ServerSocketChannel server() {
    return server;
  }

  /** Starts a process; it will connect and give the token. */
  ChildProcess start(int slot, int round) throws IOException {
    Path pageFile = directory.resolve("p" + started++);
    SlotPage page = SlotPage.map(pageFile);
    ProcessBuilder builder = new ProcessBuilder();
    builder.environment().putAll(settings.environment());
    builder.command(command(pageFile, builder.environment()));
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      Files.deleteIfExists(pageFile);
      throw e;
    }
    byte[] token = new byte[Frames.TOKEN_LENGTH / 2];
    new SecureRandom().nextBytes(token); // loads a lot at first: while the child starts
    String text = HexFormat.of().formatHex(token);
    try {
      OutputStream lifeLine = process.getOutputStream(); // open for as long as we live
      lifeLine.write(text.getBytes(StandardCharsets.US_ASCII));
      lifeLine.flush();
    } catch (IOException e) {
      // It has ended already, and will be seen to.
    }
    return new ChildProcess(slot, round, process, text, page, pageFile);
  }

  private List<String> command(Path pageFile, Map<String, String> environment) {
    List<String> command = new ArrayList<>();
    command.add(settings.javaHome().resolve("bin").resolve("java").toString());
    if (!selectsCollector(environment)) {
      command.add("-XX:+UseSerialGC"); // beside another the JVM would not start
    }
    // What the JVM itself has to say is not the program's output.
    command.add("-XX:+DisplayVMOutputToStderr");
    command.add("-Xlog:disable");
    command.add("-Xlog:all=warning:stderr");
    command.add("-XX:-UsePerfData");
    command.add("-Xshare:auto");
    // A child in a long loop must still be able to halt when its supervisor dies.
    command.add("-XX:+UseCountedLoopSafepoints");
    command.add("-XX:LoopStripMiningIter=1000");
    if (settings.memoryLimitBytes() > 0) {
      command.add("-Xmx" + settings.memoryLimitBytes() / 4 * 3);
    }
    String modulePath = System.getProperty("jdk.module.path");
    if (modulePath != null) {
      command.add("--module-path");
      command.add(modulePath);
      // Our main class is on the class path, and requires none of them.
      command.add("--add-modules");
      command.add("ALL-MODULE-PATH");
    }
    command.addAll(settings.jvmArguments());
    command.add("-cp");
    command.add(settings.classPath());
    command.add(Child.class.getName());
    command.add(socket.toString());
    command.add(pageFile.toString());
    if (settings.childAccess() != null) {
      command.add(Frames.SHARES);
    }
    return command;
  }

  private boolean selectsCollector(Map<String, String> environment) {
    // No stream, lambda or pattern: the first child waits for those to be loaded.
    List<String> arguments = new ArrayList<>(settings.jvmArguments());
    for (String variable : OPTION_VARIABLES) {
      String options = environment.get(variable);
      if (options != null) {
        arguments.addAll(List.of(options.split("\\s+")));
      }
    }
    for (String argument : arguments) {
      if (argument.startsWith("-XX:+Use") && argument.endsWith("GC")) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    try {
      server.close();
      Files.deleteIfExists(socket);
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      // A few bytes of rubbish in a temporary directory.
    }
  }
}
