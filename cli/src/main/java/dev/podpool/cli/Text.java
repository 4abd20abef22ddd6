package dev.podpool.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.UUID;

/** Values as people read and write them. */
final class Text {

  private Text() {}

  /** As kubectl has it: the two largest units that matter, or one. */
  static String age(Duration age) {
    long seconds = Math.max(0, age.toSeconds());
    if (seconds < 120) {
      return seconds + "s";
    }
    if (seconds < 2 * 3600) {
      return seconds / 60 + "m";
    }
    return seconds < 48 * 3600 ? seconds / 3600 + "h" : seconds / 86_400 + "d";
  }

  static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
  }

  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  static String workers(long count) {
    return count == 1 ? "1 worker" : count + " workers";
  }

  /** What is told on one line, whatever it is. */
  static String line(String text) {
    return text.lines().findFirst().orElse("");
  }

  static UUID jobId(String text) throws CommandException {
    try {
      UUID id = UUID.fromString(text);
      if (id.toString().equalsIgnoreCase(text)) {
        return id;
      }
    } catch (IllegalArgumentException e) {
      // told below
    }
    throw new CommandException(
        ExitCode.USAGE, "'" + text + "' is no job's id; see podpool jobs for those there are");
  }
}
