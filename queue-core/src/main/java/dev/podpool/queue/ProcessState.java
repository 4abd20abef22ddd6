package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.ProcessSnapshot;
import dev.podpool.protocol.ProcessSpec;
import dev.podpool.protocol.ProcessStatus;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.WorkerLoss;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a pool has that is a process: one item that runs once, and then its exit code. */
final class ProcessState {

  static final int SIGKILL = 9;
  static final int SIGTERM = 15;

  private static final int NAME_CHARS_MAX = 63;
  private static final String ORDERLY = "exit 0"; // as workers say it

  final ProcessSpec spec;
  // Session that has started it.
  final long parent;
  private final ByteString parentNonce;
  // In whose processes that was; null where it was elsewhere.
  private final @Nullable Worker parentWorker;
  private final String principal;
  private final long definedAtMillis;
  // 0: it has not come up.
  long pid;
  // What ended it before it ran, or for good.
  int signal;
  // Its job has been handed in: once that is forgotten, so is the process.
  boolean submitted;

  /** Who it was, for good: another may be of that name later. */
  private record Worker(String name, ByteString nonce) {}

  /**
   * @param within the worker that {@code parent} is of; null: of none
   */
  ProcessState(
      ProcessSpec spec, SessionState parent, @Nullable WorkerState within, long nowMillis) {
    this.spec = spec;
    parentWorker = within == null ? null : new Worker(within.name, within.nonce);
    this.parent = parent.id;
    this.parentNonce = parent.opened.getNonce();
    this.principal = parent.opened.getPrincipal();
    this.definedAtMillis = nowMillis;
  }

  ProcessState(ProcessSpec spec, ProcessSnapshot from) {
    this.spec = spec;
    parent = from.getParent();
    parentNonce = from.getParentNonce();
    parentWorker =
        from.getParentWorker().isEmpty()
            ? null
            : new Worker(from.getParentWorker(), from.getParentWorkerNonce());
    principal = from.getPrincipal();
    definedAtMillis = from.getDefinedAtMillis();
    pid = from.getPid();
    signal = from.getSignal();
    submitted = from.getSubmitted();
  }

  /** Why there can be no process as {@code spec} says; null where there can. */
  static @Nullable Refusal check(ProcessSpec spec) {
    String name = spec.getName();
    boolean isName =
        !name.isEmpty()
            && name.length() <= NAME_CHARS_MAX
            && name.chars().noneMatch(Character::isISOControl);
    return isName
        ? null
        : Refusals.invalid(
            "a process name of "
                + name.length()
                + " characters; give 1 to "
                + NAME_CHARS_MAX
                + ", none of them a control character");
  }

  /**
   * Whether it was started by a worker whose sessions have nonces that begin with {@code half}: by
   * what runs in its processes.
   */
  boolean isStartedBy(ByteString half) {
    return half.size() == SessionState.WORKER_BYTES && parentNonce.startsWith(half);
  }

  ProcessStatus status(List<Job> jobs, long nowMillis) {
    ProcessStatus.Builder status =
        ProcessStatus.newBuilder()
            .setSpec(spec)
            .setParent(parent)
            .setPrincipal(principal)
            .setPid(pid)
            .setAgeMillis(nowMillis - definedAtMillis);
    if (parentWorker != null) {
      status.setParentWorker(parentWorker.name).setParentWorkerNonce(parentWorker.nonce);
    }
    if (!jobs.isEmpty() && jobs.get(0).hasEnded()) {
      exit(jobs.get(0), status.setExited(true));
    }
    return status.build();
  }

  private void exit(Job job, ProcessStatus.Builder into) {
    for (Outcome outcome : job.log.all()) {
      switch (outcome.getKindCase()) {
        case SUCCEEDED -> into.setExitCode(0);
        case FAILED ->
            into.setExitCode(1)
                .setCause(outcome.getFailed().getType() + ": " + outcome.getFailed().getMessage());
        default -> {
          if (outcome.getEnded().getState() == ItemState.DEAD) {
            WorkerLoss loss = outcome.getEnded().getLoss();
            // Nobody saw how it ended: its machine is gone, or its runtime.
            boolean isKnown = loss.getExitCode() != 0 || loss.getCause().equals(ORDERLY);
            into.setExitCode(isKnown ? loss.getExitCode() : -SIGKILL).setCause(loss.getCause());
          } else {
            int by = signal == 0 ? SIGKILL : signal;
            into.setExitCode(-by).setCause(by == SIGTERM ? "SIGTERM" : "SIGKILL");
          }
        }
      }
    }
  }

  ProcessSnapshot snapshot() {
    ProcessSnapshot.Builder into =
        ProcessSnapshot.newBuilder()
            .setParent(parent)
            .setParentNonce(parentNonce)
            .setPrincipal(principal)
            .setPid(pid)
            .setSignal(signal)
            .setSubmitted(submitted)
            .setDefinedAtMillis(definedAtMillis);
    if (parentWorker != null) {
      into.setParentWorker(parentWorker.name).setParentWorkerNonce(parentWorker.nonce);
    }
    return into.build();
  }
}
