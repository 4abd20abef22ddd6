package dev.podpool.operator.plan;

import dev.podpool.operator.plan.ObservedProcess.Exit;
import dev.podpool.operator.plan.ObservedProcess.Pod;
import dev.podpool.operator.plan.ObservedProcess.PodPhase;
import dev.podpool.operator.plan.ObservedProcess.Queue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to do about a process, and what to say of it.
 *
 * <p>Invariants: a pod is made at most once, and only of a process that the queue knows and that
 * has not ended; a process whose pod is over ends in the queue too, so that nobody waits in vain.
 *
 * @param steps in the order to do them in
 * @param recheckAfter when to plan anew, whatever happens meanwhile; above 0
 */
public record ProcessPlan(List<ProcessStep> steps, PlannedProcess status, Duration recheckAfter) {

  private static final Duration RECHECK = Duration.ofSeconds(30);
  private static final Duration RECHECK_LEAST = Duration.ofMillis(1);
  // Until then it ends by itself, and its pod with it.
  private static final Duration END_MAX = Duration.ofSeconds(10);
  private static final Duration GONE_OVERDUE = Duration.ofSeconds(30);
  private static final String ORDERLY = "exit ";

  /** What to do now. */
  public static ProcessPlan of(ObservedProcess observed, Instant now) {
    return new Planning(observed, now).plan();
  }

  private static final class Planning {
    private final ObservedProcess seen;
    private final Instant now;
    private final List<ProcessStep> steps = new ArrayList<>();
    private Instant recheckAt;

    Planning(ObservedProcess seen, Instant now) {
      this.seen = seen;
      this.now = now;
      this.recheckAt = now.plus(RECHECK);
    }

    ProcessPlan plan() {
      if (seen.deletedAt() != null) {
        deleted(seen.deletedAt());
      } else {
        wanted();
      }
      forceOverdue();
      Duration recheck = Duration.between(now, recheckAt);
      return new ProcessPlan(
          List.copyOf(steps),
          new StatusOfProcess(seen).status(),
          recheck.compareTo(RECHECK_LEAST) < 0 ? RECHECK_LEAST : recheck);
    }

    private void wanted() {
      if (seen.queue() == Queue.FORGOTTEN) {
        steps.add(ProcessStep.DELETE);
      } else if (!seen.queue().knows()) {
        return; // whatever is there goes on
      } else if (seen.exit() != null) {
        stopPodAfter(seen.exitAt() == null ? now : seen.exitAt());
      } else if (!seen.started() && seen.pod() == null) {
        steps.add(ProcessStep.START);
      } else {
        tellIfOver();
      }
    }

    private void deleted(Instant at) {
      boolean isOver = seen.queue() == Queue.FORGOTTEN || seen.exit() != null;
      if (isOver || seen.queue() == Queue.MISSING || seen.namespaceEnds()) {
        steps.add(ProcessStep.RELEASE); // its pod goes with it
      } else if (seen.queue() == Queue.SILENT) {
        // Its worker ends it; released when the queue is to know, or it might start it again.
        stopPodAfter(Instant.MIN);
      } else {
        steps.add(ProcessStep.TERMINATE);
        if (seen.started()) {
          tellIfOver();
        }
        stopPodAfter(at);
      }
    }

    private void tellIfOver() {
      if (seen.pod() == null || seen.pod().phase() == PodPhase.ENDED) {
        steps.add(seen.queue() == Queue.JOINED ? ProcessStep.TELL_END : ProcessStep.TELL_LOST);
      }
    }

    private void stopPodAfter(Instant at) {
      Pod pod = seen.pod();
      boolean isThere = pod != null && pod.goneAt() == null && pod.phase() != PodPhase.ENDED;
      if (isThere && (at.equals(Instant.MIN) || hasCome(at.plus(END_MAX)))) {
        steps.add(ProcessStep.STOP_POD);
      }
    }

    private void forceOverdue() {
      Instant goneAt = seen.pod() == null ? null : seen.pod().goneAt();
      if (goneAt != null && hasCome(goneAt.plus(GONE_OVERDUE))) {
        steps.add(ProcessStep.FORCE_POD);
      }
    }

    /** Whether {@code moment} is past; where it isn't, the plan is made anew then. */
    private boolean hasCome(Instant moment) {
      if (moment.isAfter(now)) {
        recheckAt = moment.isBefore(recheckAt) ? moment : recheckAt;
        return false;
      }
      return true;
    }
  }

  /** Says what a process looks like. */
  private record StatusOfProcess(ObservedProcess seen) {

    PlannedProcess status() {
      Exit exit = seen.exit();
      if (exit != null) {
        return exit.code() == 0
            ? status(PlannedProcess.Phase.SUCCEEDED, "", "")
            : status(PlannedProcess.Phase.FAILED, reason(exit), exit.cause());
      }
      boolean runs =
          seen.pid() != 0 || (seen.pod() != null && seen.pod().phase() != PodPhase.PENDING);
      PlannedProcess.Phase phase =
          runs ? PlannedProcess.Phase.RUNNING : PlannedProcess.Phase.PENDING;
      Worker.Trouble trouble = trouble();
      if (seen.deletedAt() != null) {
        return status(phase, "Deleted", "It is deleted, and asked to end");
      }
      return trouble == null || runs
          ? ofQueue(phase)
          : status(phase, trouble.reason(), "Pending: " + trouble.words());
    }

    private Worker.@Nullable Trouble trouble() {
      Worker.Trouble ofPod = seen.pod() == null ? null : seen.pod().trouble();
      return ofPod == null && seen.pod() == null ? seen.refusal() : ofPod;
    }

    private PlannedProcess ofQueue(PlannedProcess.Phase phase) {
      return switch (seen.queue()) {
        case MISSING ->
            status(phase, "QueueMissing", "Its QueueCluster is gone, which knows how it is");
        case SILENT ->
            status(phase, "QueueUnreachable", "The queue does not answer, which knows how it is");
        case FORGOTTEN, KNOWN, JOINED -> status(phase, "", "");
      };
    }

    private PlannedProcess status(PlannedProcess.Phase phase, String reason, String message) {
      return new PlannedProcess(
          phase, seen.started() || seen.pod() != null, seen.pid(), seen.exit(), reason, message);
    }

    /** What its pod says of its end that is more than that it died; else empty. */
    private String ofPod() {
      Worker.End end = seen.pod() == null ? null : seen.pod().end();
      return end == null || end.reason().startsWith("Worker") ? "" : end.reason();
    }

    /** In one word. */
    private String reason(Exit exit) {
      if (exit.cause().contains("OOMKilled")) {
        return "OOMKilled";
      }
      if (exit.code() < 0) {
        return switch (-exit.code()) {
          case 9 -> ofPod().isEmpty() ? "SIGKILL" : ofPod();
          case 15 -> "SIGTERM";
          default -> "Signal" + -exit.code();
        };
      }
      int colon = exit.cause().indexOf(':');
      if (colon <= 0 || exit.cause().startsWith(ORDERLY)) {
        return "Error";
      }
      // What was thrown, without its package.
      String type = exit.cause().substring(0, colon);
      String simple = type.substring(Math.max(type.lastIndexOf('.'), type.lastIndexOf('$')) + 1);
      return simple.matches("[A-Za-z]\\w*") ? simple : "Error";
    }
  }
}
