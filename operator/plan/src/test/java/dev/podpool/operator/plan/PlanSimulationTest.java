package dev.podpool.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Pools in a world of random faults; a failure names the seed that replays it. */
class PlanSimulationTest {
  private static final int SEEDS = 1_000;
  private static final Duration DRAIN = Duration.ofSeconds(20);

  @Test
  void onceFaultsStopEveryPoolBecomesWhatItsSpecSaysAndOneThatIsDeletedLeavesNothing() {
    for (long seed = 0; seed < SEEDS; seed++) {
      run(seed, seed % 2 == 0 ? this::settle : this::delete);
    }
  }

  @Test
  void workersThatAlwaysDieAreNotStartedInAStorm() {
    for (long seed = 0; seed < 20; seed++) {
      var random = new SplittableRandom(seed);
      var world = new FakeSubstrate(random);
      world.alwaysDies = true;
      PoolSpec spec = spec(1 + random.nextInt(20), "a", false, null);
      Instant end = world.now.plus(Duration.ofMinutes(30));
      while (world.now.isBefore(end)) {
        step(world, spec, Duration.ofMillis(50 + random.nextInt(200)));
      }
      for (int minute = 0; minute < 30; minute++) {
        Instant from = PlanScript.NOW.plus(Duration.ofMinutes(minute));
        Instant to = from.plus(Duration.ofMinutes(1));
        long starts =
            world.starts.stream().filter(at -> !at.isBefore(from) && at.isBefore(to)).count();
        // Each place once, once more at once, then 1, 2, 4 ... 32 s apart; later each minute.
        assertThat(starts)
            .as("seed %d, minute %d", seed, minute)
            .isLessThanOrEqualTo(minute == 0 ? 2L * spec.workers() + 6 : 2L);
      }
      assertThat(world.starts)
          .as("it is tried for ever")
          .last()
          .satisfies(last -> assertThat(last).isAfter(end.minus(Duration.ofMinutes(2))));
    }
  }

  private interface Ending {
    void run(FakeSubstrate world, PoolSpec spec, SplittableRandom random);
  }

  private void run(long seed, Ending ending) {
    var random = new SplittableRandom(seed);
    var world = new FakeSubstrate(random);
    PoolSpec spec = spec(random.nextInt(7), "a", random.nextBoolean(), null);
    try {
      for (int i = 0; i < 200; i++) {
        if (random.nextInt(20) == 0) {
          String hash = random.nextInt(3) == 0 ? spec.templateHash() + "a" : spec.templateHash();
          spec = spec(random.nextInt(7), hash, spec.daemon(), null);
        }
        step(world, spec, Duration.ofMillis(random.nextInt(3_000)));
      }
      world.faulty = false;
      ending.run(world, spec, random);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
    }
  }

  private void settle(FakeSubstrate world, PoolSpec spec, SplittableRandom random) {
    // After the longest back-off and one roll of all, each step has had its time many times over.
    for (int i = 0; i < 1_000 && !isSettled(world, spec); i++) {
      step(world, spec, Duration.ofMillis(random.nextInt(3_000)));
    }
    assertThat(isSettled(world, spec)).as("settled: %s", world.observe()).isTrue();
  }

  private static boolean isSettled(FakeSubstrate world, PoolSpec spec) {
    Observed observed = world.observe();
    return observed.pendingStarts().isEmpty()
        && observed.workers().size() == spec.workers()
        && observed.workers().stream().allMatch(Worker::isAvailable)
        && observed.workers().stream().allMatch(w -> w.templateHash().equals(spec.templateHash()))
        && Plan.towards(spec, observed, world.now).steps().isEmpty();
  }

  private void delete(FakeSubstrate world, PoolSpec spec, SplittableRandom random) {
    PoolSpec deleted = spec(spec.workers(), spec.templateHash(), spec.daemon(), world.now);
    boolean joins = random.nextBoolean();
    for (int i = 0; i < 300 && !isGone(world, deleted); i++) {
      if (joins && i == 5) {
        world.unfinished = 0;
      }
      step(world, deleted, Duration.ofMillis(random.nextInt(1_000)));
    }
    assertThat(isGone(world, deleted)).as("gone: %s", world.observe()).isTrue();
  }

  private static boolean isGone(FakeSubstrate world, PoolSpec spec) {
    return Plan.towards(spec, world.observe(), world.now).gone();
  }

  private static void step(FakeSubstrate world, PoolSpec spec, Duration duration) {
    world.live(duration);
    world.apply(spec, Plan.towards(spec, world.observe(), world.now));
  }

  private static PoolSpec spec(
      int workers, String hash, boolean daemon, @Nullable Instant deletedAt) {
    return new PoolSpec("index", workers, hash, daemon, DRAIN, deletedAt);
  }
}
