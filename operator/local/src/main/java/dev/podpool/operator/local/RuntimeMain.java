package dev.podpool.operator.local;

import dev.podpool.rpc.RuntimeDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The durable runtime as a program of its own. SIGTERM ends it in order: {@link
 * LocalRuntime#close}.
 *
 * <p>Exit codes: 0 after SIGTERM; 2 for wrong arguments; 3 where it can't run, or not go on, with
 * the reason on standard error.
 */
public final class RuntimeMain {

  private static final int EXIT_USAGE = 2;
  private static final int EXIT_UNUSABLE = 3;

  private RuntimeMain() {}

  /** Arguments: the runtime's directory, and a class path for workers, which may be left out. */
  public static void main(String[] arguments) throws InterruptedException {
    List<String> given = Arrays.asList(arguments);
    if (given.isEmpty() || given.size() > 2) {
      System.err.println("give the runtime's directory, and a class path for its workers if any");
      System.exit(EXIT_USAGE);
    }
    RuntimeDirectory directory = new RuntimeDirectory(Path.of(given.getFirst()).toAbsolutePath());
    int exit;
    try {
      run(directory, given.size() == 2 ? given.get(1) : "");
      exit = 0;
    } catch (IOException e) {
      System.err.println("the runtime can't run: " + e.getMessage());
      exit = EXIT_UNUSABLE;
    }
    Runtime.getRuntime().halt(exit);
  }

  private static void run(RuntimeDirectory directory, String classPath)
      throws IOException, InterruptedException {
    try (LocalRuntime runtime = LocalRuntime.start(directory, classPath, new Said())) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(runtime), "podpool-stop"));
      System.err.println("the runtime of " + directory.path() + " is up");
      runtime.awaitEnd();
    }
  }

  private static void stop(LocalRuntime runtime) {
    runtime.close();
    Runtime.getRuntime().halt(0);
  }

  /** What a person wants to find in the runtime's log. */
  private static final class Said implements RuntimeEvents {

    @Override
    public void queueEnded(long pid, int exitCode) {
      System.err.println("the queue's process " + pid + " died (exit " + exitCode + ")");
    }

    @Override
    public void queueReady(long pid) {
      System.err.println("the queue serves, as process " + pid);
    }

    @Override
    public void workerEnded(String worker, boolean asked, int exitCode) {
      if (!asked) {
        System.err.println("worker " + worker + " died (exit " + exitCode + ")");
      }
    }
  }
}
