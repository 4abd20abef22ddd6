package dev.podpool.queue;

import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.PoolSnapshot;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.ReportPoolFailure;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.protocol.WorkerStatus;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A pool: its settings, its jobs and workers, its counts. */
final class Pool {

  // In order of their numbers.
  final LinkedHashMap<Long, Job> jobs = new LinkedHashMap<>();
  // In order of their sessions.
  final LinkedHashMap<String, WorkerState> workers = new LinkedHashMap<>();
  final ArrayDeque<Joiner> joiners = new ArrayDeque<>();
  final Turns turns = new Turns();

  // Null: it is none.
  @Nullable ProcessState process;
  private DefinePool definition;
  private @Nullable ReportPoolFailure failure;
  private long unfinished;
  private long succeeded;
  private long failed;
  // On the dead lists.
  private long dead;
  private long redelivered;
  private long charged;
  private long bytes;

  /** Somebody who waits for {@code unfinished} = 0. */
  record Joiner(long session, long sequence, long deadlineMillis) {}

  Pool(DefinePool definition) {
    this.definition = definition;
  }

  DefinePool definition() {
    return definition;
  }

  void redefine(DefinePool changed) {
    definition = changed;
  }

  /** {@code submit} as agreed on: the pool's settings may change, those of this job will not. */
  SubmitJob complete(SubmitJob submit) {
    SubmitJob.Builder complete = submit.toBuilder().setPool(name()); // one text for all jobs
    if (submit.getMaxAttempts() <= 0) {
      complete.setMaxAttempts(definition.getMaxAttempts());
    }
    if (submit.getItemTimeoutMillis() == 0) {
      complete.setItemTimeoutMillis(definition.getItemTimeoutMillis());
    }
    return complete.build();
  }

  String name() {
    return definition.getPool();
  }

  long unfinished() {
    return unfinished;
  }

  /** Bytes of inputs and results held. */
  long bytes() {
    return bytes;
  }

  void remove(WorkerState worker) {
    workers.remove(worker.name, worker);
    turns.remove(worker);
  }

  // ---- counting

  void accept(long count) {
    unfinished += count;
  }

  void end(ItemState state, long count) {
    unfinished -= count;
    switch (state) {
      case SUCCEEDED -> succeeded += count;
      case FAILED -> failed += count;
      default -> {}
    }
  }

  void countDead(long more) {
    dead += more;
  }

  void countRedelivered() {
    redelivered++;
  }

  void countCharged() {
    charged++;
  }

  void countBytes(long more) {
    bytes += more;
  }

  // ---- failure of the whole pool

  /** The failure that every item ends with: given up, and no worker is up. Null: none. */
  @Nullable ReportPoolFailure finalFailure() {
    return failure != null && failure.getFinal() && !hasWorkerUp() ? failure : null;
  }

  void fail(ReportPoolFailure report) {
    failure = report;
  }

  void recover() {
    failure = null;
  }

  private boolean hasWorkerUp() {
    for (WorkerState worker : workers.values()) {
      if (worker.window > 0) {
        return true;
      }
    }
    return false;
  }

  // ---- looking at it

  PoolStatus status(long index, long nowMillis) {
    PoolStatus.Builder status =
        PoolStatus.newBuilder()
            .setPool(name())
            .setUid(definition.getUid())
            .setQueueIndex(index)
            .setJobs(jobs.size())
            .setSucceeded(succeeded)
            .setFailed(failed)
            .setDead(dead)
            .setRedelivered(redelivered)
            .setCharged(charged);
    long leased = 0;
    for (WorkerState worker : workers.values()) {
      leased += worker.leased;
      status.addWorkers(
          WorkerStatus.newBuilder()
              .setWorker(worker.name)
              .setSession(worker.session)
              .setSlots(worker.slots)
              .setLeased(worker.leased)
              .setCordoned(worker.cordoned)
              .setWindow(worker.window)
              .setNonce(worker.nonce));
    }
    if (failure != null) {
      status.setFailure(failure);
    }
    if (process != null) {
      status.setProcess(process.status(List.copyOf(jobs.values()), nowMillis));
    }
    return status.setLeased(leased).setReady(unfinished - leased).build();
  }

  // ---- snapshot

  PoolSnapshot snapshot() {
    PoolSnapshot.Builder into =
        PoolSnapshot.newBuilder()
            .setDefinition(definition)
            .setRedelivered(redelivered)
            .setCharged(charged)
            .setSucceeded(succeeded)
            .setFailed(failed)
            .setDead(dead);
    turns.snapshot(into);
    if (process != null) {
      into.setProcess(process.snapshot());
    }
    for (Joiner joiner : joiners) {
      into.addJoinersBuilder()
          .setSession(joiner.session())
          .setSequence(joiner.sequence())
          .setDeadlineMillis(joiner.deadlineMillis());
    }
    if (failure != null) {
      into.setFailure(failure);
    }
    return into.build();
  }

  /** The rest of a restore, when jobs and workers are there. */
  void restore(PoolSnapshot from, Sessions sessions) {
    turns.restore(from, jobs, sessions);
    for (var joiner : from.getJoinersList()) {
      joiners.add(
          new Joiner(joiner.getSession(), joiner.getSequence(), joiner.getDeadlineMillis()));
    }
    failure = from.hasFailure() ? from.getFailure() : null;
    for (Job job : jobs.values()) {
      unfinished += job.unended();
    }
    succeeded = from.getSucceeded();
    failed = from.getFailed();
    dead = from.getDead();
    redelivered = from.getRedelivered();
    charged = from.getCharged();
  }
}
