package dev.podpool.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.podpool.JobInfo;
import dev.podpool.Podpool;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code podpool cancel}. */
@Command(
    name = "cancel",
    description = "Cancels what has not ended of jobs, for good. Results that are there stay.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class CancelCommand implements Callable<Integer> {

  private final Shell shell;

  @Parameters(arity = "1..*", paramLabel = "JOB", description = "Ids, as podpool jobs shows them.")
  private List<String> jobs = new ArrayList<>();

  @Mixin private Connection connection = new Connection();
  @Mixin private Output output = new Output();

  CancelCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws CommandException {
    List<UUID> ids = new ArrayList<>();
    for (String job : jobs) {
      ids.add(Text.jobId(job));
    }
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    try (Podpool podpool = connection.connect(shell)) {
      for (UUID id : ids) {
        JobInfo before = podpool.job(id);
        podpool.cancel(id);
        long cancelled = before.items() - before.done();
        all.addObject().put("id", id.toString()).put("items", cancelled);
        if (!output.isJson()) {
          shell
              .out()
              .println(
                  before.hasEnded()
                      ? "job " + id + " had ended"
                      : "job " + id + ": " + Text.items(cancelled) + " cancelled");
        }
      }
    }
    if (output.isJson()) {
      shell.out().println(all);
    }
    return ExitCode.OK.code;
  }
}
