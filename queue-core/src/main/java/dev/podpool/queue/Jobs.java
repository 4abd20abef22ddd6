package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.AddItems;
import dev.podpool.protocol.DropDead;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.JobKnown;
import dev.podpool.protocol.JobSnapshot;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.ReportPoolFailure;
import dev.podpool.protocol.RetryDead;
import dev.podpool.protocol.SignalProcess;
import dev.podpool.protocol.SubmitJob;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** All jobs: handing in and ending. */
final class Jobs {

  /** Bytes of a job id. */
  static final int ID_BYTES = 16;

  private static final long RETENTION_MILLIS_DEFAULT = 24 * 60 * 60 * 1000L;

  private final Pools pools;
  private final Sessions sessions;
  private final Blobs blobs;
  private final Admission admission;
  private final Watches watches = new Watches();
  private final LinkedHashMap<ByteString, Job> byId = new LinkedHashMap<>();
  private final Timers<Job> timers =
      new Timers<>(job -> job.dueAtMillis, Comparator.comparingLong(job -> job.number));
  private long lastNumber;
  private long nowMillis;
  private @Nullable Effects entryEffects;

  Jobs(Pools pools, Sessions sessions, Blobs blobs) {
    this.pools = pools;
    this.sessions = sessions;
    this.blobs = blobs;
    this.admission = new Admission(blobs);
  }

  /** The time and the effects of the entry that is being applied. */
  void startEntry(long entryMillis, Effects effects) {
    nowMillis = entryMillis;
    entryEffects = effects;
  }

  Effects effects() {
    return Objects.requireNonNull(entryEffects);
  }

  Watches watches() {
    return watches;
  }

  @Nullable Job find(ByteString id) {
    return byId.get(id);
  }

  Collection<Job> all() {
    return byId.values();
  }

  long lastNumber() {
    return lastNumber;
  }

  /**
   * {@code job} has changed: its watchers and its pool are looked at when the entry ends. If its
   * last item has ended, its retention begins.
   */
  void touch(Job job) {
    watches.touch(job);
    pools.touch(job.pool);
    if (job.hasEnded() && !job.settled) {
      job.settled = true;
      long retention = job.submitted.getRetentionMillis();
      due(job, Timers.later(nowMillis, retention > 0 ? retention : RETENTION_MILLIS_DEFAULT));
    }
  }

  private void due(Job job, long atMillis) {
    timers.remove(job);
    job.dueAtMillis = atMillis;
    timers.add(job);
  }

  // ---- handing in

  Reply.@Nullable Builder submit(SubmitJob submit, SessionState session) {
    ByteString digest = digest(submit);
    Job known = byId.get(submit.getJobId());
    if (known != null) {
      if (!known.digest.equals(digest)) {
        return refused(
            Refusals.of(
                ErrorCode.JOB_ID_REUSED,
                "the job id belongs to another job ("
                    + known.submitted.getFunctionName()
                    + "); take a new random id"));
      }
      // A client that lost our reply asks again, and must get the answer it missed.
      watches.start(known, session, 0);
      return Reply.newBuilder().setJobKnown(JobKnown.newBuilder().setItems(known.items.size()));
    }
    if (submit.getJobId().size() != ID_BYTES) {
      return refused(
          Refusals.invalid("a job id of " + submit.getJobId().size() + " bytes; it has 16"));
    }
    Pool pool = pools.find(submit.getPool());
    if (pool == null) {
      return refused(Refusals.unknownPool(submit.getPool()));
    }
    if (pool.process != null) {
      if (pool.process.submitted) {
        return refused(Refusals.invalid("process '" + pool.name() + "' runs one job, and has it"));
      }
      pool.process.submitted = true;
    }
    int[] offsets = PayloadRuns.offsets(submit.getInputs());
    Refusal refusal = admission.check(pool, submit.getInputs(), offsets, 0, submit.getCodeList());
    if (refusal != null || offsets == null) {
      return refused(refusal);
    }
    Job.Accepted accepted =
        new Job.Accepted(
            pool.complete(submit), digest, session.id, session.opened.getPrincipal(), nowMillis);
    Job job = new Job(++lastNumber, pool, accepted, blobs);
    byId.put(job.id, job);
    pool.jobs.put(job.number, job);
    if (submit.getWithSession()) {
      session.bound.put(job.number, job);
    }
    if (submit.getDeadlineMillis() > 0) {
      due(job, Timers.later(nowMillis, submit.getDeadlineMillis()));
    }
    watches.start(job, session, 0);
    addTo(job, submit.getInputs(), offsets, submit.getComplete());
    return null;
  }

  private static ByteString digest(SubmitJob submit) {
    SubmitJob.Builder header = submit.toBuilder().clearInputs();
    if (submit.getInputs().getBlobsCount() > 0) {
      header.getInputsBuilder().addAllBlobs(submit.getInputs().getBlobsList());
    }
    return Digests.sha256(
        Digests.sha256(header.build().toByteString()), submit.getInputs().getData());
  }

  private static Reply.Builder refused(@Nullable Refusal refusal) {
    return Reply.newBuilder().setRefusal(refusal == null ? Refusals.invalid("malformed") : refusal);
  }

  @Nullable Refusal addItems(AddItems add) {
    Job job = byId.get(add.getJobId());
    if (job == null) {
      return Refusals.unknownJob();
    }
    if (job.complete) {
      return Refusals.of(
          ErrorCode.JOB_COMPLETE,
          "the job takes no more items: it was completed or cancelled; submit another");
    }
    if (add.getFirst() != job.items.size()) {
      return Refusals.invalid(
          "items from "
              + Long.toUnsignedString(add.getFirst())
              + " on, but the job has "
              + job.items.size()
              + ": add from there");
    }
    int[] offsets = PayloadRuns.offsets(add.getInputs());
    Refusal refusal =
        admission.check(
            job.pool, add.getInputs(), offsets, job.items.size() - job.items.keptFrom(), List.of());
    if (refusal != null || offsets == null) {
      return refusal;
    }
    addTo(job, add.getInputs(), offsets, add.getComplete());
    return null;
  }

  private void addTo(Job job, Payloads inputs, int[] offsets, boolean complete) {
    job.add(inputs, offsets);
    job.complete |= complete;
    touch(job);
  }

  @Nullable Refusal endItems(ByteString id) {
    Job job = byId.get(id);
    if (job == null) {
      return Refusals.unknownJob();
    }
    job.complete = true;
    touch(job);
    return null;
  }

  // ---- ending

  @Nullable Refusal cancel(ByteString id) {
    Job job = byId.get(id);
    if (job == null) {
      return Refusals.unknownJob();
    }
    endAll(job, ItemState.CANCELLED);
    return null;
  }

  /**
   * Ends the process, or has it end itself. What runs is asked to by its worker, if it may; what
   * does not run yet never will.
   */
  @Nullable Refusal signal(SignalProcess signal) {
    Pool pool = pools.find(signal.getPool());
    ProcessState process = pool == null ? null : pool.process;
    if (pool == null || process == null) {
      return Refusals.of(
          ErrorCode.POOL_UNKNOWN,
          "there is no process '" + signal.getPool() + "'; it was closed, or its parent has ended");
    }
    int number = signal.getSignal();
    if (number != ProcessState.SIGKILL && number != ProcessState.SIGTERM) {
      return Refusals.invalid(
          "signal " + Integer.toUnsignedString(number) + "; 9 (SIGKILL) or 15 (SIGTERM)");
    }
    for (Job job : pool.jobs.values()) {
      WorkerState at = job.unended() == 0 ? null : job.workerOfFirst();
      if (at != null && number == ProcessState.SIGTERM) {
        effects().deliver(at.session, Deliveries.signal(number));
      } else if (job.unended() > 0) {
        process.signal = number;
        endAll(job, ItemState.CANCELLED);
      }
    }
    return null;
  }

  private void endAll(Job job, ItemState state) {
    job.complete = true;
    job.endAll(Job.ended(state), state, effects());
    touch(job);
  }

  @Nullable Refusal release(ByteString id) {
    Job job = byId.get(id);
    if (job == null) {
      return null; // released already, or expired: what was asked for holds
    }
    if (!job.hasEnded()) {
      endAll(job, ItemState.CANCELLED);
    }
    forget(job);
    return null;
  }

  private void forget(Job job) {
    watches.forget(job, effects());
    timers.remove(job);
    job.forget();
    byId.remove(job.id);
    job.pool.jobs.remove(job.number);
    pools.touch(job.pool);
    SessionState owner = sessions.find(job.owner);
    if (owner != null) {
      owner.bound.remove(job.number);
    }
  }

  /** Deadlines and retentions that have passed. */
  void expire() {
    while (timers.isDue(nowMillis)) {
      Job job = timers.take();
      job.dueAtMillis = 0;
      if (job.settled) {
        forget(job);
      } else {
        endAll(job, ItemState.EXPIRED);
      }
    }
  }

  @Nullable Refusal failPool(ReportPoolFailure report, SessionState session) {
    Pool pool = pools.find(report.getPool());
    if (pool == null) {
      return Refusals.unknownPool(report.getPool());
    }
    if (report.getFailures() == 0) {
      pool.recover();
      return null;
    }
    WorkerState worker = session.worker;
    if (report.getFinal() && worker != null && worker.pool == pool) {
      worker.window = 0; // until it gives credit again
      pool.turns.update(worker);
    }
    pool.fail(report);
    pools.touch(pool);
    return null;
  }

  /** Where a pool was given up and no worker is up, nothing may wait: whichever came first. */
  void endOfFailedPools() {
    for (Pool pool : pools.touched()) {
      ReportPoolFailure failure = pool.unfinished() > 0 ? pool.finalFailure() : null;
      if (failure == null) {
        continue;
      }
      for (Job job : pool.jobs.values()) {
        if (job.unended() > 0) {
          job.endAll(Job.failed(failure.getFailure()), ItemState.FAILED, effects());
          touch(job);
        }
      }
    }
  }

  void deletePool(Pool pool) {
    LinkedHashSet<Long> told = new LinkedHashSet<>();
    for (Job job : pool.jobs.values()) {
      job.watches.forEach(watch -> told.add(watch.session.id));
    }
    // First: who waits is to hear why, and not that the job was cancelled.
    told.forEach(session -> effects().deliver(session, Deliveries.poolGone(pool.name())));
    for (Job job : List.copyOf(pool.jobs.values())) {
      endAll(job, ItemState.CANCELLED);
      forget(job);
    }
    pools.delete(pool, sessions, effects());
  }

  void endSession(SessionState session) {
    watches.end(session);
    List.copyOf(session.bound.values()).forEach(job -> release(job.id));
  }

  // ---- the dead list

  @Nullable Refusal retryDead(RetryDead retry) {
    Job job = byId.get(retry.getJobId());
    if (job == null) {
      return Refusals.unknownJob();
    }
    long first = first(job, retry.getFirst());
    if (job.retryDead(first, end(job, first, retry.getCount())) > 0) {
      if (job.settled) {
        job.settled = false;
        due(job, 0);
      }
      touch(job);
    }
    return null;
  }

  @Nullable Refusal dropDead(DropDead drop) {
    Job job = byId.get(drop.getJobId());
    if (job == null) {
      return Refusals.unknownJob();
    }
    long first = first(job, drop.getFirst());
    job.dropDead(first, end(job, first, drop.getCount()));
    return null;
  }

  // Both numbers come unsigned, and may be anything.

  private static long first(Job job, long first) {
    long size = job.items.size();
    return Long.compareUnsigned(first, size) > 0 ? size : Math.max(first, job.items.keptFrom());
  }

  private static long end(Job job, long first, long count) {
    long rest = job.items.size() - first;
    return first + (count == 0 || Long.compareUnsigned(count, rest) > 0 ? rest : count);
  }

  long nextDeadlineMillis() {
    return timers.nextMillis();
  }

  // ---- snapshot

  void restore(JobSnapshot from) {
    Pool pool = pools.find(from.getSubmitted().getPool());
    if (pool == null) {
      throw new IllegalStateException(
          "snapshot has a job without its pool " + from.getSubmitted().getPool());
    }
    Job job = JobSnapshots.restore(from, pool, sessions, blobs);
    byId.put(job.id, job);
    pool.jobs.put(job.number, job);
    timers.add(job);
    for (Watch watch : job.watches) {
      watch.session.watched.put(job.number, job);
    }
    SessionState owner = sessions.find(job.owner);
    if (owner != null && job.submitted.getWithSession()) {
      owner.bound.put(job.number, job);
    }
  }

  void restoreLast(long number) {
    lastNumber = number;
  }
}
