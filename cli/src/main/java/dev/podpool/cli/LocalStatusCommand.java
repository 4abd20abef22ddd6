package dev.podpool.cli;

import dev.podpool.operator.local.LocalRuntime;
import dev.podpool.operator.local.PoolReport;
import dev.podpool.rpc.RuntimeDirectory;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code podpool local status}. */
@Command(
    name = "status",
    description = "Shows the pools of this machine's runtime. Exit code 3 where it does not run.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class LocalStatusCommand implements Callable<Integer> {

  private final Shell shell;

  @Mixin private LocalDirectory runtime = new LocalDirectory();
  @Mixin private Output output = new Output();

  LocalStatusCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException {
    RuntimeDirectory directory = runtime.directory(shell);
    boolean runs = LocalRuntime.runningIn(directory).isPresent();
    List<PoolReport> reports = LocalRuntime.status(directory);
    if (output.isJson()) {
      shell.out().println(Reports.json(reports, runs));
    } else if (!reports.isEmpty()) {
      Reports.print(reports, runs, Instant.now(), shell.out());
    } else if (runs) {
      shell.out().println("the runtime has no pool: podpool local up -f pool.yaml");
    }
    if (!runs) {
      shell.complain("no runtime runs in " + directory.path() + ": podpool local up -f pool.yaml");
    }
    return (runs ? ExitCode.OK : ExitCode.UNREACHABLE).code;
  }
}
