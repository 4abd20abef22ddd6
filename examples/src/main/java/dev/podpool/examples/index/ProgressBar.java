package dev.podpool.examples.index;

import dev.podpool.Progress;
import java.util.Locale;

/** Progress on one line of a terminal; into a pipe, a line every tenth. */
final class ProgressBar {

  private static final int WIDTH = 24;

  // Started with -Djdk.console=java.base, there is a console exactly on a terminal.
  @SuppressWarnings("SystemConsoleNull")
  private final boolean terminal = System.console() != null;

  private final long startNanos = System.nanoTime();
  private long lastTenth = -1;

  synchronized void update(Progress progress, int workers) {
    if (progress.total() == 0) {
      return;
    }
    double done = (double) progress.done() / progress.total();
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    String facts =
        String.format(
            Locale.ROOT,
            "%3.0f %%  %,d of %,d tasks · %d workers · eta %.0f s",
            done * 100,
            progress.done(),
            progress.total(),
            workers,
            done == 0 ? 0 : seconds / done - seconds);
    if (terminal) {
      int full = (int) (done * WIDTH);
      System.out.print("\r  " + "█".repeat(full) + "░".repeat(WIDTH - full) + " " + facts + "   ");
      System.out.flush();
    } else if ((long) (done * 10) > lastTenth) {
      lastTenth = (long) (done * 10);
      System.out.println("  " + facts);
    }
  }

  /** A line of its own, above the bar. */
  synchronized void say(String line) {
    System.out.println((terminal ? "\r" + " ".repeat(100) + "\r" : "") + line);
  }

  synchronized void end() {
    if (terminal) {
      System.out.println();
    }
  }
}
