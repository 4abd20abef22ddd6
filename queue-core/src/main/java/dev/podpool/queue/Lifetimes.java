package dev.podpool.queue;

import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.DeletePool;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ExpireSession;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.PipeEnd;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.ReportProcess;
import dev.podpool.protocol.ReportWorkerEnd;
import dev.podpool.protocol.SessionOpened;
import dev.podpool.protocol.WorkerLoss;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How sessions begin and end, and what ends with them. */
final class Lifetimes {

  private static final int NONCE_BYTES = 16;

  private final Sessions sessions;
  private final Pools pools;
  private final Jobs jobs;
  private final Workers workers;
  private final SharedObjects objects;

  Lifetimes(Sessions sessions, Pools pools, Jobs jobs, Workers workers, SharedObjects objects) {
    this.sessions = sessions;
    this.pools = pools;
    this.jobs = jobs;
    this.workers = workers;
    this.objects = objects;
  }

  void open(OpenSession open, Effects effects) {
    SessionState known = sessions.findByNonce(open.getNonce());
    Refusal refusal = check(open, known);
    Reply.Builder reply = Reply.newBuilder();
    if (refusal != null) {
      reply.setRefusal(refusal);
    } else {
      SessionState session = known == null ? begin(open, effects) : known;
      reply.setSessionOpened(SessionOpened.newBuilder().setSession(session.id));
    }
    effects.opened(open.getNonce(), reply.build());
  }

  private @Nullable Refusal check(OpenSession open, @Nullable SessionState known) {
    if (open.getNonce().size() != NONCE_BYTES) {
      return Refusals.invalid(
          "a nonce of " + open.getNonce().size() + " bytes; take " + NONCE_BYTES + " random ones");
    }
    if (known != null) {
      return known.opened.getPrincipal().equals(open.getPrincipal())
          ? null
          : Refusals.invalid("the nonce is another principal's; take a new random one");
    }
    if (open.getWorker().isEmpty()) {
      return null;
    }
    if (pools.find(open.getPool()) == null) {
      return Refusals.unknownPool(open.getPool());
    }
    return open.getSlots() >= 1
        ? null
        : Refusals.invalid(
            "worker '"
                + open.getWorker()
                + "' offers "
                + Integer.toUnsignedString(open.getSlots())
                + " slots; from 1 to "
                + Integer.MAX_VALUE);
  }

  /** What {@link #check} has found in order. */
  private SessionState begin(OpenSession open, Effects effects) {
    Pool pool = open.getWorker().isEmpty() ? null : pools.find(open.getPool());
    if (pool == null) {
      return sessions.add(open, null);
    }
    WorkerState old = pool.workers.get(open.getWorker());
    if (old != null) {
      expire(
          ExpireSession.newBuilder()
              .setSession(old.session)
              .setCause("its place was taken by a new process")
              .build(),
          effects);
    }
    WorkerState worker = new WorkerState(sessions.nextId(), open, pool);
    pool.workers.put(worker.name, worker);
    return sessions.add(open, worker);
  }

  /** Makes a pool, or changes it; a process holds its ends of pipes from here on. */
  @Nullable Refusal define(DefinePool definition, SessionState session, long nowMillis) {
    if (pools.find(definition.getPool()) != null) {
      return pools.define(definition, session, nowMillis);
    }
    Refusal refusal = null;
    for (PipeEnd end : definition.getProcess().getEndsList()) {
      refusal = refusal == null ? objects.hold(end, definition.getPool()) : refusal;
    }
    refusal = refusal == null ? pools.define(definition, session, nowMillis) : refusal;
    if (refusal != null) {
      releaseEnds(definition);
    }
    return refusal;
  }

  private void releaseEnds(DefinePool definition) {
    for (PipeEnd end : definition.getProcess().getEndsList()) {
      objects.release(end, definition.getPool());
    }
  }

  void expire(ExpireSession expire, Effects effects) {
    SessionState session = sessions.find(expire.getSession());
    if (session != null) { // else closed in time
      expire(session, expire.getExitCode(), expire.getCause(), false, effects);
    }
  }

  /** Only who starts workers says this, and no worker does. */
  @Nullable Refusal workerEnded(ReportWorkerEnd report, SessionState reporter, Effects effects) {
    if (reporter.worker != null) {
      return Refusals.of(
          ErrorCode.WRONG_SESSION_KIND,
          "a worker's session can't report another's end; open a client's");
    }
    SessionState ended = sessions.findByNonce(report.getNonce());
    if (ended != null) { // else it is over already
      expire(ended, report.getExitCode(), report.getCause(), report.getDisrupted(), effects);
    }
    return null;
  }

  private void expire(
      SessionState session, int exitCode, String words, boolean disrupted, Effects effects) {
    String cause = words.isEmpty() ? "session expired" : words;
    WorkerLoss loss =
        session.worker == null
            ? null
            : WorkerLoss.newBuilder()
                .setWorker(session.worker.name)
                .setExitCode(exitCode)
                .setCause(cause)
                .build();
    end(session, Refusals.of(ErrorCode.SESSION_EXPIRED, cause), loss, disrupted, effects);
  }

  void close(SessionState session, Effects effects) {
    end(
        session,
        Refusals.of(
            ErrorCode.SESSION_CLOSED,
            "the session was closed, as its Podpool was; open another, and use nothing of this one"),
        null,
        false,
        effects);
  }

  /** Ends the pool's workers and jobs, and forgets it. Nothing where it is gone already. */
  void deletePool(DeletePool delete, Effects effects) {
    String name = delete.getPool();
    Pool pool = pools.find(name);
    boolean isAnother =
        pool != null
            && !delete.getUid().isEmpty()
            && !delete.getUid().equals(pool.definition().getUid());
    if (pool != null && !isAnother) {
      deletePool(pool, effects);
    }
  }

  /** Processes that have ended hold nothing; those whose jobs are forgotten are forgotten too. */
  void endOfProcesses(Effects effects) {
    for (Pool pool : pools.touched()) {
      ProcessState process = pool.process;
      if (process == null || !process.submitted) {
        continue;
      }
      if (pool.unfinished() == 0) {
        releaseEnds(pool.definition());
      }
      if (pool.jobs.isEmpty()) {
        deletePool(pool, effects);
      }
    }
  }

  private void deletePool(Pool pool, Effects effects) {
    Refusal gone = Refusals.of(ErrorCode.POOL_DELETED, "pool '" + pool.name() + "' was deleted");
    for (WorkerState worker : List.copyOf(pool.workers.values())) {
      SessionState session = sessions.find(worker.session);
      if (session != null) {
        end(session, gone, null, false, effects);
      }
    }
    jobs.deletePool(pool);
    releaseEnds(pool.definition());
    ProcessState process = pool.process;
    SessionState parent = process == null ? null : sessions.find(process.parent);
    if (parent != null) {
      parent.started.remove(pool.name());
    }
  }

  /** The worker says under which number its process runs. */
  @Nullable Refusal processRuns(ReportProcess report, SessionState session) {
    WorkerState worker = session.worker;
    ProcessState process = worker == null ? null : worker.pool.process;
    if (process == null) {
      return Refusals.of(
          ErrorCode.WRONG_SESSION_KIND, "only the worker of a process can say where it runs");
    }
    process.pid = report.getPid();
    return null;
  }

  /** Null {@code loss}: the orderly end, at which nothing had begun. */
  private void end(
      SessionState session,
      Refusal reason,
      @Nullable WorkerLoss loss,
      boolean disrupted,
      Effects effects) {
    if (session.worker != null) {
      workers.end(session.worker, loss, disrupted);
    }
    jobs.endSession(session);
    pools.endSession(session.id);
    for (Pool pool : List.copyOf(session.started.values())) {
      ProcessState process = pool.process;
      if (process != null && (process.spec.getDaemon() || !process.submitted)) {
        deletePool(pool, effects);
      }
    }
    objects.endSession(session);
    sessions.remove(session);
    effects.ended(session.id, reason);
  }
}
