package dev.podpool.cli;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * How far a map is: results on standard output; on a terminal, a line on standard error that is
 * kept up to date, and makes way for whatever else is printed. Thread-safe.
 */
final class MapProgress implements AutoCloseable {

  private static final long EVERY_MILLIS = 100;
  private static final int WIDTH = 24;

  private final Shell shell;
  private final Lines lines;
  private final StatusLine status; // guarded by this
  private final long startNanos = System.nanoTime();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("podpool-progress").factory());
  private long done; // guarded by this, as what follows
  private long failed;

  MapProgress(Shell shell, Lines lines) {
    this.shell = shell;
    this.lines = lines;
    this.status = new StatusLine(shell);
    if (shell.isTerminal()) {
      var _ =
          timer.scheduleAtFixedRate(this::show, EVERY_MILLIS, EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  synchronized void succeeded(String line) {
    done++;
    line(line);
  }

  /** A line of output. */
  synchronized void line(String line) {
    status.clear();
    shell.out().println(line);
  }

  synchronized void failed(long index, RuntimeException failure) {
    done++;
    failed++;
    status.clear();
    // Lines are counted from 1, and items from 0: one of the two is enough.
    String reason =
        String.valueOf(failure.getMessage()).replaceFirst("^(the task|item \\d+ of \\d+) ", "");
    shell.complain("line " + (index + 1) + " " + reason);
  }

  synchronized long failed() {
    return failed;
  }

  private synchronized void show() {
    status.say(text());
  }

  private String text() {
    long nanos = System.nanoTime() - startNanos;
    String text =
        "%s done · %s/s".formatted(Text.count(done), Text.count(done * 1_000_000_000L / nanos));
    if (lines.haveEnded() && lines.read() > 0) {
      int full = (int) (done * WIDTH / lines.read());
      text =
          "█".repeat(full)
              + "░".repeat(WIDTH - full)
              + " %d %% · of %s · ".formatted(done * 100 / lines.read(), Text.count(lines.read()))
              + text;
    }
    return text + (failed == 0 ? "" : " · " + Text.count(failed) + " failed");
  }

  @Override
  public synchronized void close() {
    timer.shutdownNow();
    status.clear();
    if (shell.isTerminal()) {
      shell.err().println(text() + " · " + Text.seconds(System.nanoTime() - startNanos));
    }
  }
}
