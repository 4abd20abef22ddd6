package dev.podpool;

import org.jspecify.annotations.Nullable;

/**
 * An item has no result: its function threw, or it could not be run. The stack trace shows where it
 * failed in the worker first, then where this JVM asked for it.
 */
public class TaskFailedException extends PodpoolException {

  private static final long serialVersionUID = 1;

  private final long index;
  private final Kind kind;
  private final String type;

  /** Why an item has no result. */
  public enum Kind {
    /** The function threw. */
    THREW,
    /** The item ran longer than its time-out. */
    TIMED_OUT,
    /** The worker has another build of the function's class. */
    CODE_MISMATCH,
    /** The function, or a class that it needs, is not in the worker. */
    FUNCTION_NOT_FOUND,
    /** The worker could not decode the input. */
    INPUT_NOT_DECODED,
    /** The worker could not encode what the function returned. */
    RESULT_NOT_ENCODED,
    /** This JVM could not decode the result. */
    RESULT_NOT_DECODED,
    /** Its processes died, as often as its job allows. See {@link WorkerLostException}. */
    WORKER_LOST,
    /** Its job's deadline passed. */
    EXPIRED
  }

  TaskFailedException(
      long index, Kind kind, String type, String message, @Nullable Throwable cause) {
    super(message);
    this.index = index;
    this.kind = kind;
    this.type = type;
    if (cause != null) {
      initCause(cause);
    }
  }

  /** The failed item's index among its job's inputs, from 0. */
  public long index() {
    return index;
  }

  /** Why it has no result. */
  public Kind kind() {
    return kind;
  }

  /** Class name of what the function threw; empty where it did not throw. */
  public String type() {
    return type;
  }
}
