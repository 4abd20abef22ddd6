package dev.podpool.cli;

/** What scripts are told; docs/cli.md has the same table. The numbers are stable. */
enum ExitCode {
  /** Done, and all is well. */
  OK(0),
  /** An item failed, or what was asked for has not come about. */
  FAILED(1),
  /** Arguments, a manifest, a function or an input that can't be used. */
  USAGE(2),
  /** No runtime answers. */
  UNREACHABLE(3),
  /** There is no such pool or job. */
  NOT_FOUND(4),
  /** An error in Podpool itself, or of its JVM. */
  BROKEN(70),
  /** Time ran out, as {@code timeout(1)} has it. */
  TIMED_OUT(124);

  final int code;

  ExitCode(int code) {
    this.code = code;
  }
}
