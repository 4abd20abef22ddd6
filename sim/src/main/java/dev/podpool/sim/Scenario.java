package dev.podpool.sim;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * What a run is made of. With the seed it is the whole run: the same scenario is the same run.
 *
 * @param jobs of each client, at most
 * @param turns of each sharer
 * @param faultsMillis how long things go wrong
 */
record Scenario(
    long seed,
    int workers,
    int clients,
    int sharers,
    int jobs,
    int turns,
    long faultsMillis,
    Set<Fault> faults) {

  private static final long FAULTS_MILLIS = 40_000;
  private static final int JOBS_MAX = 8;
  private static final int TURNS = 60;

  /** The run that {@code seed} stands for. */
  static Scenario of(long seed) {
    SplittableRandom random = new SplittableRandom(~seed);
    Set<Fault> faults = EnumSet.noneOf(Fault.class);
    boolean all = random.nextInt(6) == 0;
    for (Fault fault : Fault.values()) {
      if (all || random.nextInt(2) == 0) {
        faults.add(fault);
      }
    }
    return new Scenario(
        seed,
        random.nextInt(1, 6),
        random.nextInt(1, 4),
        random.nextInt(0, 4),
        JOBS_MAX,
        TURNS,
        FAULTS_MILLIS,
        faults);
  }

  Scenario withSeed(long other) {
    return new Scenario(other, workers, clients, sharers, jobs, turns, faultsMillis, faults);
  }

  Scenario withParties(int itsWorkers, int itsClients, int itsSharers) {
    return new Scenario(
        seed, itsWorkers, itsClients, itsSharers, jobs, turns, faultsMillis, faults);
  }

  Scenario withPrograms(int itsJobs, int itsTurns) {
    return new Scenario(seed, workers, clients, sharers, itsJobs, itsTurns, faultsMillis, faults);
  }

  Scenario withFaultsMillis(long millis) {
    return new Scenario(seed, workers, clients, sharers, jobs, turns, millis, faults);
  }

  Scenario without(Fault fault) {
    Set<Fault> fewer = EnumSet.noneOf(Fault.class);
    fewer.addAll(faults);
    fewer.remove(fault);
    return new Scenario(seed, workers, clients, sharers, jobs, turns, faultsMillis, fewer);
  }

  /** As {@link #toString} gives it. */
  static Scenario parse(String text) {
    String[] parts = text.split(":", -1);
    if (parts.length != 8) {
      throw new IllegalArgumentException(
          "'%s' has %d parts between colons; a scenario has 8: copy one from a report"
              .formatted(text, parts.length));
    }
    Set<Fault> faults = EnumSet.noneOf(Fault.class);
    for (String name : parts[7].split(",", -1)) {
      if (!name.isEmpty()) {
        faults.add(Fault.valueOf(name.toUpperCase(Locale.ROOT)));
      }
    }
    return new Scenario(
        Long.parseLong(parts[0]),
        Integer.parseInt(parts[1]),
        Integer.parseInt(parts[2]),
        Integer.parseInt(parts[3]),
        Integer.parseInt(parts[4]),
        Integer.parseInt(parts[5]),
        Long.parseLong(parts[6]),
        faults);
  }

  /** Seed, parties, programs, duration and faults, between colons: one argument of a command. */
  @Override
  public String toString() {
    String names =
        String.join(
            ",", faults.stream().map(fault -> fault.name().toLowerCase(Locale.ROOT)).toList());
    return "%d:%d:%d:%d:%d:%d:%d:%s"
        .formatted(seed, workers, clients, sharers, jobs, turns, faultsMillis, names);
  }
}
