package dev.podpool.worker;

import dev.podpool.sandbox.Frames;
import java.util.Map;

/** How a process ended, as the system says it. */
public final class ExitCause {
  private static final Map<Integer, String> SIGNALS =
      Map.ofEntries(
          Map.entry(1, "SIGHUP"),
          Map.entry(2, "SIGINT"),
          Map.entry(3, "SIGQUIT"),
          Map.entry(4, "SIGILL"),
          Map.entry(5, "SIGTRAP"),
          Map.entry(6, "SIGABRT"),
          Map.entry(7, "SIGBUS"),
          Map.entry(8, "SIGFPE"),
          Map.entry(9, "SIGKILL"),
          Map.entry(10, "SIGUSR1"),
          Map.entry(11, "SIGSEGV"),
          Map.entry(12, "SIGUSR2"),
          Map.entry(13, "SIGPIPE"),
          Map.entry(14, "SIGALRM"),
          Map.entry(15, "SIGTERM"),
          Map.entry(24, "SIGXCPU"),
          Map.entry(25, "SIGXFSZ"),
          Map.entry(31, "SIGSYS"));

  private ExitCause() {}

  /** {@code exitValue}, but -N where signal N ended the process: Java gives 128 + N. */
  public static int code(int exitValue) {
    return exitValue > 128 && SIGNALS.containsKey(exitValue - 128) ? 128 - exitValue : exitValue;
  }

  /** In words: "SIGKILL", "exit 3". */
  public static String words(int exitValue) {
    int code = code(exitValue);
    if (code < 0) {
      return SIGNALS.getOrDefault(-code, "signal " + -code);
    }
    return code == Frames.EXIT_OUT_OF_MEMORY ? "OutOfMemoryError" : "exit " + code;
  }
}
