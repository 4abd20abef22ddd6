package dev.podpool.cli;

import picocli.CommandLine.Option;

/** {@code --limit} of a list, which may be longer than anybody wants to read. */
final class Limit {

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "At most so many; 0 for all. Defaults to 1000.")
  private int limit = 1000;

  /** What was said: below 0, too, which the client refuses. */
  int value() {
    return limit;
  }

  /** Says on standard error that there may be more than the {@code shown}. */
  void mention(int shown, Shell shell) {
    if (limit > 0 && shown == limit) {
      shell.complain("the first " + limit + ", and there may be more: --limit 0 for all");
    }
  }
}
