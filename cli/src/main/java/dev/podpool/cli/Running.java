package dev.podpool.cli;

import dev.podpool.JobOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a job is run. */
final class Running {

  @Option(
      names = "--priority",
      paramLabel = "N",
      description = "Jobs with a higher one go first. Defaults to 0.")
  private int priority;

  @Option(
      names = "--item-timeout",
      paramLabel = "DURATION",
      description = "How long one item may run, such as 30s. Defaults to the pool's taskTimeout.")
  private @Nullable Duration itemTimeout;

  @Option(
      names = "--max-attempts",
      paramLabel = "N",
      description =
          "How often an item may begin in a process that dies. Defaults to the pool's maxAttempts.")
  private @Nullable Integer maxAttempts;

  /**
   * What was said.
   *
   * @throws IllegalArgumentException if a value is out of range
   */
  JobOptions options() {
    JobOptions options = JobOptions.defaults().withPriority(priority);
    if (itemTimeout != null) {
      options = options.withItemTimeout(itemTimeout);
    }
    return maxAttempts == null ? options : options.withMaxAttempts(maxAttempts);
  }
}
