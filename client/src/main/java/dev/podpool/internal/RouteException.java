package dev.podpool.internal;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * There is no way to a cluster's queue now. The message is all that a person needs: what is wrong
 * with what, and what to do.
 */
public final class RouteException extends IOException {

  private static final long serialVersionUID = 1L;

  private final String problem;
  private final String remedy;
  private final boolean isStarting;

  public RouteException(String problem, String remedy, @Nullable Throwable cause) {
    this(problem, remedy, cause, false);
  }

  private RouteException(
      String problem, String remedy, @Nullable Throwable cause, boolean isStarting) {
    super(problem + ". " + remedy, cause);
    this.problem = problem;
    this.remedy = remedy;
    this.isStarting = isStarting;
  }

  /** The queue is there, and does not serve yet. */
  public static RouteException starting(String problem, String remedy) {
    return new RouteException(problem, remedy, null, true);
  }

  /** What is wrong. */
  public String problem() {
    return problem;
  }

  /** What to do. */
  public String remedy() {
    return remedy;
  }

  /** Whether waiting for a while may be all that is needed. */
  public boolean isStarting() {
    return isStarting;
  }
}
