package dev.podpool.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code podpool dead}. */
@Command(
    name = "dead",
    description = "Items that were given up, as their processes died too often.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {DeadListCommand.class, DeadRetryCommand.class, DeadDropCommand.class})
final class DeadCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "give a command: list, retry or drop");
  }
}
