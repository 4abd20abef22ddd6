package dev.podpool.sim;

import dev.podpool.sim.Simulation.Broken;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes a run that breaks a promise smaller: fewer parties, shorter programs, less time, fewer
 * faults, as long as some run of that kind breaks the same promise. A smaller scenario is another
 * run, so each is tried with a few seeds.
 */
final class Shrinking {

  private static final int SEEDS_EACH = 6;
  private static final int RUNS_MAX = 400;

  private final Consumer<Scenario> run;
  private Broken smallest;
  private int runs;

  private Shrinking(Broken found, Consumer<Scenario> run) {
    this.smallest = found;
    this.run = run;
  }

  /**
   * The smallest that was found that is broken as {@code found} is.
   *
   * @param run throws {@link Broken} where a promise is broken
   */
  static Broken of(Broken found, Consumer<Scenario> run) {
    return new Shrinking(found, run).shrink();
  }

  private Broken shrink() {
    boolean goesOn = true;
    while (goesOn && runs < RUNS_MAX) {
      goesOn = false;
      for (Scenario smaller : smallerThan(smallest.scenario())) {
        Broken same = find(smaller);
        if (same != null) {
          smallest = same;
          goesOn = true;
          break;
        }
      }
    }
    return smallest;
  }

  private static List<Scenario> smallerThan(Scenario of) {
    List<Scenario> all = new ArrayList<>();
    if (of.sharers() > 0) {
      all.add(of.withParties(of.workers(), of.clients(), 0));
      all.add(of.withParties(of.workers(), of.clients(), of.sharers() - 1));
    }
    if (of.workers() > 1) {
      all.add(of.withParties(1, of.clients(), of.sharers()));
      all.add(of.withParties(of.workers() - 1, of.clients(), of.sharers()));
    }
    if (of.clients() > 1) {
      all.add(of.withParties(of.workers(), 1, of.sharers()));
    }
    if (of.jobs() > 1) {
      all.add(of.withPrograms(of.jobs() / 2, of.turns()));
    }
    if (of.turns() > 5 && of.sharers() > 0) {
      all.add(of.withPrograms(of.jobs(), of.turns() / 2));
    }
    if (of.faultsMillis() > 5_000) {
      all.add(of.withFaultsMillis(of.faultsMillis() / 2));
    }
    of.faults().forEach(fault -> all.add(of.without(fault)));
    return all;
  }

  private @Nullable Broken find(Scenario scenario) {
    for (int i = 0; i < SEEDS_EACH && runs < RUNS_MAX; i++) {
      runs++;
      try {
        run.accept(scenario.withSeed(scenario.seed() + i));
      } catch (Broken broken) {
        if (broken.what().equals(smallest.what())) {
          return broken;
        }
      }
    }
    return null;
  }
}
