package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.Blob;
import dev.podpool.protocol.BlobSnapshot;
import dev.podpool.protocol.IndexRange;
import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.JobSnapshot;
import dev.podpool.protocol.LeaseSnapshot;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.PoolSnapshot;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.SessionSnapshot;
import dev.podpool.protocol.Snapshot;
import dev.podpool.protocol.WorkerStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What must be true of a machine between any two entries, seen from its snapshot alone. */
final class Invariants {

  private Invariants() {}

  static void check(QueueMachine machine) {
    Snapshot state = machine.snapshot();
    Map<Long, Integer> leasedBySession = new HashMap<>();
    Map<String, long[]> readyAndLeasedByPool = new HashMap<>();
    Map<String, List<Long>> readyJobsByPool = new HashMap<>();
    for (JobSnapshot job : state.getJobsList()) {
      check(job);
      for (LeaseSnapshot lease : job.getLeasesList()) {
        leasedBySession.merge(lease.getSession(), lease.getRemaining(), Integer::sum);
      }
      String pool = job.getSubmitted().getPool();
      long[] counts = readyAndLeasedByPool.computeIfAbsent(pool, p -> new long[2]);
      counts[0] += count(job, ItemState.READY);
      counts[1] += count(job, ItemState.LEASED);
      if (count(job, ItemState.READY) > 0) {
        readyJobsByPool.computeIfAbsent(pool, p -> new ArrayList<>()).add(job.getNumber());
      }
    }
    Set<Long> sessions = new HashSet<>();
    state.getSessionsList().stream().map(SessionSnapshot::getSession).forEach(sessions::add);
    assertThat(sessions).containsAll(leasedBySession.keySet());
    for (PoolSnapshot pool : state.getPoolsList()) {
      String name = pool.getDefinition().getPool();
      PoolStatus status = machine.status(name);
      assertThat(status).isNotNull();
      long[] counts = readyAndLeasedByPool.getOrDefault(name, new long[2]);
      assertThat(status.getReady()).as("ready").isEqualTo(counts[0]);
      assertThat(status.getLeased()).as("leased").isEqualTo(counts[1]);
      assertThat(pool.getReadyJobsList())
          .containsExactlyInAnyOrderElementsOf(readyJobsByPool.getOrDefault(name, List.of()));
      check(pool, status, leasedBySession, state, machine);
      checkBlobs(machine, name, state);
    }
    state.getBlobsList().forEach(blob -> check(blob, state));
    long unreferred =
        state.getBlobsList().stream()
            .filter(blob -> blob.getDueAtMillis() > 0)
            .mapToLong(BlobSnapshot::getReceivedBytes)
            .sum();
    assertThat(machine.blobs().unreferredBytes()).as("unreferred bytes").isEqualTo(unreferred);
    checkHeldBytes(machine, state);
  }

  /** What a worker is counted as holding is what would be sent to it if it came back. */
  private static void checkHeldBytes(QueueMachine machine, Snapshot state) {
    for (SessionSnapshot session : state.getSessionsList()) {
      WorkerState worker = machine.sessionStates().worker(session.getSession());
      if (worker == null) {
        continue;
      }
      Recorded recorded = new Recorded();
      machine.resume(session.getSession(), recorded);
      long sent =
          recorded.all.stream()
              .filter(Recorded.Delivered.class::isInstance)
              .mapToLong(
                  effect ->
                      ((Recorded.Delivered) effect).delivery().getAssign().getSerializedSize())
              .sum();
      assertThat(sent).isLessThanOrEqualTo(worker.heldBytes + 2);
      assertThat(worker.heldBytes > 0).isEqualTo(worker.leased > 0);
    }
  }

  /** What a blob counts for a pool is what its jobs hold, and a pool's bytes count it once. */
  private static void checkBlobs(QueueMachine machine, String name, Snapshot state) {
    Map<Blob, Integer> held = new HashMap<>();
    long bytes = 0;
    for (JobSnapshot job : state.getJobsList()) {
      if (job.getSubmitted().getPool().equals(name)) {
        heldBy(job).forEach(blob -> held.merge(blob, 1, Integer::sum));
        bytes +=
            job.getInputsList().stream().mapToLong(run -> run.getInputs().getData().size()).sum();
        bytes += job.getOutcomesList().stream().mapToLong(Outcome::getSerializedSize).sum();
      }
    }
    Pool pool = machine.pools().find(name);
    assertThat(pool).isNotNull();
    for (BlobSnapshot blob : state.getBlobsList()) {
      BlobState counted = machine.blobs().find(blob.getBlob());
      assertThat(counted).isNotNull();
      assertThat(counted.references(pool))
          .as("references to %s", blob)
          .isEqualTo(held.getOrDefault(blob.getBlob(), 0));
    }
    for (Blob blob : held.keySet()) {
      bytes += blob.getSizeBytes();
    }
    assertThat(pool.bytes()).as("bytes").isEqualTo(bytes);
  }

  private static void check(BlobSnapshot blob, Snapshot state) {
    boolean isHeld =
        state.getJobsList().stream().anyMatch(job -> heldBy(job).contains(blob.getBlob()));
    if (isHeld) {
      assertThat(blob.getReceivedBytes()).isEqualTo(blob.getBlob().getSizeBytes());
      assertThat(blob.getDueAtMillis()).as("held, and due").isZero();
    } else {
      assertThat(blob.getDueAtMillis())
          .as("of no use, and kept")
          .isGreaterThan(state.getNowMillis())
          .isLessThanOrEqualTo(state.getNowMillis() + Blobs.UNREFERRED_MILLIS);
    }
  }

  /** Each as often as it is referred to. */
  private static List<Blob> heldBy(JobSnapshot job) {
    List<Blob> held = new ArrayList<>();
    job.getSubmitted().getCodeList().forEach(code -> held.add(code.getArchive()));
    job.getInputsList().forEach(run -> held.addAll(blobsOf(run.getInputs())));
    job.getOutcomesList().forEach(outcome -> held.addAll(blobsOf(outcome.getSucceeded())));
    return held;
  }

  private static List<Blob> blobsOf(Payloads run) {
    if (run.getBlobsCount() == 0) {
      return List.of();
    }
    List<String> words = TestPayloads.words(run);
    return run.getBlobsList().stream().map(index -> TestPayloads.blob(words.get(index))).toList();
  }

  private static void check(
      PoolSnapshot pool,
      PoolStatus status,
      Map<Long, Integer> leased,
      Snapshot state,
      QueueMachine machine) {
    List<Long> hungry = new ArrayList<>();
    boolean hasFreeSlot = false;
    for (WorkerStatus worker : status.getWorkersList()) {
      assertThat(worker.getLeased()).isEqualTo(leased.getOrDefault(worker.getSession(), 0));
      WorkerState counted = machine.sessionStates().worker(worker.getSession());
      boolean hasRoom = counted.heldBytes < counted.heldBytesMax;
      if (!worker.getCordoned() && worker.getWindow() > worker.getLeased() && hasRoom) {
        hungry.add(worker.getSession());
        hasFreeSlot |= worker.getLeased() < worker.getSlots();
      }
    }
    assertThat(pool.getHungryList()).as("hungry").containsExactlyInAnyOrderElementsOf(hungry);
    if (pool.getReadyJobsCount() > 0) {
      JobSnapshot next =
          state.getJobsList().stream()
              .filter(job -> job.getNumber() == pool.getReadyJobs(0))
              .findFirst()
              .orElseThrow();
      boolean alone = next.getSuspectsCount() > 0 || next.getSubmitted().getMaxAttempts() == 1;
      assertThat(alone ? hasFreeSlot : !hungry.isEmpty())
          .as("work is ready and somebody can take it")
          .isFalse();
    }
    if (status.getReady() + status.getLeased() == 0) {
      assertThat(pool.getJoinersList()).as("waiters though nothing is unfinished").isEmpty();
    }
  }

  private static void check(JobSnapshot job) {
    long from = job.getKeptFrom();
    assertThat(from + job.getStates().size()).isEqualTo(job.getItems());
    Set<Long> ready = new HashSet<>(job.getSuspectsList());
    assertThat(ready).hasSize(job.getSuspectsCount());
    for (IndexRange range : job.getReturnedList()) {
      for (long i = range.getFirst(); i < range.getFirst() + range.getCount(); i++) {
        require(ready.add(i), "an item is ready twice", i);
      }
    }
    for (long i = job.getFreshFrom(); i < job.getItems(); i++) {
      require(ready.add(i), "an item is ready twice", i);
    }
    Map<Integer, LeaseSnapshot> leases = new HashMap<>();
    Map<Integer, Integer> held = new HashMap<>();
    job.getLeasesList().forEach(lease -> leases.put(lease.getLease(), lease));
    for (int at = 0; at < job.getStates().size(); at++) {
      long index = from + at;
      int state = job.getStates().byteAt(at);
      int lease = job.getLeasesOfItems(at);
      require((state == ItemState.READY_VALUE) == ready.contains(index), "ready?", index);
      require((state == ItemState.LEASED_VALUE) == (lease != 0), "leased?", index);
      if (lease != 0) {
        require(leases.containsKey(lease), "its lease is there", index);
        LeaseSnapshot its = leases.get(lease);
        boolean inRange = index >= its.getFirst() && index < its.getFirst() + its.getCount();
        require(inRange, "in the range of its lease", index);
        held.merge(lease, 1, Integer::sum);
      }
    }
    leases.forEach(
        (number, lease) -> {
          assertThat(lease.getRemaining()).isPositive();
          assertThat(held.get(number)).isEqualTo(lease.getRemaining());
        });
    if (!job.getSubmitted().getDiscardConfirmed()) {
      checkOutcomes(job);
    }
  }

  /** Each ended item has an outcome; only a DEAD one may have an earlier one: it was retried. */
  private static void checkOutcomes(JobSnapshot job) {
    Set<Long> ended = new HashSet<>();
    Set<Long> endedDead = new HashSet<>();
    for (Outcome outcome : job.getOutcomesList()) {
      boolean dead = outcome.getEnded().getState() == ItemState.DEAD;
      for (long i = outcome.getFirst(); i < outcome.getFirst() + outcome.getCount(); i++) {
        require(ended.add(i) || endedDead.contains(i), "an item ended twice", i);
        if (dead) {
          endedDead.add(i);
        } else {
          endedDead.remove(i);
        }
      }
    }
    for (long i = 0; i < job.getItems(); i++) {
      boolean pending = job.getStates().byteAt((int) i) <= ItemState.LEASED_VALUE;
      boolean fits = pending ? !ended.contains(i) || endedDead.contains(i) : ended.contains(i);
      require(fits, "accepted = ended + pending", i);
    }
  }

  // Asked millions of times: dear as an assertion of AssertJ.
  private static void require(boolean holds, String what, long index) {
    if (!holds) {
      throw new AssertionError(what + ": item " + index);
    }
  }

  private static long count(JobSnapshot job, ItemState state) {
    long count = 0;
    for (int at = 0; at < job.getStates().size(); at++) {
      count += job.getStates().byteAt(at) == state.getNumber() ? 1 : 0;
    }
    return count;
  }
}
