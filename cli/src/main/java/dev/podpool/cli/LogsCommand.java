package dev.podpool.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.podpool.ItemOutput;
import dev.podpool.Podpool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code podpool logs}. */
@Command(
    name = "logs",
    description =
        "Prints what items and processes printed: the newest 64 KiB of each, in the memory of the queue. Each"
            + " line begins with its worker and item, or with the worker alone where it was printed"
            + " outside of any.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class LogsCommand implements Callable<Integer> {

  private final Shell shell;

  @Parameters(
      paramLabel = "POOL|JOB",
      arity = "0..1",
      description = "Whose; without, everything. A process is a pool here: kubectl get wproc.")
  private @Nullable String target;

  @Option(
      names = {"-f", "--follow"},
      description =
          "Goes on with what they print from now on, until Ctrl-C, or nobody reads it any more.")
  private boolean follow;

  @Mixin private Connection connection = new Connection();
  @Mixin private Output output = new Output();

  LogsCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws InterruptedException, CommandException {
    try (Podpool podpool = connection.connect(shell)) {
      if (target == null) {
        podpool.followOutput(follow, this::print);
      } else if (Text.isJobId(target)) {
        var id = Text.jobId(target);
        var _ = podpool.job(id); // or there is none
        podpool.followOutput(id, follow, this::print);
      } else {
        var _ = podpool.poolInfo(target); // or there is no such pool
        podpool.followOutput(target, follow, this::print);
      }
    }
    return ExitCode.OK.code;
  }

  private void print(ItemOutput printed) {
    if (output.isJson()) {
      shell.out().println(json(printed));
    } else {
      printLines(printed);
    }
    if (shell.out().checkError()) {
      throw new UncheckedIOException(new IOException("nobody reads what is printed any more"));
    }
  }

  private static ObjectNode json(ItemOutput printed) {
    UUID job = printed.job();
    return JsonNodeFactory.instance
        .objectNode()
        .put("job", job == null ? null : job.toString())
        .put("index", job == null ? null : printed.index())
        .put("worker", printed.worker())
        .put("stream", printed.isError() ? "stderr" : "stdout")
        .put("text", printed.text())
        .put("droppedBytes", printed.droppedBytes());
  }

  private void printLines(ItemOutput printed) {
    UUID job = printed.job();
    String from =
        job == null
            ? printed.worker()
            : printed.worker() + " " + job.toString().substring(0, 8) + "/" + printed.index();
    if (printed.droppedBytes() > 0) {
      shell.out().println(from + " | (" + printed.droppedBytes() + " bytes are lost)");
    }
    printed.text().lines().forEach(line -> shell.out().println(from + " | " + line));
  }
}
