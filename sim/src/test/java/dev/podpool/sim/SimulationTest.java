package dev.podpool.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Many seeds, each a run of its own. {@code -Dsim.seed=N} replays one, {@code -Dsim.scenario=…} one
 * that was made smaller; {@code -Dsim.seeds=N} runs the first N instead of {@value #SEEDS}. A seed
 * that fails is made smaller, and both are reported.
 */
class SimulationTest {

  private static final int SEEDS = 100;

  @TestFactory
  Stream<DynamicTest> everythingAcceptedEndsOnceWhateverDiesOnTheWay() {
    return scenarios()
        .map(
            scenario ->
                DynamicTest.dynamicTest("seed " + scenario.seed(), () -> runOrShrink(scenario)));
  }

  private static Stream<Scenario> scenarios() {
    String smaller = System.getProperty("sim.scenario");
    if (smaller != null) {
      return Stream.of(Scenario.parse(smaller));
    }
    Long one = Long.getLong("sim.seed");
    LongStream seeds =
        one != null
            ? LongStream.of(one)
            : LongStream.rangeClosed(1, Long.getLong("sim.seeds", SEEDS));
    return seeds.mapToObj(Scenario::of);
  }

  private static void runOrShrink(Scenario scenario) {
    try {
      Simulation.run(scenario);
    } catch (Simulation.Broken broken) {
      if (System.getProperty("sim.scenario") != null) {
        throw broken;
      }
      String smaller = Shrinking.of(broken, Simulation::run).getMessage();
      throw new AssertionError(broken.getMessage() + "\nsmaller: " + smaller, broken);
    }
  }

  @Test
  void aScenarioIsTheSameRunEachTime() {
    assertThat(Simulation.run(Scenario.of(1))).isEqualTo(Simulation.run(Scenario.of(1)));
    assertThat(Simulation.run(Scenario.of(2)).stateHash())
        .isNotEqualTo(Simulation.run(Scenario.of(1)).stateHash());
  }

  @Test
  void aScenarioIsWhatItsTextSays() {
    for (long seed = 1; seed <= 50; seed++) {
      Scenario scenario = Scenario.of(seed);
      assertThat(Scenario.parse(scenario.toString())).isEqualTo(scenario);
    }
  }
}
