package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Assign;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.ConfirmResults;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.JobSnapshot;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PoolSnapshot;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.Range;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.SessionSnapshot;
import dev.podpool.protocol.Snapshot;
import dev.podpool.protocol.WatchJob;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The queue as a function of its log: the same entries give the same state and effects on every
 * replica. Owned by one thread at a time.
 *
 * <p>Operations take effect in order; handing out, results and wake-ups are outcomes of the entry
 * as a whole, and come at its end.
 */
public final class QueueMachine {

  private final Sessions sessions = new Sessions();
  private final Pools pools = new Pools();
  private final Blobs blobs = new Blobs();
  private final Jobs jobs = new Jobs(pools, sessions, blobs);
  private final Workers workers = new Workers(pools, jobs, blobs);
  private final SharedObjects objects = new SharedObjects(sessions);
  private final Lifetimes lifetimes = new Lifetimes(sessions, pools, jobs, workers, objects);
  private final ProcessRights processes = new ProcessRights(pools, jobs);
  private final Reads reads = new Reads(pools, jobs, blobs, objects);
  private long index;
  private long nowMillis;
  private int level = Features.FIRST_LEVEL;

  /**
   * Applies the next entry; what must happen outside is added to {@code effects}, in order.
   *
   * <p>A malformed or out-of-order operation is refused or skipped, never thrown at: an entry that
   * is in the log must be applied.
   */
  public void apply(Entry entry, Effects effects) {
    index++;
    // A new leader's clock may lag the old one's, but log time must not run backwards.
    nowMillis = Math.max(nowMillis, entry.getTimeMillis());
    jobs.startEntry(nowMillis, effects);
    blobs.startEntry(nowMillis, effects);
    pools.expireJoiners(nowMillis, sessions, effects);
    objects.startEntry(nowMillis, effects);
    jobs.expire();
    for (Batch batch : entry.getBatchesList()) {
      if (batch.getSession() == 0) {
        for (Operation operation : batch.getOperationsList()) {
          applyOwn(operation, effects);
        }
      } else {
        applyBatch(batch, effects);
      }
    }
    finishEntry(effects);
  }

  /** What a session sends: each sequence number once, without gaps. */
  private void applyBatch(Batch batch, Effects effects) {
    SessionState session = sessions.find(batch.getSession());
    if (session == null) {
      effects.ended(batch.getSession(), Refusals.noSession(batch.getSession()));
      return;
    }
    confirm(session, batch);
    long sequence = batch.getFirstSequence();
    for (Operation operation : batch.getOperationsList()) {
      boolean isNext = sequence == session.applied + 1;
      if (isNext && session.mustConfirm()) {
        effects.heldBack(session.id);
        break; // what is behind it has no answer yet
      }
      if (isNext) {
        session.applied = sequence;
        Reply.Builder reply = handle(session, sequence, operation);
        if (sessions.find(session.id) != session) {
          return; // it has ended itself, or has been ended with its pool
        }
        if (reply != null) {
          Reply answer = reply.setSequence(sequence).build();
          session.keep(answer);
          effects.reply(session.id, answer);
        }
      } else {
        Reply answered = session.answered(sequence);
        if (answered != null) {
          effects.reply(session.id, answered);
        }
      }
      sequence++;
    }
    effects.applied(session.id, session.applied);
  }

  private void confirm(SessionState session, Batch batch) {
    boolean hadItsFill = session.hasItsFill();
    session.confirm(batch.getConfirmed());
    batch.getConfirmedWakesList().forEach(session::confirmWake);
    if (hadItsFill && !session.hasItsFill()) {
      objects.goOn(session);
    }
  }

  /** What the queue itself proposes. */
  private void applyOwn(Operation operation, Effects effects) {
    switch (operation.getKindCase()) {
      case OPEN_SESSION -> lifetimes.open(operation.getOpenSession(), effects);
      case EXPIRE_SESSION -> lifetimes.expire(operation.getExpireSession(), effects);
      case TICK -> {} // the entry's time is all there is to it
      case RAISE_LEVEL -> level = Math.max(level, operation.getRaiseLevel().getLevel());
      default ->
          throw new IllegalStateException(
              "not an operation of the queue's own: " + operation.getKindCase());
    }
  }

  /** Null: done. */
  private Reply.@Nullable Builder handle(SessionState session, long sequence, Operation operation) {
    Refusal denied = processes.check(session, operation);
    if (denied != null) {
      return refusal(denied);
    }
    return switch (operation.getKindCase()) {
      case CLOSE_SESSION -> {
        lifetimes.close(session, jobs.effects());
        yield null;
      }
      case DEFINE_POOL -> refusal(lifetimes.define(operation.getDefinePool(), session, nowMillis));
      case DELETE_POOL -> {
        lifetimes.deletePool(operation.getDeletePool(), jobs.effects());
        yield null;
      }
      case JOIN_POOL -> pools.join(operation.getJoinPool(), session, sequence, nowMillis, index);
      case REPORT_POOL_FAILURE -> refusal(jobs.failPool(operation.getReportPoolFailure(), session));
      case SIGNAL_PROCESS -> refusal(jobs.signal(operation.getSignalProcess()));
      case REPORT_PROCESS -> refusal(lifetimes.processRuns(operation.getReportProcess(), session));
      case SUBMIT_JOB -> jobs.submit(operation.getSubmitJob(), session);
      case ADD_ITEMS -> refusal(jobs.addItems(operation.getAddItems()));
      case END_ITEMS -> refusal(jobs.endItems(operation.getEndItems().getJobId()));
      case CANCEL_JOB -> refusal(jobs.cancel(operation.getCancelJob().getJobId()));
      case WATCH_JOB -> refusal(watch(operation.getWatchJob(), session));
      case CONFIRM_RESULTS -> refusal(confirm(operation.getConfirmResults(), session));
      case RELEASE_JOB -> refusal(jobs.release(operation.getReleaseJob().getJobId()));
      case RETRY_DEAD -> refusal(jobs.retryDead(operation.getRetryDead()));
      case DROP_DEAD -> refusal(jobs.dropDead(operation.getDropDead()));
      case GIVE_CREDIT -> refusal(workers.credit(operation.getGiveCredit(), session));
      case REPORT_ITEMS -> refusal(workers.report(operation.getReportItems(), session));
      case CORDON_WORKER -> refusal(workers.cordon(operation.getCordonWorker(), jobs.effects()));
      case REPORT_WORKER_END ->
          refusal(lifetimes.workerEnded(operation.getReportWorkerEnd(), session, jobs.effects()));
      case PUT_BLOB -> refusal(blobs.put(operation.getPutBlob(), jobs.effects()));
      case CANCEL_WAIT -> {
        objects.waits().cancel(session.id, operation.getCancelWait().getWait());
        yield null;
      }
      case OPEN_OBJECT,
          DELETE_OBJECT,
          ACQUIRE_LOCK,
          RELEASE_LOCK,
          ACQUIRE_PERMITS,
          RELEASE_PERMITS,
          SET_EVENT,
          AWAIT_EVENT,
          AWAIT_CONDITION,
          SIGNAL_CONDITION,
          AWAIT_BARRIER,
          BREAK_BARRIER,
          PUT_ITEMS,
          TAKE_ITEM,
          CONFIRM_ITEM,
          TASK_DONE,
          JOIN_QUEUE,
          CLOSE_QUEUE,
          HOLD_END,
          CLOSE_END,
          SEND_MESSAGE,
          RECEIVE_MESSAGE,
          CONFIRM_MESSAGE,
          CHANGE_MAP,
          CHANGE_LIST,
          CHANGE_VALUE ->
          objects.apply(session, sequence, operation);
      case NAME_QUEUE -> objects.name(operation.getNameQueue());
      case REFUSED -> refusal(operation.getRefused().getRefusal());
      case OPEN_SESSION, EXPIRE_SESSION, TICK, RAISE_LEVEL, KIND_NOT_SET ->
          refusal(
              Refusals.invalid(
                  "operation " + operation.getKindCase() + " can't be sent in a session"));
    };
  }

  private @Nullable Refusal watch(WatchJob watch, SessionState session) {
    Job job = jobs.find(watch.getJobId());
    if (job == null) {
      return Refusals.unknownJob();
    }
    jobs.watches().start(job, session, watch.getPosition());
    return null;
  }

  private @Nullable Refusal confirm(ConfirmResults confirm, SessionState session) {
    Job job = jobs.find(confirm.getJobId());
    if (job == null) {
      return Refusals.unknownJob();
    }
    jobs.watches().confirm(job, session, confirm);
    return null;
  }

  private static Reply.@Nullable Builder refusal(@Nullable Refusal refusal) {
    return refusal == null ? null : Reply.newBuilder().setRefusal(refusal);
  }

  // ---- the end of an entry

  private void finishEntry(Effects effects) {
    jobs.endOfFailedPools();
    lifetimes.endOfProcesses(effects);
    Map<Long, Assign.Builder> assigns = new LinkedHashMap<>();
    pools.handOut(assigns, nowMillis, effects);
    assigns.forEach(
        (session, assign) ->
            effects.deliver(session, Delivery.newBuilder().setAssign(assign).build()));
    jobs.watches().deliver(effects);
    pools.wakeJoiners(index, sessions, effects);
  }

  // ---- reads

  /** When the next Tick is due, in log time; {@link Long#MAX_VALUE} where none is. */
  public long nextDeadlineMillis() {
    return Math.min(
        Math.min(jobs.nextDeadlineMillis(), pools.nextDeadlineMillis()),
        Math.min(blobs.nextDeadlineMillis(), objects.nextDeadlineMillis()));
  }

  /** Index of the last entry applied. */
  public long index() {
    return index;
  }

  /** Log time. */
  public long nowMillis() {
    return nowMillis;
  }

  /** What the queue may be sent: see {@link Features}. Never falls. */
  public int level() {
    return level;
  }

  /** Numbers of the live sessions, ascending: a new leader gives each a full term. */
  public List<Long> sessions() {
    return sessions.all().stream().map(session -> session.id).toList();
  }

  /** What {@code session} was opened with; null where it is not open. */
  public @Nullable OpenSession opened(long session) {
    SessionState found = sessions.find(session);
    return found == null ? null : found.opened;
  }

  /**
   * Whether so many answers are kept for {@code session} that it is worth an entry to forget them,
   * if they have arrived: before it gets no more.
   */
  public boolean hasMuchToConfirm(long session) {
    SessionState found = sessions.find(session);
    return found != null && found.hasMuchToConfirm();
  }

  /**
   * Whether {@code pool} is a process that was started by what runs in the processes of a worker.
   *
   * @param half the first 8 bytes of the worker's nonce
   */
  public boolean isStartedBy(String pool, ByteString half) {
    Pool found = pools.find(pool);
    return found != null && found.process != null && found.process.isStartedBy(half);
  }

  /**
   * Answers {@code request}, or refuses it. Changes nothing; as long as what it asks for is large.
   */
  public ReadResponse read(ReadRequest request) {
    return reads.read(request, index, nowMillis);
  }

  /** Every pool's counts and workers. */
  public List<PoolStatus> statuses() {
    return pools.all().stream().map(pool -> pool.status(index, nowMillis)).toList();
  }

  /** A pool's counts and workers; null where there is no such pool. */
  public @Nullable PoolStatus status(String pool) {
    Pool found = pools.find(pool);
    return found == null ? null : found.status(index, nowMillis);
  }

  /**
   * What {@code session} holds and has not confirmed, for one that comes back. Changes nothing;
   * ends with its {@code applied}, so that a missing answer is known to be "done".
   */
  public void resume(long session, Effects effects) {
    SessionState state = sessions.find(session);
    if (state == null) {
      effects.ended(session, Refusals.noSession(session));
      return;
    }
    state.answers().forEach(reply -> effects.reply(session, reply));
    if (state.worker != null) {
      List<Range> held = new ArrayList<>();
      for (Lease lease : state.worker.leasesInOrder()) {
        held.addAll(lease.job.rangesOf(lease));
      }
      effects.deliver(
          session,
          Delivery.newBuilder()
              .setAssign(Assign.newBuilder().addAllRanges(held).setComplete(true))
              .build());
    }
    Watches.resume(state, effects);
    effects.applied(session, state.applied);
  }

  /** For the invariants, which count anew what the machine has counted. */
  Blobs blobs() {
    return blobs;
  }

  Pools pools() {
    return pools;
  }

  SharedObjects objects() {
    return objects;
  }

  Sessions sessionStates() {
    return sessions;
  }

  // ---- snapshot

  /** The whole state. Equal states give equal bytes. */
  public Snapshot snapshot() {
    Snapshot.Builder into =
        Snapshot.newBuilder()
            .setIndex(index)
            .setNowMillis(nowMillis)
            .setLastSession(sessions.lastId())
            .setLastJob(jobs.lastNumber())
            .setLastObject(objects.lastNumber())
            .setLastToken(objects.lastToken())
            .setQueueId(objects.queueId())
            .setLevel(level == Features.FIRST_LEVEL ? 0 : level);
    pools.all().forEach(pool -> into.addPools(pool.snapshot()));
    sessions.all().forEach(session -> into.addSessions(session.snapshot()));
    jobs.all().forEach(job -> into.addJobs(JobSnapshots.of(job)));
    blobs.all().forEach(blob -> into.addBlobs(Blobs.snapshot(blob)));
    objects.all().forEach(object -> into.addObjects(object.snapshot()));
    return into.build();
  }

  /**
   * A machine in the state that {@code snapshot} holds.
   *
   * @throws IllegalStateException if the snapshot contradicts itself
   */
  public static QueueMachine restore(Snapshot snapshot) {
    QueueMachine machine = new QueueMachine();
    machine.index = snapshot.getIndex();
    machine.nowMillis = snapshot.getNowMillis();
    machine.level = Math.max(Features.FIRST_LEVEL, snapshot.getLevel());
    machine.sessions.restoreLast(snapshot.getLastSession());
    for (PoolSnapshot pool : snapshot.getPoolsList()) {
      machine.pools.restoreDefinition(pool);
    }
    for (SessionSnapshot session : snapshot.getSessionsList()) {
      machine.restore(session);
    }
    snapshot.getBlobsList().forEach(machine.blobs::restore);
    for (JobSnapshot job : snapshot.getJobsList()) {
      machine.jobs.restore(job);
    }
    for (SessionSnapshot session : snapshot.getSessionsList()) {
      machine.restoreWaiting(session);
    }
    machine.jobs.restoreLast(snapshot.getLastJob());
    machine.objects.restoreLast(snapshot.getLastObject(), snapshot.getLastToken());
    machine.objects.restoreQueueId(snapshot.getQueueId());
    machine.objects.restore(snapshot.getObjectsList());
    for (PoolSnapshot pool : snapshot.getPoolsList()) {
      machine.pools.restore(pool, machine.sessions);
    }
    return machine;
  }

  /** When its jobs are there. */
  private void restoreWaiting(SessionSnapshot from) {
    SessionState session = sessions.find(from.getSession());
    for (long number : from.getWaitingJobsList()) {
      Job job = session == null ? null : session.watched.get(number);
      if (session == null || job == null) {
        throw new IllegalStateException("snapshot waits for a job that is not read: " + number);
      }
      session.waiting.add(job);
    }
  }

  private void restore(SessionSnapshot from) {
    OpenSession opened = from.getOpened();
    WorkerState worker = null;
    Pool pool = opened.getWorker().isEmpty() ? null : pools.find(opened.getPool());
    if (pool != null) {
      worker = new WorkerState(from.getSession(), opened, pool);
      worker.window = from.getWindow();
      worker.cordoned = from.getCordoned();
      worker.recalled = from.getRecalled();
      pool.workers.put(worker.name, worker);
    }
    SessionState session = sessions.restore(from.getSession(), opened, worker);
    session.applied = from.getApplied();
    session.restoreAnswers(from);
  }

  /** Compared between replicas at equal index: they must not differ. */
  public ByteString stateHash() {
    return Digests.sha256(snapshot().toByteString());
  }
}
