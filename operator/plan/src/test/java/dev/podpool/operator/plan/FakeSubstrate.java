package dev.podpool.operator.plan;

import dev.podpool.operator.plan.Worker.End;
import dev.podpool.operator.plan.Worker.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Workers that start slowly, work, die and stop slowly; it checks each step against the rules. */
final class FakeSubstrate {
  /** What is really there; the planner sees it once it is {@code seen}. */
  private static final class Fake {
    final Instant startedAt;
    final String hash;
    Phase phase = Phase.STARTING;
    boolean seen;
    int leased;
    @Nullable Instant cordonedAt;
    @Nullable End end;

    Fake(Instant startedAt, String hash) {
      this.startedAt = startedAt;
      this.hash = hash;
    }
  }

  final List<Instant> starts = new ArrayList<>();
  Instant now = PlanScript.NOW;
  boolean faulty = true;
  boolean alwaysDies;
  boolean queueReachable = true;
  long unfinished = 9;
  Backoff backoff = Backoff.NONE;

  private final Map<Integer, Fake> processes = new TreeMap<>();
  private final Set<Integer> pending = new HashSet<>();
  private final SplittableRandom random;

  FakeSubstrate(SplittableRandom random) {
    this.random = random;
  }

  /** Lets time pass and things happen. */
  void live(Duration duration) {
    now = now.plus(duration);
    queueReachable = !faulty || !chance(10);
    for (Fake process : processes.values()) {
      if (!process.seen && chance(50)) {
        process.seen = true;
      } else if (process.seen) {
        live(process);
      }
    }
    for (Iterator<Integer> places = pending.iterator(); places.hasNext(); ) {
      Fake process = processes.get(places.next());
      if (process == null || process.seen) {
        places.remove();
      }
    }
  }

  private void live(Fake process) {
    switch (process.phase) {
      case STARTING -> {
        if (alwaysDies || (faulty && chance(10))) {
          end(process, false);
        } else if (chance(40)) {
          process.phase = Phase.READY;
        }
      }
      case READY -> {
        if (faulty && chance(3)) {
          end(process, false);
        } else if (process.leased > 0 && chance(30)) {
          process.leased--;
        } else if (process.cordonedAt == null && chance(40)) {
          process.leased += 1 + random.nextInt(2);
        }
      }
      case STOPPING -> {
        if (chance(30)) {
          end(process, true);
        }
      }
      case ENDED -> {}
    }
  }

  private void end(Fake process, boolean asked) {
    process.phase = Phase.ENDED;
    process.leased = 0;
    process.end = new End(now, asked, asked ? "exit 143" : "exit -9");
  }

  Observed observe() {
    var workers = new ArrayList<Worker>();
    processes.forEach(
        (ordinal, p) -> {
          if (p.seen) {
            workers.add(
                new Worker(ordinal, p.hash, p.phase, p.startedAt, p.cordonedAt, p.leased, p.end));
          }
        });
    var queue = new Observed.Queue(queueReachable, unfinished, 0, "");
    return new Observed(workers, pending, queue, backoff);
  }

  /** Performs the plan's steps, some of which get lost while it is faulty. */
  void apply(PoolSpec spec, Plan plan) {
    backoff = plan.backoff();
    for (Step step : plan.steps()) {
      check(spec, step);
      if (!faulty || !chance(10)) {
        apply(step);
      }
    }
  }

  private void apply(Step step) {
    int ordinal = ordinal(step);
    if (step instanceof Step.Start start) {
      processes.put(ordinal, new Fake(now, start.templateHash()));
      pending.add(ordinal);
      starts.add(now);
      return;
    }
    Fake process = processes.get(ordinal);
    if (step instanceof Step.Cordon) {
      process.cordonedAt = now;
    } else if (step instanceof Step.Uncordon) {
      process.cordonedAt = null;
    } else if (step instanceof Step.Stop) {
      process.phase = Phase.STOPPING;
    } else {
      processes.remove(ordinal);
    }
  }

  private void check(PoolSpec spec, Step step) {
    Fake process = processes.get(ordinal(step));
    if (step instanceof Step.Start) {
      require(process == null, "its place is free", step);
      require(processes.size() < spec.workers(), "there is room", step);
      require(spec.deletedAt() == null || !spec.daemon(), "the pool is wanted", step);
      return;
    }
    require(process != null, "there is such a worker", step);
    if (step instanceof Step.Remove) {
      require(process.phase == Phase.ENDED, "it ended", step);
      return;
    }
    boolean ready = process.phase == Phase.READY;
    require(ready || process.phase == Phase.STARTING, "it lives", step);
    if (step instanceof Step.Stop && spec.deletedAt() == null) {
      Instant cordonedAt = process.cordonedAt;
      require(cordonedAt != null, "it is cordoned", step);
      boolean tooMany = live() > spec.workers();
      boolean late = tooMany && !now.isBefore(cordonedAt.plus(spec.drainDeadline()));
      require(process.leased == 0 || late, "it is idle or late", step);
      boolean allReady = live(Phase.READY) >= spec.workers();
      require(!ready || tooMany || allReady, "no other is unavailable", step);
    }
  }

  private static void require(boolean holds, String rule, Step step) {
    if (!holds) {
      throw new AssertionError(step + " though it does not hold that " + rule);
    }
  }

  private long live() {
    return live(Phase.READY) + live(Phase.STARTING);
  }

  private long live(Phase phase) {
    return processes.values().stream().filter(process -> process.phase == phase).count();
  }

  private static int ordinal(Step step) {
    return Integer.parseInt(step.name().substring(step.name().lastIndexOf('-') + 1));
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }
}
