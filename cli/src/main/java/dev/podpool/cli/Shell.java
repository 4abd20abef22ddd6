package dev.podpool.cli;

import dev.podpool.rpc.RuntimeDirectory;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a command has around it.
 *
 * @param environment variables
 * @param home of the user
 * @param isTerminal whether standard error is one: then progress is shown
 */
record Shell(
    Map<String, String> environment,
    Path home,
    InputStream in,
    PrintStream out,
    PrintStream err,
    boolean isTerminal) {

  /** This process's. */
  static Shell ofProcess() {
    return new Shell(
        System.getenv(),
        Path.of(System.getProperty("user.home")),
        System.in,
        System.out,
        System.err,
        // Java itself cannot tell of standard error alone; the launcher can.
        "true".equals(System.getProperty("podpool.terminal")));
  }

  /** The user's runtime on this machine. */
  RuntimeDirectory directory() {
    return RuntimeDirectory.of(environment, home);
  }

  /** A line of something that did not go well. */
  void complain(String message) {
    err.println("podpool: " + message);
  }
}
