package dev.podpool.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.podpool.JobInfo;
import dev.podpool.Podpool;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code podpool jobs}. */
@Command(
    name = "jobs",
    description = "Lists jobs, those submitted last first.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class JobsCommand implements Callable<Integer> {

  private final Shell shell;

  @Parameters(paramLabel = "POOL", arity = "0..1", description = "Of that pool only.")
  private @Nullable String pool;

  @Mixin private Limit limit = new Limit();
  @Mixin private Connection connection = new Connection();
  @Mixin private Output output = new Output();

  JobsCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws CommandException {
    try (Podpool podpool = connection.connect(shell)) {
      List<JobInfo> jobs =
          pool == null ? podpool.jobs(limit.value()) : podpool.jobs(pool, limit.value());
      if (output.isJson()) {
        shell.out().println(json(jobs));
      } else {
        print(jobs);
      }
      limit.mention(jobs.size(), shell);
    }
    return ExitCode.OK.code;
  }

  private void print(List<JobInfo> jobs) {
    Table table = new Table("ID", "POOL", "FUNCTION", "DONE", "FAILED", "AGE", "SUBMITTER");
    for (JobInfo job : jobs) {
      table.row(
          job.id().toString(),
          job.pool(),
          Text.line(job.function()),
          job.done() + "/" + job.items() + (job.complete() ? "" : "+"),
          Long.toString(withoutResult(job)),
          Text.age(job.age()),
          job.submitter());
    }
    table.print(shell.out());
  }

  /** Items that have ended without a result. */
  static long withoutResult(JobInfo job) {
    return job.failed() + job.dead() + job.cancelled() + job.expired();
  }

  static ArrayNode json(List<JobInfo> jobs) {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    for (JobInfo job : jobs) {
      all.addObject()
          .put("id", job.id().toString())
          .put("pool", job.pool())
          .put("function", job.function())
          .put("submitter", job.submitter())
          .put("items", job.items())
          .put("complete", job.complete())
          .put("ended", job.hasEnded())
          .put("done", job.done())
          .put("failed", job.failed())
          .put("dead", job.dead())
          .put("cancelled", job.cancelled())
          .put("expired", job.expired())
          .put("priority", job.priority())
          .put("ageMillis", job.age().toMillis());
    }
    return all;
  }
}
