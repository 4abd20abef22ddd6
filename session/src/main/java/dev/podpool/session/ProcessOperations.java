package dev.podpool.session;

import dev.podpool.protocol.Operation;

/** Which operations are those of who starts processes. */
public final class ProcessOperations {

  /** What the names of all processes' pools begin with. */
  public static final String PREFIX = "process-";

  private ProcessOperations() {}

  /**
   * Whether {@code operation} starts a process, ends one, or follows one. Those that name a job
   * alone are among them: its id is random, so only who has submitted it knows it.
   */
  public static boolean has(Operation operation) {
    return switch (operation.getKindCase()) {
      case DEFINE_POOL -> operation.getDefinePool().hasProcess();
      case SUBMIT_JOB -> operation.getSubmitJob().getPool().startsWith(PREFIX);
      case SIGNAL_PROCESS, WATCH_JOB, CONFIRM_RESULTS, CANCEL_JOB, RELEASE_JOB -> true;
      default -> false;
    };
  }
}
