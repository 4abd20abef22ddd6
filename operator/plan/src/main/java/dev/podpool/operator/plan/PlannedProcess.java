package dev.podpool.operator.plan;

import org.jspecify.annotations.Nullable;

/**
 * What to publish of a process.
 *
 * @param started whether its pod was made
 * @param pid number of its process in the pod; 0 while it has not come up
 * @param exit how it ended; null while it has not
 * @param reason what is wrong, in one CamelCase word; empty where nothing is
 * @param message the same for people
 */
public record PlannedProcess(
    Phase phase,
    boolean started,
    long pid,
    ObservedProcess.@Nullable Exit exit,
    String reason,
    String message) {

  /** Where a process is in its life. */
  public enum Phase {
    PENDING,
    RUNNING,
    SUCCEEDED,
    FAILED
  }
}
