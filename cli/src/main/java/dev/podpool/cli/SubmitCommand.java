package dev.podpool.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.podpool.AsyncResult;
import dev.podpool.ConnectOptions;
import dev.podpool.JobOptions;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import dev.podpool.function.NamedFunction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code podpool submit}. */
@Command(
    name = "submit",
    description =
        "Has a function run once, and prints the job's id when the queue has it for good. Does not"
            + " wait for the result: podpool wait --results does.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class SubmitCommand implements Callable<Integer> {

  // An operator that follows another one is there within 15 s.
  private static final Duration PUBLISHED_MAX = Duration.ofSeconds(30);

  private final Shell shell;

  @Parameters(
      index = "2..*",
      paramLabel = "ARGUMENT",
      description = "Its inputs. Behind --, so that one may begin with a dash.")
  private List<String> arguments = new ArrayList<>();

  @Option(
      names = "--keep",
      paramLabel = "DURATION",
      description = "How long its result is kept after its end. Defaults to 24h.")
  private Duration keep = Duration.ofHours(24);

  @Mixin private Call call = new Call();
  @Mixin private Code code = new Code();
  @Mixin private Running running = new Running();
  @Mixin private Connection connection = new Connection();
  @Mixin private Output output = new Output();

  SubmitCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws InterruptedException, CommandException {
    JobOptions options = running.options().withRetention(keep);
    NamedFunction named = NamedFunction.of(call.function(), arguments.size(), code.classPath());
    List<String> input = named.input(arguments);
    // Not the pool: that would wait for the result.
    try (Podpool podpool =
        connection.connect(shell, ConnectOptions.defaults().withCode(code.classPath()))) {
      Pool to = podpool.pool(call.pool()).with(options);
      AsyncResult<String> result = to.applyAsync(named, input);
      result.awaitAccepted();
      String id = result.jobId().toString();
      shell
          .out()
          .println(output.isJson() ? JsonNodeFactory.instance.objectNode().put("id", id) : id);
      if (!podpool.awaitPublished(call.pool(), PUBLISHED_MAX)) {
        shell.complain(
            "the job is accepted, but kubectl does not show it yet, as no operator answers: until"
                + " one does, kubectl wait may end too early");
      }
    }
    return ExitCode.OK.code;
  }
}
