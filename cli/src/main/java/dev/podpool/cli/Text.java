package dev.podpool.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Pattern;

/** Values as people read and write them. */
final class Text {

  private static final Pattern JOB_ID =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

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

  static String items(long count) {
    return count == 1 ? "1 item" : count(count) + " items";
  }

  /** That {@code count} dead items were changed. */
  static String changed(Output output, int count, String words, String field) {
    return output.isJson() ? "{\"%s\":%d}".formatted(field, count) : items(count) + " " + words;
  }

  /** What is told on one line, whatever it is. */
  static String line(String text) {
    return text.lines().findFirst().orElse("");
  }

  /** Whether {@code text} has the form of a job's id. */
  static boolean isJobId(String text) {
    return JOB_ID.matcher(text).matches();
  }

  static UUID jobId(String text) throws CommandException {
    if (isJobId(text)) {
      return UUID.fromString(text);
    }
    throw new CommandException(
        ExitCode.USAGE, "'" + text + "' is no job's id; see podpool jobs for those there are");
  }
}
