package dev.podpool.operator.cluster;

import com.google.protobuf.ByteString;
import dev.podpool.crd.Condition.Truth;
import dev.podpool.crd.WorkerProcess;
import dev.podpool.crd.WorkerProcessStatus;
import dev.podpool.operator.plan.ObservedProcess;
import dev.podpool.operator.plan.ObservedProcess.Exit;
import dev.podpool.operator.plan.ObservedProcess.PodPhase;
import dev.podpool.operator.plan.ObservedProcess.Queue;
import dev.podpool.operator.plan.Worker;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.ProcessStatus;
import dev.podpool.protocol.WorkerStatus;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A WorkerProcess, its pod and a queue's words as what the planner knows. Decides nothing. */
final class ProcessObserver {

  private ProcessObserver() {}

  /**
   * What there is of a process.
   *
   * @param last its status as it was last written
   * @param pod its own; null if it is not there
   * @param view null without a queue
   */
  static ObservedProcess observe(
      WorkerProcess process,
      @Nullable WorkerProcessStatus last,
      @Nullable WorkerPod pod,
      @Nullable QueueView view,
      boolean namespaceEnds,
      ProcessMemory memory,
      Instant now) {
    ProcessStatus said = said(view);
    String deletedAt = process.getMetadata().getDeletionTimestamp();
    return new ObservedProcess(
        memory.started || wasStarted(last),
        pod == null ? null : pod(pod, now),
        queue(view, pod),
        said != null ? said.getPid() : last == null || last.pid() == null ? 0 : last.pid(),
        said != null ? exit(said) : exit(last),
        last == null || last.finishedAt() == null ? null : Instant.parse(last.finishedAt()),
        deletedAt == null ? null : Instant.parse(deletedAt),
        namespaceEnds,
        memory.refusals.last());
  }

  /** What the queue says of the process; null where it says nothing. */
  static @Nullable ProcessStatus said(@Nullable QueueView view) {
    PoolStatus pool = view == null ? null : view.pool();
    return pool == null || !pool.hasProcess() ? null : pool.getProcess();
  }

  static boolean wasStarted(@Nullable WorkerProcessStatus last) {
    return last != null
        && last.conditions().stream()
            .anyMatch(c -> c.type().equals(ProcessStatuses.STARTED) && c.status() == Truth.True);
  }

  private static Queue queue(@Nullable QueueView view, @Nullable WorkerPod pod) {
    if (view == null) {
      return Queue.MISSING;
    }
    if (!view.reachable()) {
      return Queue.SILENT;
    }
    if (said(view) == null) {
      return Queue.FORGOTTEN;
    }
    return sessions(view, pod).isEmpty() ? Queue.KNOWN : Queue.JOINED;
  }

  /** What the sessions of its worker were opened with: its pod's, or any where that is gone. */
  static List<ByteString> sessions(QueueView view, @Nullable WorkerPod pod) {
    PoolStatus pool = view.pool();
    return pool == null
        ? List.of()
        : pool.getWorkersList().stream()
            .map(WorkerStatus::getNonce)
            .filter(nonce -> pod == null || nonce.equals(pod.nonce()))
            .toList();
  }

  private static @Nullable Exit exit(ProcessStatus said) {
    return said.getExited() ? new Exit(said.getExitCode(), said.getCause()) : null;
  }

  /** Whoever is deleted afterwards, and whose queue is silent, has ended all the same. */
  private static @Nullable Exit exit(@Nullable WorkerProcessStatus last) {
    return last == null || last.exitCode() == null
        ? null
        : new Exit(last.exitCode(), last.message() == null ? "" : last.message());
  }

  private static ObservedProcess.Pod pod(WorkerPod pod, Instant now) {
    PodPhase phase =
        pod.hasEnded()
            ? PodPhase.ENDED
            : pod.pod().getStatus() != null && "Running".equals(pod.pod().getStatus().getPhase())
                ? PodPhase.RUNNING
                : PodPhase.PENDING;
    return new ObservedProcess.Pod(
        phase,
        pod.goneAt(),
        phase == PodPhase.ENDED ? new Worker.End(now, false, pod.reason(), pod.cause()) : null,
        phase == PodPhase.PENDING ? pod.trouble() : null);
  }
}
