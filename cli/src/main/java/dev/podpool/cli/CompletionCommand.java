package dev.podpool.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code podpool completion}. */
@Command(
    name = "completion",
    description = {
      "Prints a script by which a shell completes commands and options:",
      "source <(podpool completion bash)"
    },
    mixinStandardHelpOptions = true)
final class CompletionCommand implements Callable<Integer> {

  /** Shells for which there is one. */
  enum Dialect {
    BASH
  }

  private final Shell shell;

  @Parameters(paramLabel = "bash", description = "The shell that is to read it.")
  private Dialect dialect = Dialect.BASH;

  CompletionCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() {
    String script =
        switch (dialect) {
          case BASH -> AutoComplete.bash("podpool", Commands.line(shell));
        };
    shell.out().print(script);
    return ExitCode.OK.code;
  }
}
