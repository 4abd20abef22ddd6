package dev.podpool.worker;

import dev.podpool.protocol.Failure;
import dev.podpool.protocol.FailureKind;
import dev.podpool.protocol.WorkerLoss;
import dev.podpool.worker.ChildProcess.Ending;
import java.util.ArrayList;
import java.util.List;

/**
 * What becomes of the items that a dead child has left.
 *
 * <p>The page tells three kinds apart. Those that ended, whose outcome died with the child, run
 * again, uncharged, unless they must not run twice. The one that ran, if any, is charged with the
 * death, unless it was us who killed the child. Those that had not begun run again.
 */
final class Remains {
  private final String worker;
  private final boolean singleRun;
  private final Backlog backlog;
  private final Report report;

  Remains(WorkerSettings settings, Backlog backlog, Report report) {
    this.worker = settings.worker();
    this.singleRun = settings.isSingleRun();
    this.backlog = backlog;
    this.report = report;
  }

  /**
   * @param cause of its end, for people
   */
  void settle(ChildProcess child, int exitValue, String cause) {
    WorkerLoss.Builder loss =
        WorkerLoss.newBuilder()
            .setWorker(worker)
            .setExitCode(ExitCause.code(exitValue))
            .setCause(cause);
    long begun = child.page.begun();
    // An outcome can get here before its child has noted that the item is done.
    long done = Math.max(child.reported(), Math.min(child.page.done(), begun));
    List<Items> again = new ArrayList<>();
    for (Items items : child.between(child.reported(), done)) {
      if (items.runsOnce()) {
        report.lost(items, loss);
      } else {
        again.add(items);
      }
    }
    for (Items items : child.between(done, begun)) {
      settleRunning(child.ending, items, loss);
    }
    again.addAll(child.between(begun, child.next()));
    for (ItemFilter filter : child.filters) {
      again = filter.keepOf(again);
    }
    if (singleRun) {
      again.forEach(items -> report.lost(items, loss)); // nobody comes after it
    } else if (child.ending == Ending.CRASHED) {
      again.forEach(report::returned); // another worker may have a child at hand
    } else {
      backlog.addFirst(again);
    }
  }

  private void settleRunning(Ending ending, Items items, WorkerLoss.Builder loss) {
    switch (ending) {
      case STOPPED -> {
        // Ended already, as far as the queue is concerned.
      }
      case TIMED_OUT -> report.failed(items, items.first(), timedOut(items));
      default -> report.lost(items, loss);
    }
  }

  private Failure timedOut(Items items) {
    return Failure.newBuilder()
        .setKind(FailureKind.TIMED_OUT)
        .setMessage(
            "the item ran longer than its job's time-out, "
                + items.job().getItemTimeoutMillis()
                + " ms, and its process was killed; raise the time-out, or make items smaller")
        .setWorker(worker)
        .setAttempt(items.attempt())
        .build();
  }
}
