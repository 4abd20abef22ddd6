package dev.podpool.sim;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.JobSnapshot;
import dev.podpool.protocol.LeaseSnapshot;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.PoolSnapshot;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.SessionSnapshot;
import dev.podpool.protocol.Snapshot;
import dev.podpool.queue.QueueMachine;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What was promised, checked from outside, at every index that some replica reaches. */
final class Contract {

  private static final long ROUNDED_MILLIS_MAX = 1_000; // some at each election

  private final World world;
  private final ObjectsContract objects = new ObjectsContract();
  private long checkedIndex;
  private long logTimeMillis;
  // By job number and position.
  private final Map<Long, Map<Long, Outcome>> recorded = new HashMap<>();
  private final Map<Long, Long> appliedBySession = new HashMap<>();
  private final Set<String> begunOnce = new HashSet<>();
  private Set<Long> sessionsBefore = Set.of();

  Contract(World world) {
    this.world = world;
  }

  /** A worker begins an item of a job with one attempt. */
  void begin(ByteString job, long index) {
    require(
        begunOnce.add(job.toStringUtf8() + "/" + index),
        "a begun item of a job with max_attempts 1 was leased again");
  }

  boolean hasChecked(long index) {
    return index <= checkedIndex;
  }

  void check(Snapshot state) {
    if (hasChecked(state.getIndex())) {
      return; // another replica was here first; that they agree is seen from their hashes
    }
    checkedIndex = state.getIndex();
    checkTime(state.getNowMillis());
    QueueMachine machine = QueueMachine.restore(state);
    Set<Long> sessions = new HashSet<>();
    for (SessionSnapshot session : state.getSessionsList()) {
      sessions.add(session.getSession());
      Long before = appliedBySession.put(session.getSession(), session.getApplied());
      require(before == null || before <= session.getApplied(), "an operation is applied once");
    }
    objects.check(state, sessions);
    long ready = 0;
    long leased = 0;
    for (JobSnapshot job : state.getJobsList()) {
      for (LeaseSnapshot lease : job.getLeasesList()) {
        require(sessions.contains(lease.getSession()), "a lease outlives its session");
        leased += lease.getRemaining();
      }
      ready += check(job);
    }
    sessionsBefore = sessions;
    for (PoolSnapshot pool : state.getPoolsList()) {
      PoolStatus status = machine.status(pool.getDefinition().getPool());
      if (status != null) { // there is one pool
        require(status.getReady() == ready, "ready items are counted");
        require(status.getLeased() == leased, "leased items are counted");
        require(
            ready + leased > 0 || pool.getJoinersCount() == 0,
            "somebody waits though nothing is unfinished");
        require(
            pool.getReadyJobsCount() == 0
                || status.getWorkersList().stream()
                    .noneMatch(
                        worker ->
                            worker.getLeased() < Math.min(worker.getSlots(), worker.getWindow())),
            "a slot is free though work is ready");
      }
    }
  }

  private void checkTime(long millis) {
    require(millis >= logTimeMillis, "log time never runs backwards");
    require(
        millis <= world.nowMillis() * Party.FASTEST + ROUNDED_MILLIS_MAX,
        "log time runs no faster than some clock");
    logTimeMillis = millis;
  }

  /** How many of the job's items are ready. */
  private long check(JobSnapshot job) {
    Map<Long, Outcome> before = recorded.computeIfAbsent(job.getNumber(), n -> new HashMap<>());
    Set<Long> ended = new HashSet<>();
    Set<Long> dead = new HashSet<>();
    long position = job.getOutcomesFrom();
    for (Outcome outcome : job.getOutcomesList()) {
      Outcome known = before.putIfAbsent(position++, outcome);
      require(known == null || known.equals(outcome), "an outcome changed");
      if (known == null && outcome.hasSucceeded()) {
        Words.in(outcome.getSucceeded()).forEach(this::checkReporter);
      }
      for (long i = outcome.getFirst(); i < outcome.getFirst() + outcome.getCount(); i++) {
        require(ended.add(i) || dead.remove(i), "an item ended twice");
        if (outcome.getEnded().getState() == ItemState.DEAD) {
          dead.add(i); // and may be retried
        }
      }
    }
    Map<Integer, Integer> held = new HashMap<>();
    long ready = 0;
    for (int at = 0; at < job.getStates().size(); at++) {
      long index = job.getKeptFrom() + at;
      int state = job.getStates().byteAt(at);
      boolean pending = state <= ItemState.LEASED_VALUE;
      ready += state == ItemState.READY_VALUE ? 1 : 0;
      if (pending) {
        require(!ended.contains(index) || dead.contains(index), "an ended item is pending");
      } else {
        require(
            ended.contains(index) || job.getSubmitted().getDiscardConfirmed(),
            "accepted = ended + pending");
      }
      if (state == ItemState.LEASED_VALUE) {
        held.merge(job.getLeasesOfItems(at), 1, Integer::sum);
      }
    }
    for (LeaseSnapshot lease : job.getLeasesList()) {
      require(
          held.getOrDefault(lease.getLease(), 0) == lease.getRemaining(),
          "a lease is what its items say");
    }
    return ready;
  }

  /** {@code result} says which session's it is. */
  private void checkReporter(String result) {
    long session = Long.parseLong(result.substring(result.indexOf('#') + 1));
    require(sessionsBefore.contains(session), "only a report of a session that lives counts");
  }

  static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError("broken: " + what);
    }
  }
}
