package dev.podpool.cli;

import dev.podpool.crd.ManifestException;
import dev.podpool.crd.Manifests;
import dev.podpool.crd.WorkerPool;
import dev.podpool.operator.local.LocalRuntime;
import dev.podpool.operator.local.PoolReport;
import dev.podpool.operator.local.RuntimeDaemon;
import dev.podpool.rpc.RuntimeDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
      description = "For workers, beside Podpool's own: initializers, and functions not sent.")
  private String classPath = "";

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      description = "How long to wait until the pools are ready. Defaults to 60s.")
  private Duration timeout = Duration.ofSeconds(60);

  @Mixin private LocalDirectory runtime = new LocalDirectory();
  @Mixin private Output output = new Output();

  LocalUpCommand(Shell shell) {
    this.shell = shell;
  }

  /** A pool that is waited for; null: whatever its manifest is. */
  private record Wanted(String pool, @Nullable String sha256, int workers) {}

  @Override
  public Integer call()
      throws IOException, InterruptedException, ManifestException, CommandException {
    long start = System.nanoTime();
    RuntimeDirectory directory = runtime.directory(shell);
    Map<String, Wanted> wanted = new LinkedHashMap<>();
    Map<Path, String> texts = new LinkedHashMap<>();
    for (Path file : files) {
      WorkerPool pool = Manifests.read(file); // all are looked at before anything is done
      String text = Files.readString(file);
      String name = pool.getMetadata().getName();
      texts.put(file, text);
      wanted.put(name, new Wanted(name, LocalRuntime.sha256(text), pool.getSpec().workers()));
    }
    RuntimeDaemon daemon = null;
    if (LocalRuntime.runningIn(directory).isEmpty()) {
      daemon = RuntimeDaemon.start(directory, classPath);
    } else if (!classPath.isEmpty()) {
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
    return await(directory, daemon, wanted, start).code;
  }

  private ExitCode await(
      RuntimeDirectory directory,
      @Nullable RuntimeDaemon daemon,
      Map<String, Wanted> wanted,
      long start)
      throws IOException, InterruptedException, CommandException {
    Map<String, PoolReport> ready = new LinkedHashMap<>();
    Map<String, String> said = new LinkedHashMap<>();
    while (true) {
      boolean runs = LocalRuntime.runningIn(directory).isPresent();
      for (PoolReport report : runs ? LocalRuntime.status(directory) : List.<PoolReport>of()) {
        Wanted its = wanted.get(report.pool());
        if (its == null || ready.containsKey(report.pool())) {
          continue;
        }
        if (report.isReady() && report.manifestSha256().equals(its.sha256())) {
          ready.put(report.pool(), report);
          sayReady(report, start);
        } else if (shell.isTerminal()
            && !report.status().equals(said.put(report.pool(), report.status()))) {
          shell.err().println("pool " + report.pool() + ": " + report.status());
        }
      }
      if (runs && ready.size() == wanted.size()) {
        if (output.isJson()) {
          shell.out().println(Reports.json(List.copyOf(ready.values())));
        } else if (wanted.isEmpty()) {
          shell.out().println("the runtime of " + directory.path() + " is up");
        }
        return ExitCode.OK;
      }
      if (daemon != null && !daemon.isAlive()) {
        throw new CommandException(
            ExitCode.UNREACHABLE, "the runtime ended as soon as it was started: " + daemon.said());
      }
      if (System.nanoTime() - start > timeout.toNanos()) {
        throw late(directory, wanted, ready);
      }
      Thread.sleep(LOOK_MILLIS); // of files: nobody signals
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

  private CommandException late(
      RuntimeDirectory directory, Map<String, Wanted> wanted, Map<String, PoolReport> ready)
      throws IOException {
    List<String> reasons = new ArrayList<>();
    Map<String, PoolReport> known = new LinkedHashMap<>();
    LocalRuntime.status(directory).forEach(report -> known.put(report.pool(), report));
    for (String pool : wanted.keySet()) {
      if (!ready.containsKey(pool)) {
        PoolReport report = known.get(pool);
        reasons.add(pool + ": " + (report == null ? "nothing heard of it yet" : report.status()));
      }
    }
    return new CommandException(
        ExitCode.TIMED_OUT,
        "not ready after %s: %s. The runtime goes on; podpool doctor says more"
            .formatted(
                Text.seconds(timeout.toNanos()),
                reasons.isEmpty() ? "the runtime itself" : String.join("; ", reasons)));
  }
}
