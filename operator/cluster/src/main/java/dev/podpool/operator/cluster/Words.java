package dev.podpool.operator.cluster;

/** Others' words, for a status or an Event: short, on one line. */
final class Words {

  private static final int CHARACTERS_MAX = 200;

  private Words() {}

  /** The first {@value #CHARACTERS_MAX} characters of {@code text} at most, on one line. */
  static String brief(String text) {
    String line = text.strip().replaceAll("[\\p{Cntrl}\\p{Cf}\\s]+", " ");
    return line.codePointCount(0, line.length()) <= CHARACTERS_MAX
        ? line
        : line.substring(0, line.offsetByCodePoints(0, CHARACTERS_MAX - 1)) + "…";
  }
}
