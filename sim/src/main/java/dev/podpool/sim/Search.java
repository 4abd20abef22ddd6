package dev.podpool.sim;

import dev.podpool.sim.Simulation.Broken;

/**
 * Runs one seed after another until one breaks a promise, and says which: what {@code
 * sim/planted/run} does with the product's code changed for the worse.
 */
public final class Search {

  private Search() {}

  /**
   * Of {@code args}: how many seeds at most. Exit code 0 if one has broken a promise, 1 if none
   * has.
   */
  public static void main(String[] args) {
    int most = Integer.parseInt(args[0]);
    for (int seed = 1; seed <= most; seed++) {
      try {
        Simulation.run(Scenario.of(seed));
      } catch (Broken broken) {
        System.out.printf("found, seed %d, after %d seeds: %s%n", seed, seed, broken.what());
        return;
      }
    }
    System.out.printf("NOT FOUND in %d seeds%n", most);
    System.exit(1);
  }
}
