package dev.podpool.operator.plan;

import dev.podpool.operator.plan.Worker.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * One planning: the rules, in the order in which they give way to each other.
 *
 * <p>Invariants: a place has one worker at most, remains included; there are never more places in
 * use than workers wanted, except while the pool shrinks; only a cordoned worker is stopped while
 * its pool lives.
 */
final class Planner {
  private static final Duration RECHECK = Duration.ofSeconds(30);
  private static final Duration RECHECK_LEAST = Duration.ofMillis(1);

  /**
   * Victims: what must go anyway and is of no use yet, then what was decided before, then idle,
   * then of least work, then old, then in the highest place.
   */
  private final Comparator<Worker> dispensable =
      Comparator.comparing((Worker worker) -> !isOutdatedAndUnready(worker))
          .thenComparing(worker -> !worker.isCordoned())
          .thenComparingInt(Worker::leased)
          .thenComparing(worker -> !isOutdated(worker))
          .thenComparing(Worker::ordinal, Comparator.reverseOrder());

  private final PoolSpec spec;
  private final Observed observed;
  private final Instant now;
  private final Backoff backoff;
  private final List<Worker> live;
  private final List<Step> steps = new ArrayList<>();
  private Instant recheckAt;

  Planner(PoolSpec spec, Observed observed, Instant now) {
    this.spec = spec;
    this.observed = observed;
    this.now = now;
    this.backoff = observed.backoff().after(observed.workers()).at(now, spec.templateHash());
    this.live =
        observed.workers().stream()
            .filter(Worker::isLive)
            .sorted(Comparator.comparingInt(Worker::ordinal))
            .toList();
    this.recheckAt = now.plus(RECHECK);
  }

  Plan plan() {
    removeEnded();
    if (mayStopAll()) {
      live.forEach(worker -> stop(worker, "pool deleted"));
    } else {
      var victims = Set.copyOf(victims());
      var outdated = outdatedToRoll(victims);
      for (Worker worker : live) {
        if (victims.contains(worker)) {
          shrinkBy(worker);
        } else if (outdated.contains(worker)) {
          replace(worker);
        } else if (worker.isCordoned()) {
          steps.add(new Step.Uncordon(name(worker)));
        }
      }
      startMissing();
    }
    boolean over = mayStopAll();
    boolean gone = over && observed.occupied().isEmpty();
    PlannedStatus status = new StatusOf(spec, observed, backoff, over).status();
    Duration recheck = Duration.between(now, recheckAt);
    return new Plan(
        steps, status, backoff, recheck.isNegative() ? RECHECK_LEAST : recheck, over, gone);
  }

  private void removeEnded() {
    observed.workers().stream()
        .filter(worker -> worker.phase() == Phase.ENDED)
        .map(Worker::ordinal)
        .sorted()
        .forEach(ordinal -> steps.add(new Step.Remove(spec.workerName(ordinal))));
  }

  /** A daemon pool is deleted whatever it does; another one is joined first. */
  private boolean mayStopAll() {
    Instant deletedAt = spec.deletedAt();
    if (deletedAt == null) {
      return false;
    }
    boolean joined = observed.queue().reachable() && observed.queue().unfinished() == 0;
    return spec.daemon() || joined || hasCome(deletedAt.plus(spec.drainDeadline()));
  }

  private List<Worker> victims() {
    return live.stream().sorted(dispensable).limit(surplus()).toList();
  }

  private int surplus() {
    // A start that is not seen yet can't be taken back, but will count.
    return Math.max(0, live.size() + unseenStarts() - spec.workers());
  }

  private int unseenStarts() {
    return observed.occupied().size() - observed.workers().size();
  }

  /**
   * Those of an old template that make way now: whichever is not ready, as nothing is lost with it;
   * else one, when every other place has its worker.
   */
  private List<Worker> outdatedToRoll(Set<Worker> victims) {
    var unready = new ArrayList<Worker>();
    var ready = new ArrayList<Worker>();
    for (Worker worker : live) {
      if (isOutdated(worker) && !victims.contains(worker)) {
        (worker.phase() == Phase.STARTING ? unready : ready).add(worker);
      }
    }
    ready.sort(dispensable);
    long there = live.stream().filter(worker -> worker.phase() == Phase.READY).count();
    if (!ready.isEmpty() && victims.isEmpty() && there >= spec.workers()) {
      unready.add(ready.get(0));
    }
    return unready;
  }

  private void shrinkBy(Worker worker) {
    Instant cordonedAt = worker.cordonedAt();
    if (cordonedAt == null) {
      steps.add(new Step.Cordon(name(worker)));
    } else if (isIdle(worker)) {
      stop(worker, "scaled down");
    } else if (hasCome(cordonedAt.plus(spec.drainDeadline()))) {
      stop(worker, "scaled down, drainDeadline passed");
    }
  }

  /** Unlike a worker too many, one of an old template may finish its work, however long that is. */
  private void replace(Worker worker) {
    if (!worker.isCordoned()) {
      steps.add(new Step.Cordon(name(worker)));
    } else if (isIdle(worker)) {
      stop(worker, "template changed");
    }
  }

  /** Counts of a queue that can't be reached are old, and no ground to stop anything. */
  private boolean isIdle(Worker worker) {
    return worker.leased() == 0 && observed.queue().reachable();
  }

  private void startMissing() {
    Set<Integer> occupied = observed.occupied();
    int missing = spec.workers() - occupied.size();
    if (missing <= 0 || (backoff.isProbing() && (isStarting() || !hasCome(backoff.startAt())))) {
      return;
    }
    int last = backoff.isProbing() ? backoff.ordinal() : -1;
    IntStream.range(0, spec.workers() + occupied.size())
        .filter(ordinal -> !occupied.contains(ordinal))
        .limit(missing)
        .boxed()
        // The place that died last must not keep the others from their turn.
        .sorted(Comparator.comparing((Integer ordinal) -> ordinal == last))
        .limit(backoff.isProbing() ? 1 : missing)
        .forEach(
            ordinal ->
                steps.add(new Step.Start(spec.workerName(ordinal), ordinal, spec.templateHash())));
  }

  private boolean isStarting() {
    return unseenStarts() > 0 || live.stream().anyMatch(w -> w.phase() == Phase.STARTING);
  }

  private void stop(Worker worker, String reason) {
    steps.add(new Step.Stop(name(worker), reason));
  }

  private boolean isOutdated(Worker worker) {
    return !worker.templateHash().equals(spec.templateHash());
  }

  private boolean isOutdatedAndUnready(Worker worker) {
    return isOutdated(worker) && worker.phase() == Phase.STARTING;
  }

  private String name(Worker worker) {
    return spec.workerName(worker.ordinal());
  }

  /** Whether {@code moment} is past; where it isn't, the plan is made anew then. */
  private boolean hasCome(Instant moment) {
    if (moment.isAfter(now)) {
      recheckAt = moment.isBefore(recheckAt) ? moment : recheckAt;
      return false;
    }
    return true;
  }
}
