package dev.podpool.cli;

/** What is done when the process is told to end, by Ctrl-C or SIGTERM, before it does. */
final class Interrupt {

  private static volatile boolean come;

  private final Thread hook;

  Interrupt(Runnable action) {
    this.hook =
        new Thread(
            () -> {
              come = true;
              action.run();
            },
            "podpool-interrupt");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Whether the process is ending so: what fails now fails because of that. */
  static boolean hasCome() {
    return come;
  }

  /** The work is done. Nothing to do where the process ends already. */
  void disarm() {
    try {
      var _ = Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // It runs.
    }
  }
}
