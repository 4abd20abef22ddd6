package dev.podpool.cli;

/** Ends a command with a message for people and a code for scripts. */
final class CommandException extends Exception {

  private static final long serialVersionUID = 1;

  final ExitCode exit;

  CommandException(ExitCode exit, String message) {
    super(message);
    this.exit = exit;
  }
}
