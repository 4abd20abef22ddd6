package dev.podpool.crd;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as manifests write them: {@code 10m}, {@code 1h30m}, {@code 500ms}. */
public final class Durations {
  private static final Pattern WHOLE = Pattern.compile("([0-9]{1,6}(h|ms|m|s))+");
  private static final Pattern PART = Pattern.compile("([0-9]{1,6})(h|ms|m|s)");

  private Durations() {}

  /**
   * The duration that {@code text} names: numbers of at most 6 digits, each with a unit h, m, s or
   * ms, added up. Zero is allowed here; the fields that need more say so.
   *
   * @throws IllegalArgumentException if {@code text} is anything else; the message names the remedy
   */
  public static Duration parse(String text) {
    if (!WHOLE.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "'%s' is no duration: give numbers with h, m, s or ms, such as 10m, 1h30m or 500ms"
              .formatted(text));
    }
    Duration sum = Duration.ZERO;
    Matcher part = PART.matcher(text);
    while (part.find()) {
      long number = Long.parseLong(part.group(1));
      sum =
          sum.plus(
              switch (part.group(2)) {
                case "h" -> Duration.ofHours(number);
                case "m" -> Duration.ofMinutes(number);
                case "s" -> Duration.ofSeconds(number);
                default -> Duration.ofMillis(number);
              });
    }
    return sum;
  }
}
