package dev.podpool.examples.index;

import dev.podpool.Progress;
import java.util.Locale;

/** Progress on one line of a terminal; into a pipe, a line every tenth. */
final class ProgressBar {

  private static final int WIDTH = 24;
  // Before, a guess at the end would be far off.
  private static final double SECONDS_BEFORE_GUESS = 1;

  // Started with -Djdk.console=java.base, there is a console exactly on a terminal.
  @SuppressWarnings("SystemConsoleNull")
  private final boolean terminal = System.console() != null;

  private final boolean unicode = System.out.charset().newEncoder().canEncode('█');
  private long startNanos = System.nanoTime();
  private long lastTenth = -1;

  /** The work begins now. */
  synchronized void start() {
    startNanos = System.nanoTime();
  }

  synchronized void update(Progress progress, int workers) {
    if (progress.total() == 0) {
      return;
    }
    double done = (double) progress.done() / progress.total();
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    String facts =
        String.format(
            Locale.ROOT,
            "%3d %%  %,d of %,d items, %s%s",
            (int) (done * 100), // 100 only when all is done
            progress.done(),
            progress.total(),
            count(workers, "worker"),
            seconds < SECONDS_BEFORE_GUESS || progress.done() == 0
                ? ""
                : String.format(Locale.ROOT, ", eta %.0f s", seconds / done - seconds));
    if (terminal) {
      int full = (int) (done * WIDTH);
      say("  " + (unicode ? bar(full, "█", "░") : bar(full, "#", ".")) + " " + facts, "");
    } else if ((long) (done * 10) > lastTenth) {
      lastTenth = (long) (done * 10);
      say("  " + facts);
    }
  }

  private static String bar(int full, String done, String left) {
    return done.repeat(full) + left.repeat(WIDTH - full);
  }

  /** {@code n} and its noun, in the singular for 1. */
  static String count(long n, String noun) {
    return String.format(Locale.ROOT, "%,d %s%s", n, noun, n == 1 ? "" : "s");
  }

  /** A line of its own, in the place of the bar. */
  synchronized void say(String line) {
    say(line, System.lineSeparator());
  }

  private void say(String line, String end) {
    System.out.print((terminal ? "\r\033[K" : "") + line + end);
    System.out.flush();
  }

  synchronized void end() {
    if (terminal) {
      System.out.println();
    }
  }
}
