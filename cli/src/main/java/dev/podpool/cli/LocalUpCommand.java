package dev.podpool.cli;

import dev.podpool.crd.ManifestException;
import dev.podpool.crd.Manifests;
import dev.podpool.crd.WorkerPool;
import dev.podpool.operator.local.LocalRuntime;
import dev.podpool.operator.local.PoolReport;
import dev.podpool.operator.local.RuntimeDaemon;
import dev.podpool.rpc.RuntimeDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code podpool local up}. */
@Command(
    name = "up",
    description =
        "Starts this machine's runtime, unless it runs, has it hold the pools of manifests, and"
            + " waits until they are ready. It goes on in the background.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class LocalUpCommand implements Callable<Integer> {

  private static final long LOOK_MILLIS = 50;

  private final Shell shell;

  @Option(
      names = {"-f", "--filename"},
      paramLabel = "FILE",
      description =
          "A pool's manifest; again for more. Those of earlier calls stay, whether named or not.")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--class-path",
      paramLabel = "PATH",
      description =
          "For workers, beside Podpool's own: initializers, and functions not sent. Kept for later"
              + " starts, until another is given; '' is none.")
  private @Nullable String classPath;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      description = "How long to wait until the pools are ready. Defaults to 2m.")
  private Duration timeout = Duration.ofMinutes(2);

  @Mixin private LocalDirectory runtime = new LocalDirectory();
  @Mixin private Output output = new Output();

  LocalUpCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call()
      throws IOException, InterruptedException, ManifestException, CommandException {
    RuntimeDirectory directory = runtime.directory(shell);
    Map<Path, String> texts = new LinkedHashMap<>();
    Map<String, String> wanted = new LinkedHashMap<>();
    for (Path file : files) {
      String text = Manifests.text(file); // all are looked at before anything is done
      WorkerPool pool = Manifests.read(text, file.toString());
      texts.put(file, text);
      wanted.put(pool.getMetadata().getName(), LocalRuntime.sha256(text));
    }
    if (files.isEmpty()) {
      LocalRuntime.manifests(directory)
          .forEach((pool, text) -> wanted.put(pool, LocalRuntime.sha256(text)));
    }
    // What a runtime that has ended said of its pools is there still.
    Instant saidSince = Instant.EPOCH;
    RuntimeDaemon daemon = null;
    if (LocalRuntime.runningIn(directory).isEmpty()) {
      saidSince = Instant.now();
      daemon = RuntimeDaemon.start(directory, classPath);
    } else if (classPath != null) {
      throw new CommandException(
          ExitCode.USAGE,
          "the runtime of "
              + directory.path()
              + " runs already, with the class path that it was started with: podpool local down,"
              + " then local up with --class-path");
    }
    for (Map.Entry<Path, String> each : texts.entrySet()) {
      LocalRuntime.apply(directory, each.getValue(), each.getKey().toString());
    }
    await(new Rise(directory, daemon, saidSince, wanted));
    return ExitCode.OK.code;
  }

  private void await(Rise rise) throws IOException, InterruptedException, CommandException {
    long start = System.nanoTime();
    Map<String, String> said = new LinkedHashMap<>();
    while (!rise.look(report -> sayReady(report, start))) {
      for (PoolReport report : rise.missing()) {
        String status = Text.line(report.status());
        boolean isNew = !status.equals(said.put(report.pool(), status));
        if (isNew && (shell.isTerminal() || !status.startsWith("Starting"))) {
          shell.complain("pool " + report.pool() + ": " + status);
        }
      }
      if (System.nanoTime() - start > timeout.toNanos()) {
        throw new CommandException(
            ExitCode.TIMED_OUT,
            "not ready after %s: %s. The runtime goes on; podpool doctor says more"
                .formatted(Text.seconds(timeout.toNanos()), rise.whatIsMissing()));
      }
      Thread.sleep(LOOK_MILLIS); // of files: nobody signals
    }
    if (output.isJson()) {
      shell.out().println(Reports.json(rise.ready(), true));
    } else if (rise.ready().isEmpty()) {
      shell.out().println("the runtime of " + rise.directory() + " is up; it has no pool yet");
    }
  }

  private void sayReady(PoolReport report, long start) {
    if (!output.isJson()) {
      shell
          .out()
          .println(
              "pool %s: %s ready in %s"
                  .formatted(
                      report.pool(),
                      Text.workers(report.workers()),
                      Text.seconds(System.nanoTime() - start)));
    }
  }
}
