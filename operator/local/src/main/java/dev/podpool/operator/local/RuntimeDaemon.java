package dev.podpool.operator.local;

import dev.podpool.rpc.RuntimeDirectory;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The runtime of a directory as a process that outlives whoever starts it, and the terminal that it
 * was started in. What it says goes to {@code logs/runtime.log}.
 */
public final class RuntimeDaemon {

  private static final long LOG_BYTES_MAX = 1 << 20;
  private static final long LOOK_MILLIS = 20;
  // Neither a closed terminal nor its Ctrl-C is the runtime's end: in a session of its own it gets
  // no signal of theirs; where there is no setsid, it and what it starts ignore them.
  private static final List<String> SESSION = List.of("setsid");
  private static final List<String> DEAF =
      List.of("sh", "-c", "trap '' HUP INT; exec \"$@\"", "podpool");
  private static final Duration KILLED_WITHIN = Duration.ofSeconds(10);

  private final Process process;
  private final Path log;
  private final long logStart;

  private RuntimeDaemon(Process process, Path log, long logStart) {
    this.process = process;
    this.log = log;
    this.logStart = logStart;
  }

  /** Where the runtime of {@code directory} says what happens to it. */
  public static Path log(RuntimeDirectory directory) {
    return new RuntimeFiles(directory).logs().resolve("runtime.log");
  }

  /**
   * Starts a process on this JVM's Java and class path, and does not wait for it. It runs in the
   * user's home, wherever this JVM does, and so do its workers.
   *
   * @param classPath for workers, behind this JVM's own, from now on; may be empty. Null: that of
   *     the last start
   */
  public static RuntimeDaemon start(RuntimeDirectory directory, @Nullable String classPath)
      throws IOException {
    RuntimeFiles files = new RuntimeFiles(directory);
    files.makeDirectories();
    if (classPath != null) {
      RuntimeFiles.write(files.classPath(), Jvm.absolute(classPath));
    }
    String kept = RuntimeFiles.read(files.classPath());
    Path log = log(directory);
    if (Files.exists(log) && Files.size(log) > LOG_BYTES_MAX) {
      Files.move(log, log.resolveSibling("runtime.log.1"), StandardCopyOption.REPLACE_EXISTING);
    }
    List<String> flags = new ArrayList<>(Jvm.settings());
    flags.add("-Xmx256m");
    ProcessBuilder command =
        Jvm.command(
            flags,
            Path.of(System.getProperty("java.io.tmpdir")),
            Jvm.classPath(""),
            RuntimeMain.class,
            directory.path().toAbsolutePath().toString(),
            kept == null ? "" : kept);
    command.command().addAll(0, isThere("setsid") ? SESSION : DEAF);
    File home = new File(System.getProperty("user.home"));
    command.directory(home.isDirectory() ? home : directory.path().toFile());
    command.redirectInput(new File("/dev/null"));
    command.redirectErrorStream(true);
    command.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    long logStart = Files.exists(log) ? Files.size(log) : 0;
    return new RuntimeDaemon(command.start(), log, logStart);
  }

  private static boolean isThere(String program) {
    String path = System.getenv().getOrDefault("PATH", "");
    for (String directory : path.split(File.pathSeparator, -1)) {
      if (!directory.isEmpty() && new File(directory, program).canExecute()) {
        return true;
      }
    }
    return false;
  }

  /** Whether it has not ended. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** What it said since it was started, for a person who asks why it ended. */
  public String said() throws IOException {
    byte[] all = Files.readAllBytes(log);
    int from = (int) Math.min(logStart, all.length);
    return new String(all, from, all.length - from, StandardCharsets.UTF_8).strip();
  }

  /**
   * Ends the runtime that runs in {@code directory}, in order, and waits until it and every process
   * that it has started are gone. What has not ended within {@code atMost} is killed.
   *
   * @return processes that had to be killed; 0 also where no runtime runs
   * @throws IOException if one could not even be killed
   */
  public static int stop(RuntimeDirectory directory, Duration atMost)
      throws IOException, InterruptedException {
    OptionalLong pid = LocalRuntime.runningIn(directory);
    ProcessHandle runtime = pid.isPresent() ? ProcessHandle.of(pid.getAsLong()).orElse(null) : null;
    if (runtime == null) {
      return 0;
    }
    Set<ProcessHandle> all = new LinkedHashSet<>();
    all.add(runtime);
    runtime.descendants().forEach(all::add);
    runtime.destroy();
    long end = System.nanoTime() + atMost.toNanos();
    while (runtime.isAlive() && System.nanoTime() - end < 0) {
      runtime.descendants().forEach(all::add); // those started since
      await(List.of(runtime), Duration.ofMillis(LOOK_MILLIS));
    }
    List<ProcessHandle> left = await(all, Duration.ofNanos(Math.max(0, end - System.nanoTime())));
    left.forEach(ProcessHandle::destroyForcibly);
    List<ProcessHandle> immortal = await(left, KILLED_WITHIN);
    if (!immortal.isEmpty()) {
      throw new IOException(
          "processes %s do not end, even when killed; see what they wait for"
              .formatted(immortal.stream().map(ProcessHandle::pid).toList()));
    }
    return left.size();
  }

  /** Those that have not ended when the time has passed. */
  private static List<ProcessHandle> await(Collection<ProcessHandle> processes, Duration atMost)
      throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    List<ProcessHandle> left = new ArrayList<>(processes);
    left.removeIf(RuntimeDaemon::hasEnded);
    while (!left.isEmpty() && System.nanoTime() - end < 0) {
      Thread.sleep(LOOK_MILLIS); // they are nobody's children here: nothing signals their end
      left.removeIf(RuntimeDaemon::hasEnded);
    }
    return left;
  }

  /** One that nobody has reaped, as in a container whose first process does not, has ended too. */
  private static boolean hasEnded(ProcessHandle process) {
    if (!process.isAlive()) {
      return true;
    }
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
      return stat.startsWith("Z", stat.lastIndexOf(')') + 2); // proc(5)
    } catch (IOException e) {
      return !process.isAlive(); // another system, or gone meanwhile
    }
  }

  /**
   * Deletes the key, the queue and all results of the runtime of {@code directory}, and the
   * directory, unless there is something else in it.
   *
   * @return whether the directory is gone
   * @throws IOException if a runtime runs there, if it is no runtime's directory, or could not be
   *     deleted
   */
  public static boolean purge(RuntimeDirectory directory) throws IOException {
    OptionalLong pid = LocalRuntime.runningIn(directory);
    if (pid.isPresent()) {
      throw new IOException(
          "a runtime runs in %s, as process %d: stop it first"
              .formatted(directory.path(), pid.getAsLong()));
    }
    RuntimeFiles files = new RuntimeFiles(directory);
    if (!Files.exists(directory.path())) {
      return true;
    }
    if (!files.isRuntimes()) {
      throw new IOException(directory.path() + " is no runtime's directory, and stays as it is");
    }
    return files.deleteOwn();
  }
}
