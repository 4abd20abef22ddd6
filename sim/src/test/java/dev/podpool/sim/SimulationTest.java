package dev.podpool.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Many seeds, each a run of its own. {@code -Dsim.seed=N} replays one; {@code -Dsim.seeds=N} runs
 * the first N instead of {@value #SEEDS}.
 */
class SimulationTest {

  private static final int SEEDS = 100;

  @TestFactory
  Stream<DynamicTest> everythingAcceptedEndsOnceWhateverDiesOnTheWay() {
    Long one = Long.getLong("sim.seed");
    LongStream seeds =
        one != null
            ? LongStream.of(one)
            : LongStream.rangeClosed(1, Long.getLong("sim.seeds", SEEDS));
    return seeds.mapToObj(
        seed -> DynamicTest.dynamicTest("seed " + seed, () -> Simulation.run(seed)));
  }

  @Test
  void aSeedIsTheSameRunEachTime() {
    assertThat(Simulation.run(1)).isEqualTo(Simulation.run(1));
    assertThat(Simulation.run(2).stateHash()).isNotEqualTo(Simulation.run(1).stateHash());
  }
}
