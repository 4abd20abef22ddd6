package dev.podpool.operator.cluster;

import dev.podpool.crd.Condition;
import dev.podpool.crd.Condition.Truth;
import dev.podpool.crd.WorkerProcess;
import dev.podpool.crd.WorkerProcessStatus;
import dev.podpool.operator.plan.ObservedProcess.Exit;
import dev.podpool.operator.plan.PlannedProcess;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What to publish of a process. */
record ProcessStatuses(WorkerProcess process, PlannedProcess planned) {

  /** Condition: whether its pod was made. What is started once is not started again. */
  static final String STARTED = "Started";

  private static final String EXITED = "Exited";

  /**
   * All of it.
   *
   * @param last what was published before: times are kept, and conditions that are as they were
   */
  WorkerProcessStatus status(@Nullable WorkerProcessStatus last, Instant now) {
    String at = now.truncatedTo(ChronoUnit.SECONDS).toString();
    Exit exit = planned.exit();
    boolean hasRun = planned.phase() == PlannedProcess.Phase.RUNNING || planned.pid() != 0;
    String startedAt = last == null ? null : last.startedAt();
    String finishedAt = last == null ? null : last.finishedAt();
    return new WorkerProcessStatus(
        phase(),
        planned.pid() == 0 ? null : planned.pid(),
        exit == null ? null : exit.code(),
        planned.reason().isEmpty() ? null : planned.reason(),
        planned.message().isEmpty() ? null : Words.brief(planned.message()),
        startedAt == null && hasRun ? at : startedAt,
        finishedAt == null && exit != null ? at : finishedAt,
        process.getMetadata().getGeneration(),
        List.of(started(at), exited(at)).stream()
            .map(
                condition ->
                    Conditions.since(condition, last == null ? List.of() : last.conditions()))
            .toList());
  }

  private WorkerProcessStatus.Phase phase() {
    return switch (planned.phase()) {
      case PENDING -> WorkerProcessStatus.Phase.Pending;
      case RUNNING -> WorkerProcessStatus.Phase.Running;
      case SUCCEEDED -> WorkerProcessStatus.Phase.Succeeded;
      case FAILED -> WorkerProcessStatus.Phase.Failed;
    };
  }

  private Condition started(String at) {
    return planned.started()
        ? condition(at, STARTED, Truth.True, "PodMade", "Its pod was made; there is no other")
        : condition(
            at,
            STARTED,
            Truth.False,
            planned.reason().isEmpty() ? "Starting" : planned.reason(),
            planned.message().isEmpty() ? "Its pod is not made yet" : planned.message());
  }

  private Condition exited(String at) {
    Exit exit = planned.exit();
    if (exit == null) {
      return condition(at, EXITED, Truth.False, "NotEnded", "It has not ended");
    }
    return exit.code() == 0
        ? condition(at, EXITED, Truth.True, "Completed", "Exit code 0")
        : condition(
            at,
            EXITED,
            Truth.True,
            planned.reason(),
            Words.brief("Exit code " + exit.code() + ": " + exit.cause()));
  }

  private Condition condition(String at, String type, Truth status, String reason, String message) {
    return new Condition(type, status, process.getMetadata().getGeneration(), at, reason, message);
  }
}
