package dev.podpool.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.podpool.ConnectOptions;
import dev.podpool.JobOptions;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import dev.podpool.Results;
import dev.podpool.TaskFailedException;
import dev.podpool.function.EncodeException;
import dev.podpool.function.NamedFunction;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code podpool map}. */
@Command(
    name = "map",
    description =
        "Runs a function of one parameter on each line of standard input, and prints each result as a line of JSON,"
            + " in the order of the inputs, as they come. An item that fails is told on standard"
            + " error, and the others go on; the exit code is 1 then. Ctrl-C cancels what has not"
            + " ended.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class MapCommand implements Callable<Integer> {

  private final Shell shell;

  @Option(
      names = "--window",
      paramLabel = "N",
      description = "Lines that are taken ahead of the results. Defaults to 4096.")
  private int window = 4096;

  @Mixin private Call call = new Call();
  @Mixin private Code code = new Code();
  @Mixin private Running running = new Running();
  @Mixin private Connection connection = new Connection();
  @Mixin private Output output = new Output();

  MapCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws CommandException {
    JobOptions options = running.options().withWindow(window);
    NamedFunction named = NamedFunction.of(call.function(), 1, code.classPath());
    Lines lines = new Lines(shell.in(), line -> named.input(List.of(line)));
    Podpool podpool =
        connection.connect(shell, ConnectOptions.defaults().withCode(code.classPath()));
    Interrupt interrupt =
        new Interrupt(
            () -> {
              podpool.close(); // a map ends with its session
              shell.complain("interrupted: what had not ended is cancelled");
            });
    try (podpool;
        Pool to = podpool.pool(call.pool()).with(options);
        Results<String> results = to.imap(named, lines);
        MapProgress progress = new MapProgress(shell, lines)) {
      print(results.iterator(), progress);
      return (progress.failed() > 0 ? ExitCode.FAILED : ExitCode.OK).code;
    } finally {
      interrupt.disarm();
    }
  }

  private void print(Iterator<String> results, MapProgress progress) throws CommandException {
    long index = 0;
    try {
      for (; results.hasNext(); index++) {
        print(index, results, progress);
        if (shell.out().checkError()) {
          throw new CommandException(
              ExitCode.FAILED,
              "nobody reads the results any more: what had not ended is cancelled");
        }
      }
    } catch (EncodeException e) {
      // The last there is: no line behind it was read.
      String reason = String.valueOf(e.getMessage()).replaceFirst("^input \\d+", "");
      throw new CommandException(ExitCode.USAGE, "line " + (index + 1) + reason);
    }
  }

  private void print(long index, Iterator<String> results, MapProgress progress) {
    try {
      String result = results.next();
      progress.succeeded(output.isJson() ? line(index, result) : result);
    } catch (TaskFailedException | CancellationException e) {
      if (output.isJson()) {
        progress.line(line(index, e));
      }
      progress.failed(index, e);
    }
  }

  private static String line(long index, String result) {
    ObjectNode line = JsonNodeFactory.instance.objectNode().put("index", index);
    line.putRawValue("result", new RawValue(result));
    return line.toString();
  }

  private static String line(long index, RuntimeException failure) {
    ObjectNode line = JsonNodeFactory.instance.objectNode().put("index", index);
    return line.put("error", failure.getMessage()).toString();
  }
}
