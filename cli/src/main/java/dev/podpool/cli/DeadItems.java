package dev.podpool.cli;

import dev.podpool.DeadItem;
import dev.podpool.Podpool;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import picocli.CommandLine.Parameters;

/** Which dead items are meant: of a pool, of a job, or one, as {@code JOB/INDEX}. */
final class DeadItems {

  @Parameters(
      arity = "1..*",
      paramLabel = "POOL|JOB|JOB/INDEX",
      description = "All of a pool, all of a job, or one item.")
  private List<String> targets = new ArrayList<>();

  /** What becomes of so many dead items of a job, from the first on. */
  interface Change {
    void apply(UUID job, long first, long count);
  }

  /**
   * Applies {@code change} to each of them.
   *
   * @return how many there were
   * @throws CommandException if one that was named by its index is not on the dead list
   */
  int change(Podpool podpool, Change change) throws CommandException {
    List<DeadItem> found = find(podpool, 0);
    found.forEach(item -> change.apply(item.job(), item.index(), 1));
    return found.size();
  }

  /**
   * Those that are on the dead list.
   *
   * @param limit at most so many of each that is named; 0 for all
   * @throws CommandException if one that was named by its index is not
   */
  List<DeadItem> find(Podpool podpool, int limit) throws CommandException {
    List<DeadItem> found = new ArrayList<>();
    for (String target : targets) {
      int slash = target.indexOf('/');
      if (slash >= 0) {
        found.add(one(podpool, target, slash));
      } else if (Text.isJobId(target)) {
        found.addAll(podpool.dead(Text.jobId(target), limit));
      } else {
        found.addAll(podpool.dead(target, limit));
      }
    }
    return found;
  }

  private static DeadItem one(Podpool podpool, String target, int slash) throws CommandException {
    String index = target.substring(slash + 1);
    if (!index.matches("\\d{1,18}")) {
      throw new CommandException(
          ExitCode.USAGE, "'" + target + "' is no item; give JOB/INDEX, as dead list shows it");
    }
    long wanted = Long.parseLong(index);
    return podpool.dead(Text.jobId(target.substring(0, slash))).stream()
        .filter(item -> item.index() == wanted)
        .findFirst()
        .orElseThrow(
            () ->
                new CommandException(
                    ExitCode.NOT_FOUND,
                    target + " is not on the dead list; see podpool dead list"));
  }
}
