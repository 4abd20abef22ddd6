package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ProcessSpec;
import dev.podpool.protocol.Refusal;
import org.jspecify.annotations.Nullable;

/**
 * What runs in a pool's processes starts processes, and sees to those: to no others, and to no job
 * but theirs. "Those" are what any process of the same worker has started, as nothing keeps these
 * apart. Who has other rights opens a session that is of no pool, and sees to any process.
 */
final class ProcessRights {

  private final Pools pools;
  private final Jobs jobs;

  ProcessRights(Pools pools, Jobs jobs) {
    this.pools = pools;
    this.jobs = jobs;
  }

  /** Why {@code session} may not send {@code operation}; null where it may. */
  @Nullable Refusal check(SessionState session, Operation operation) {
    return switch (operation.getKindCase()) {
      case DEFINE_POOL -> define(session, operation.getDefinePool());
      case REPORT_POOL_FAILURE -> failure(session, operation.getReportPoolFailure().getPool());
      case HOLD_END -> takeOver(session, operation.getHoldEnd().getProcess());
      case SUBMIT_JOB -> ofPool(session, operation.getSubmitJob().getPool());
      case SIGNAL_PROCESS -> ofPool(session, operation.getSignalProcess().getPool());
      case WATCH_JOB -> ofJob(session, operation.getWatchJob().getJobId());
      case CONFIRM_RESULTS -> ofJob(session, operation.getConfirmResults().getJobId());
      case CANCEL_JOB -> ofJob(session, operation.getCancelJob().getJobId());
      case RELEASE_JOB -> ofJob(session, operation.getReleaseJob().getJobId());
      default -> null;
    };
  }

  private @Nullable Refusal define(SessionState session, DefinePool definition) {
    if (!definition.hasProcess()) {
      return session.isOfPool()
          ? denied(session, "pool '" + definition.getPool() + "' is none: only processes")
          : null;
    }
    Pool known = pools.find(definition.getPool());
    Refusal others = known == null || known.process == null ? null : ofPool(session, known.name());
    if (others != null) {
      return others;
    }
    ProcessSpec spec = definition.getProcess();
    Pool own = pools.find(session.opened.getPool());
    ProcessState parent = own == null ? null : own.process;
    String itsPool = parent == null ? "" : session.opened.getPool();
    if (session.isOfPool() && !spec.getParent().equals(itsPool)) {
      return denied(
          session, "'" + spec.getParent() + "' is not the process that this session is of");
    }
    return parent != null && parent.spec.getDaemon()
        ? denied(
            session,
            "daemonic processes are not allowed to have children, and '"
                + parent.spec.getName()
                + "' is one")
        : null;
  }

  /** A worker knows of its own pool alone; for others the operator speaks. */
  private static @Nullable Refusal failure(SessionState session, String pool) {
    return !session.isOfPool() || pool.equals(session.opened.getPool())
        ? null
        : Refusals.of(
            ErrorCode.PERMISSION_DENIED,
            "a worker of pool '"
                + session.opened.getPool()
                + "' says of that pool whether it fails, and not of '"
                + pool
                + "'; report it in a session of a worker there");
  }

  /** What a process was given is its own until it holds that itself. */
  private static @Nullable Refusal takeOver(SessionState session, String process) {
    return process.isEmpty() || process.equals(session.opened.getPool())
        ? null
        : Refusals.of(
            ErrorCode.PERMISSION_DENIED,
            "only process '"
                + process
                + "' itself takes over what it was given, and this session is none of it; hold the"
                + " end beside it, and name no process");
  }

  /** One that is not there is told so by whoever looks for it. */
  private @Nullable Refusal ofPool(SessionState session, String name) {
    Pool pool = session.isOfPool() ? pools.find(name) : null;
    boolean isOwn = pool == null || (pool.process != null && session.hasStarted(pool.process));
    return isOwn ? null : denied(session, "'" + name + "' is none of its own");
  }

  private @Nullable Refusal ofJob(SessionState session, ByteString id) {
    Job job = session.isOfPool() ? jobs.find(id) : null;
    return job == null ? null : ofPool(session, job.pool.name());
  }

  private static Refusal denied(SessionState session, String why) {
    return Refusals.of(
        ErrorCode.PERMISSION_DENIED,
        "what runs in a process of pool '"
            + session.opened.getPool()
            + "' may start processes, end them and wait for them: "
            + why
            + "; for more, connect to the queue with rights of its own");
  }
}
