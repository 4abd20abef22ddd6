package dev.podpool.queue;

import dev.podpool.protocol.CordonWorker;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.GiveCredit;
import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.ReportItems;
import dev.podpool.protocol.WorkerLoss;
import org.jspecify.annotations.Nullable;

/** What workers say: what they can take, and what became of what they had. */
final class Workers {

  private final Pools pools;
  private final Jobs jobs;
  private final Blobs blobs;

  Workers(Pools pools, Jobs jobs, Blobs blobs) {
    this.pools = pools;
    this.jobs = jobs;
    this.blobs = blobs;
  }

  @Nullable Refusal credit(GiveCredit credit, SessionState session) {
    WorkerState worker = session.worker;
    if (worker == null) {
      return notAWorker();
    }
    if (credit.getWindow() < 0) {
      return Refusals.invalid("a window of " + credit.getWindow() + " items; at least 0");
    }
    worker.window = credit.getWindow();
    worker.pool.turns.update(worker);
    pools.touch(worker.pool);
    return null;
  }

  @Nullable Refusal report(ReportItems report, SessionState session) {
    WorkerState worker = session.worker;
    if (worker == null) {
      return notAWorker();
    }
    worker.recalled = false;
    long stale = 0;
    for (Outcome outcome : report.getOutcomesList()) {
      stale += report(outcome, worker);
    }
    pools.touch(worker.pool);
    return stale == 0
        ? null
        : Refusals.of(
            ErrorCode.STALE_ATTEMPT,
            stale
                + " items of the report were no longer this worker's; their outcomes were dropped");
  }

  /** How many of the outcome's items were stale. */
  private long report(Outcome outcome, WorkerState worker) {
    long count = Math.max(1, Integer.toUnsignedLong(outcome.getCount()));
    Job job = jobs.find(outcome.getJobId());
    Lease lease = job == null ? null : job.lease(outcome.getLease());
    long first = outcome.getFirst();
    if (job == null || lease == null || lease.worker != worker || first < 0) {
      return count;
    }
    Results results =
        outcome.hasSucceeded() ? new Results(outcome, count, worker.name, blobs) : null;
    // Not further than the lease: counts may be anything.
    long from = Math.max(first, lease.first);
    long to = first > lease.end() - count ? lease.end() : first + count;
    long before = worker.leased;
    job.eachHeld(
        lease,
        from,
        to,
        (at, run) -> {
          if (results == null) {
            accept(outcome.toBuilder().setFirst(at).setCount(run).build(), job, lease);
          } else {
            int skipped = (int) (at - first);
            results.each(skipped, skipped + run, part -> accept(part, job, lease));
          }
        });
    jobs.touch(job);
    return count - (before - worker.leased);
  }

  private void accept(Outcome outcome, Job job, Lease lease) {
    switch (outcome.getKindCase()) {
      case SUCCEEDED -> job.endLeased(lease, outcome, ItemState.SUCCEEDED);
      case FAILED -> job.endLeased(lease, outcome, ItemState.FAILED);
      case LOST -> {
        for (int i = 0; i < outcome.getCount(); i++) {
          job.charge(lease, outcome.getFirst() + i, outcome.getLost());
        }
      }
      case RETURNED, ENDED, KIND_NOT_SET ->
          job.giveBack(lease, outcome.getFirst(), outcome.getCount());
    }
  }

  @Nullable Refusal cordon(CordonWorker cordon, Effects effects) {
    Pool pool = pools.find(cordon.getPool());
    if (pool == null) {
      return Refusals.unknownPool(cordon.getPool());
    }
    WorkerState worker = pool.workers.get(cordon.getWorker());
    if (worker == null) {
      return Refusals.of(
          ErrorCode.WORKER_UNKNOWN,
          "pool '"
              + pool.name()
              + "' has no worker '"
              + cordon.getWorker()
              + "'; it has ended, or is not up yet");
    }
    worker.cordoned = cordon.getCordoned();
    pool.turns.update(worker);
    pools.touch(pool);
    if (worker.cordoned && worker.leased > 0) {
      effects.deliver(worker.session, Deliveries.recall(worker.leased));
    }
    return null;
  }

  /**
   * The worker's session is over. Null {@code loss}: in order, nothing of what it held had begun.
   *
   * @param disrupted whether the loss was none of its items' doing
   */
  void end(WorkerState worker, @Nullable WorkerLoss loss, boolean disrupted) {
    for (Lease lease : worker.leasesInOrder()) {
      if (loss == null) {
        lease.job.giveBackAll(lease);
      } else {
        lease.job.lose(lease, loss, disrupted);
      }
      jobs.touch(lease.job);
    }
    worker.pool.remove(worker);
    pools.touch(worker.pool);
  }

  private static Refusal notAWorker() {
    return Refusals.of(
        ErrorCode.WRONG_SESSION_KIND, "only a worker's session can do this; open one with a name");
  }
}
