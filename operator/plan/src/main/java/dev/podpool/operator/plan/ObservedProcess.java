package dev.podpool.operator.plan;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of a process when a plan is made.
 *
 * @param started whether its pod was made before, whatever became of that
 * @param pod its pod; null if it is not there
 * @param queue what the queue has to say
 * @param pid number of its process in the pod; 0 if it was never told
 * @param exit how it ended; null if it has not, or nobody knows yet
 * @param exitAt when that was first seen; null if it was not before
 * @param deletedAt when somebody deleted it; null if nobody did
 * @param namespaceEnds whether all of its namespace is deleted
 * @param refusal why its pod can't be made; null if it was not refused
 */
public record ObservedProcess(
    boolean started,
    @Nullable Pod pod,
    Queue queue,
    long pid,
    @Nullable Exit exit,
    @Nullable Instant exitAt,
    @Nullable Instant deletedAt,
    boolean namespaceEnds,
    Worker.@Nullable Trouble refusal) {

  /** What the queue says of a process. */
  public enum Queue {
    /** There is no such queue. */
    MISSING,
    /** It does not answer: what it said before may be of old. */
    SILENT,
    /** It knows no such process any more. */
    FORGOTTEN,
    /** It knows the process, whose worker is not there. */
    KNOWN,
    /** It knows the process, and has a session of its worker. */
    JOINED;

    boolean knows() {
      return this == KNOWN || this == JOINED;
    }
  }

  /**
   * Its pod.
   *
   * @param goneAt when it must be gone, deleted as it is; null if it is not deleted
   * @param end how it ended; not null exactly in {@link PodPhase#ENDED}
   * @param trouble what keeps it from running; null if nothing is known to
   */
  public record Pod(
      PodPhase phase,
      @Nullable Instant goneAt,
      Worker.@Nullable End end,
      Worker.@Nullable Trouble trouble) {}

  /** Where a pod is in its life. */
  public enum PodPhase {
    PENDING,
    RUNNING,
    ENDED
  }

  /**
   * How a process ended, as the queue says.
   *
   * @param code negative N where signal N ended it
   * @param cause for people; empty after an orderly end
   */
  public record Exit(int code, String cause) {}
}
