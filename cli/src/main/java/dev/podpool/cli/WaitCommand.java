package dev.podpool.cli;

import dev.podpool.JobInfo;
import dev.podpool.NotFoundException;
import dev.podpool.Podpool;
import dev.podpool.PodpoolException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code podpool wait}. */
@Command(
    name = "wait",
    description =
        "Waits until jobs have ended. Exit code 1 where an item has no result, 124 where time runs"
            + " out.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class WaitCommand implements Callable<Integer> {

  private static final long LOOK_MILLIS = 20;
  private static final long LOOK_MILLIS_MAX = 500;

  private final Shell shell;

  @Parameters(arity = "1..*", paramLabel = "JOB", description = "Ids, as submit prints them.")
  private List<String> jobs = new ArrayList<>();

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      description = "How long, for all of them. Defaults to as long as it takes.")
  private @Nullable Duration timeout;

  @Option(
      names = "--results",
      description =
          "Prints their results, a line of JSON each; of a failed job, why it failed. Not with -o"
              + " json.")
  private boolean results;

  @Mixin private Connection connection = new Connection();
  @Mixin private Output output = new Output();

  WaitCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws InterruptedException, CommandException {
    if (results && output.isJson()) {
      throw new CommandException(
          ExitCode.USAGE,
          "--results prints results, and -o json how jobs ended: give one of the two");
    }
    List<UUID> ids = new ArrayList<>();
    for (String job : jobs) {
      ids.add(Text.jobId(job));
    }
    long start = System.nanoTime();
    boolean failed = false;
    List<JobInfo> ended = new ArrayList<>();
    StatusLine progress = new StatusLine(shell);
    try (Podpool podpool = connection.connect(shell)) {
      for (UUID id : ids) {
        JobInfo last = await(podpool, id, start, progress);
        progress.clear();
        ended.add(last);
        failed |= JobsCommand.withoutResult(last) > 0 || !last.hasEnded();
        if (!last.hasEnded()) {
          shell.complain(
              "job %s was forgotten by its submitter: how it ended is not known".formatted(id));
        } else if (results) {
          failed |= !printResults(podpool, id);
        } else {
          complain(last);
        }
      }
    }
    if (output.isJson()) {
      shell.out().println(JobsCommand.json(ended));
    }
    return (failed ? ExitCode.FAILED : ExitCode.OK).code;
  }

  /** The job as it was last seen: not ended, if its submitter had it forgotten meanwhile. */
  private JobInfo await(Podpool podpool, UUID id, long start, StatusLine progress)
      throws InterruptedException, CommandException {
    JobInfo last = podpool.job(id);
    long pause = LOOK_MILLIS;
    while (!last.hasEnded()) {
      progress.say("job %s: %d of %d".formatted(id, last.done(), last.items()));
      if (timeout != null && System.nanoTime() - start > timeout.toNanos()) {
        throw new CommandException(
            ExitCode.TIMED_OUT,
            "job %s has not ended after %s: %d of %d items are done; it goes on"
                .formatted(id, Text.seconds(timeout.toNanos()), last.done(), last.items()));
      }
      // The queue tells how far a job is to whoever asks, and who asks is not told of changes.
      Thread.sleep(pause);
      pause = Math.min(2 * pause, LOOK_MILLIS_MAX);
      try {
        last = podpool.job(id);
      } catch (NotFoundException e) {
        return last;
      }
    }
    return last;
  }

  private void complain(JobInfo ended) {
    long without = JobsCommand.withoutResult(ended);
    if (without > 0 && !output.isJson()) {
      shell.complain(
          "job %s: %d of %d items have no result".formatted(ended.id(), without, ended.items()));
    }
  }

  private boolean printResults(Podpool podpool, UUID id) throws InterruptedException {
    try {
      podpool.jobInJson(id).join().forEach(shell.out()::println);
      return true;
    } catch (PodpoolException | CancellationException e) {
      shell.complain("job " + id + ": " + e.getMessage());
      return false;
    }
  }
}
