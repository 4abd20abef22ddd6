package dev.podpool.cli;

/**
 * A line at the foot of a terminal that says how things are now, and makes way for whatever else is
 * printed. Where standard error is no terminal: nothing. For one thread at a time.
 */
final class StatusLine {

  private static final String CLEAR = "\r\u001b[K";

  private final Shell shell;
  private String shown = "";

  StatusLine(Shell shell) {
    this.shell = shell;
  }

  void say(String now) {
    if (shell.isTerminal() && !now.equals(shown)) {
      shell.err().print(CLEAR + now);
      shell.err().flush();
      shown = now;
    }
  }

  void clear() {
    if (!shown.isEmpty()) {
      shell.err().print(CLEAR);
      shell.err().flush();
      shown = "";
    }
  }
}
