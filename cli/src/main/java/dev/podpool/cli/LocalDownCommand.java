package dev.podpool.cli;

import dev.podpool.operator.local.LocalRuntime;
import dev.podpool.operator.local.RuntimeDaemon;
import dev.podpool.rpc.RuntimeDirectory;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code podpool local down}. */
@Command(
    name = "down",
    description =
        "Ends this machine's runtime: workers finish what they have begun, for 20 s at most."
            + " Returns when every process is gone. Pools, jobs and results stay on the disk, for"
            + " the next local up.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class LocalDownCommand implements Callable<Integer> {

  private final Shell shell;

  @Option(
      names = "--purge",
      description = "Deletes pools, jobs and results too, for good, whether a runtime ran or not.")
  private boolean purge;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      description = "After that, what has not ended is killed. Defaults to 60s.")
  private Duration timeout = Duration.ofSeconds(60);

  @Mixin private LocalDirectory runtime = new LocalDirectory();

  LocalDownCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    RuntimeDirectory directory = runtime.directory(shell);
    boolean ran = LocalRuntime.runningIn(directory).isPresent();
    int killed = RuntimeDaemon.stop(directory, timeout);
    String said = ran ? "the runtime has ended" : "no runtime runs in " + directory.path();
    if (purge) {
      said +=
          RuntimeDaemon.purge(directory)
              ? ", and " + directory.path() + " is deleted"
              : ", and all that was its own is deleted; what else is in "
                  + directory.path()
                  + " stays";
    } else if (ran) {
      said += "; its pools, jobs and results stay in " + directory.path();
    }
    shell.out().println(said);
    if (killed > 0) {
      shell.complain(
          killed + " processes had not ended after " + timeout.toSeconds() + " s, and were killed");
    }
    return ExitCode.OK.code;
  }
}
