package dev.podpool.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ShrinkingTest {

  static final Scenario LARGE = new Scenario(5, 4, 3, 2, 8, 60, 40_000, EnumSet.allOf(Fault.class));

  private static Simulation.Broken broken(Scenario scenario, String what) {
    return new Simulation.Broken(
        scenario, "1 ms", new AssertionError("broken: " + what + ": in seed " + scenario.seed()));
  }

  @Test
  void whatTheSamePromiseNeedsIsLeftAndNothingElse() {
    Simulation.Broken smallest =
        Shrinking.of(
            broken(LARGE, "it holds"),
            scenario -> {
              if (scenario.workers() >= 2 && scenario.faults().contains(Fault.POWER)) {
                throw broken(scenario, "it holds");
              }
            });

    assertThat(smallest.scenario().withSeed(0))
        .isEqualTo(new Scenario(0, 2, 1, 0, 1, 60, 5_000, Set.of(Fault.POWER)));
    assertThat(smallest.getMessage())
        .contains("it holds", "-Dsim.scenario=5:2:1:0:1:60:5000:power");
  }

  @Test
  void anotherPromiseThatASmallerRunBreaksIsNotTheSame() {
    Simulation.Broken found = broken(LARGE, "it holds");

    Simulation.Broken smallest =
        Shrinking.of(
            found,
            scenario -> {
              throw broken(scenario, "something else holds");
            });

    assertThat(smallest).isSameAs(found);
  }

  @Test
  void aSmallerRunMayNeedAnotherSeed() {
    Simulation.Broken smallest =
        Shrinking.of(
            broken(LARGE, "it holds"),
            scenario -> {
              if (scenario.seed() % 4 == 0 && scenario.clients() == 3) {
                throw broken(scenario, "it holds");
              }
            });

    assertThat(smallest.scenario().seed() % 4).isEqualTo(0);
    assertThat(smallest.scenario().faults()).isEmpty();
    assertThat(smallest.scenario().clients()).isEqualTo(3);
  }
}
