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
 * but theirs. Who has other rights opens a session that is of no pool.
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
