package dev.podpool.cli;

import dev.podpool.Podpool;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code podpool dead retry}. */
@Command(
    name = "retry",
    description = "Has them run again, as if no process of theirs had died.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class DeadRetryCommand implements Callable<Integer> {

  private final Shell shell;

  @Mixin private DeadItems items = new DeadItems();
  @Mixin private Connection connection = new Connection();
  @Mixin private Output output = new Output();

  DeadRetryCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws CommandException {
    try (Podpool podpool = connection.connect(shell)) {
      int count = items.change(podpool, podpool::retryDead);
      shell.out().println(Text.changed(output, count, "to run again", "retried"));
    }
    return ExitCode.OK.code;
  }
}
