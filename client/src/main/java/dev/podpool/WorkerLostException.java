package dev.podpool;

/** The processes that ran an item died, as often as its job allows. */
public final class WorkerLostException extends TaskFailedException {

  private static final long serialVersionUID = 1;

  private final int exitCode;

  WorkerLostException(long index, int exitCode, String message) {
    super(index, Kind.WORKER_LOST, "", message, null);
    this.exitCode = exitCode;
  }

  /** Exit code of the last process; negative N where signal N ended it; 0 where it is not known. */
  public int exitCode() {
    return exitCode;
  }
}
