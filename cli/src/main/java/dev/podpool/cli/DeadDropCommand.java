package dev.podpool.cli;

import dev.podpool.Podpool;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code podpool dead drop}. */
@Command(
    name = "drop",
    description = "Takes them off the list, for good: their inputs are forgotten.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class DeadDropCommand implements Callable<Integer> {

  private final Shell shell;

  @Mixin private DeadItems items = new DeadItems();
  @Mixin private Connection connection = new Connection();
  @Mixin private Output output = new Output();

  DeadDropCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws CommandException {
    try (Podpool podpool = connection.connect(shell)) {
      int count = items.change(podpool, podpool::dropDead);
      shell.out().println(Text.changed(output, count, "dropped", "dropped"));
    }
    return ExitCode.OK.code;
  }
}
