package dev.podpool.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.AsyncResult;
import dev.podpool.JobOptions;
import dev.podpool.Pool;
import dev.podpool.PoolOptions;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(180)
class WorkerDeathTest {

  private static final int KILLS = 8;

  /** As many as {@code -Dseeds=} says; one by default. */
  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("seeds", 1));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aMapGivesTheRightListWhicheverChildrenAreKilledMeanwhile(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    List<Integer> inputs = IntStream.range(0, 1500).boxed().toList();
    // The dice may hit the same item more than three times.
    try (Pool pool = Pool.local(new PoolOptions().workers(3).maxAttempts(1000))) {
      Semaphore progressed = new Semaphore(0);
      AsyncResult<List<Integer>> result =
          pool.with(JobOptions.defaults().withChunkSize(1 + random.nextInt(40)))
              .mapAsync(Work::slowSame, inputs)
              .onProgress(progress -> progressed.release());
      int kills = 0;
      while (kills < KILLS && !result.isReady()) {
        assertThat(progressed.tryAcquire(60, TimeUnit.SECONDS)).isTrue();
        List<ProcessHandle> children = ProcessHandle.current().children().toList();
        if (!children.isEmpty() && random.nextInt(4) == 0) {
          children.get(random.nextInt(children.size())).destroyForcibly();
          kills++;
        }
      }
      assertThat(result.get()).isEqualTo(inputs);
      assertThat(kills).isPositive();
    }
  }
}
