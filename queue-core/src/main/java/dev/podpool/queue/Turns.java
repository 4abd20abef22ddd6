package dev.podpool.queue;

import dev.podpool.protocol.Assign;
import dev.podpool.protocol.PoolSnapshot;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who in a pool has work, who wants some, and how the one gets to the other.
 *
 * <p>Between jobs of equal priority it goes in turn, and so it does between workers that can take
 * more. A turn is a chunk, or an even share where that is more: few large ranges, not many small.
 *
 * <p>Invariant: {@code ready} holds exactly the jobs with ready items, {@code hungry} exactly the
 * workers that can take more.
 */
final class Turns {

  static final long RECALL_AFTER_MILLIS = 20;

  private final TreeMap<Integer, LinkedHashSet<Job>> ready =
      new TreeMap<>(Comparator.reverseOrder());
  private final LinkedHashSet<WorkerState> hungry = new LinkedHashSet<>();
  // When an idle worker's patience ends and work is called back for it. 0: nobody waits.
  private long recallAtMillis;

  /** After every change of {@code job}'s ready items. */
  void update(Job job) {
    int priority = job.submitted.getPriority();
    if (job.ready.count() > 0) {
      ready.computeIfAbsent(priority, p -> new LinkedHashSet<>()).add(job);
      return;
    }
    LinkedHashSet<Job> ring = ready.get(priority);
    if (ring != null && ring.remove(job) && ring.isEmpty()) {
      ready.remove(priority);
    }
  }

  /** After every change of what {@code worker} can take. */
  void update(WorkerState worker) {
    if (worker.spare() > 0) {
      hungry.add(worker);
    } else {
      hungry.remove(worker);
    }
  }

  void remove(WorkerState worker) {
    hungry.remove(worker);
  }

  /** Gives ready items to workers with room, until either runs out. */
  void handOut(Map<Long, Assign.Builder> assigns) {
    while (!ready.isEmpty()) {
      LinkedHashSet<Job> ring = ready.firstEntry().getValue();
      Job job = ring.iterator().next();
      WorkerState worker = nextFor(job);
      if (worker == null) {
        return;
      }
      int turn = turn(job, worker, ring.size());
      assigns
          .computeIfAbsent(worker.session, session -> Assign.newBuilder())
          .addRanges(job.lease(worker, turn));
      toTheEnd(ring, job);
      toTheEnd(hungry, worker);
    }
  }

  /**
   * An item that goes out alone waits for a worker with a free slot, and holds up what is behind
   * it: were workers filled up meanwhile, none would ever have a free slot.
   */
  private @Nullable WorkerState nextFor(Job job) {
    boolean needsFreeSlot = job.nextGoesAlone();
    for (WorkerState worker : hungry) {
      if (!needsFreeSlot || worker.hasFreeSlot()) {
        return worker;
      }
    }
    return null;
  }

  private int turn(Job job, WorkerState worker, int jobsInTurn) {
    int spare = worker.spare();
    long share = Math.min(ceilDiv(spare, jobsInTurn), ceilDiv(job.ready.count(), hungry.size()));
    return (int) Math.min(spare, Math.max(job.chunk(), share));
  }

  private static long ceilDiv(long dividend, long divisor) {
    return (dividend + divisor - 1) / divisor;
  }

  private static <T> void toTheEnd(Set<T> ring, T element) {
    if (ring.remove(element)) {
      ring.add(element);
    }
  }

  // ---- calling back

  long recallAtMillis() {
    return recallAtMillis;
  }

  /** Starts an idle worker's patience, where another holds more than it can run at once. */
  void watchForIdle(Collection<WorkerState> workers, long nowMillis) {
    if (recallAtMillis == 0 && unevenlyFullest(workers) != null) {
      recallAtMillis = Timers.later(nowMillis, RECALL_AFTER_MILLIS);
    }
  }

  /** Where an idle worker's patience is over, asks the fullest for half of what it has ahead. */
  void recall(Collection<WorkerState> workers, long nowMillis, Effects effects) {
    if (recallAtMillis == 0 || recallAtMillis > nowMillis) {
      return;
    }
    recallAtMillis = 0;
    WorkerState fullest = unevenlyFullest(workers);
    if (fullest != null) {
      fullest.recalled = true;
      int half = (int) ceilDiv(fullest.ahead(), 2);
      effects.deliver(fullest.session, Deliveries.recall(half));
      watchForIdle(workers, nowMillis);
    }
  }

  /** Who holds most beyond its slots and was not asked yet; null while nobody else is idle. */
  private @Nullable WorkerState unevenlyFullest(Collection<WorkerState> workers) {
    if (!ready.isEmpty() || hungry.stream().noneMatch(WorkerState::hasFreeSlot)) {
      return null;
    }
    WorkerState fullest = null;
    for (WorkerState worker : workers) {
      if (!worker.recalled && worker.ahead() > (fullest == null ? 0 : fullest.ahead())) {
        fullest = worker;
      }
    }
    return fullest;
  }

  // ---- snapshot

  void snapshot(PoolSnapshot.Builder into) {
    into.setRecallAtMillis(recallAtMillis);
    ready.values().forEach(ring -> ring.forEach(job -> into.addReadyJobs(job.number)));
    hungry.forEach(worker -> into.addHungry(worker.session));
  }

  void restore(PoolSnapshot from, Map<Long, Job> jobs, Sessions sessions) {
    recallAtMillis = from.getRecallAtMillis();
    for (long number : from.getReadyJobsList()) {
      Job job = jobs.get(number);
      if (job == null) {
        throw new IllegalStateException("snapshot offers a job that is not there: " + number);
      }
      update(job);
    }
    for (long session : from.getHungryList()) {
      WorkerState worker = sessions.worker(session);
      if (worker == null) {
        throw new IllegalStateException("snapshot feeds a worker that is not there: " + session);
      }
      update(worker);
    }
  }
}
