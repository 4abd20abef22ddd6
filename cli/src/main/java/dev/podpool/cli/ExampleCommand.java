package dev.podpool.cli;

import dev.podpool.examples.tutorial.Example;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code podpool example}. */
@Command(
    name = "example",
    description =
        "Runs an example of the tutorial of Python's multiprocessing, or lists them. Nothing needs"
            + " to be running: its processes are on this machine, and end with it. With --connect"
            + " or --runtime they are a runtime's, with --context, -n and the like a cluster's;"
            + " what they print is there in podpool logs, and in kubectl logs.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ExampleCommand implements Callable<Integer> {

  private final Shell shell;

  @Parameters(
      index = "0",
      paramLabel = "NUMBER",
      arity = "0..1",
      description = "Which; without, they are listed.")
  private @Nullable Integer number;

  @Parameters(
      index = "1..*",
      paramLabel = "COUNT",
      arity = "0..*",
      description = "How many processes, and the like. Defaults to the tutorial's.")
  private List<String> counts = new ArrayList<>();

  @Option(
      names = "--connect",
      description = "Runs it where other commands look: this machine's runtime, or a cluster.")
  private boolean connect;

  @Option(
      names = "--pool",
      paramLabel = "NAME",
      description =
          "Which pool of a runtime or cluster, in examples that need one. Defaults to tutorial, of"
              + " examples/tutorial/pool.yaml.")
  private @Nullable String pool;

  @Mixin private Connection connection = new Connection();

  ExampleCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws Exception {
    if (pool != null && !isElsewhere()) {
      throw new CommandException(
          ExitCode.USAGE,
          "--pool %s is a pool of a runtime or cluster, and the example would start its own: say"
                  .formatted(pool)
              + " which with --connect, --runtime, --context or -n, or leave --pool out");
    }
    if (number == null) {
      for (Example example : Example.ALL) {
        shell.out().println("%2d  %s".formatted(example.number(), example.title()));
      }
    } else {
      Example example = example(number);
      List<String> arguments = arguments();
      if (isElsewhere()) {
        shell.complain("what its processes print is in podpool logs, with the same options");
      }
      example.program().main(arguments.toArray(String[]::new));
    }
    return ExitCode.OK.code;
  }

  private static Example example(int number) throws CommandException {
    int count = Example.ALL.size();
    if (number < 1 || number > count) {
      throw new CommandException(
          ExitCode.USAGE,
          "there is no example %d; give 1 to %d: podpool example lists them"
              .formatted(number, count));
    }
    return Example.ALL.get(number - 1);
  }

  private boolean isElsewhere() {
    return connect || !connection.arguments().isEmpty();
  }

  private List<String> arguments() throws CommandException {
    var _ = connection.cluster(); // or the options contradict each other
    List<String> arguments = connection.arguments();
    if (connect) {
      arguments.add("--connect");
    }
    if (pool != null) {
      arguments.add("--pool");
      arguments.add(pool);
    }
    arguments.addAll(counts);
    return arguments;
  }
}
