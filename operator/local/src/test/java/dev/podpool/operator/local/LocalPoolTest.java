package dev.podpool.operator.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.AsyncResult;
import dev.podpool.JobOptions;
import dev.podpool.Pool;
import dev.podpool.TaskFailedException;
import dev.podpool.crd.ManifestException;
import dev.podpool.crd.Manifests;
import dev.podpool.crd.WorkerPool;
import dev.podpool.function.FunctionNotFoundException;
import dev.podpool.protocol.PoolStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalPoolTest {

  private static final List<Integer> INPUTS = IntStream.range(0, 2_000).boxed().toList();
  private static final List<Integer> SQUARES = INPUTS.stream().map(n -> n * n).toList();

  private final Crew crew = new Crew();

  static int square(int n) {
    return n * n;
  }

  static int slowSquare(int n) throws InterruptedException {
    Thread.sleep(1); // the work
    return n * n;
  }

  static void fail(String path) {
    throw new IllegalStateException(path + " is absent");
  }

  @Test
  void manifestsWorkersRunTheItemsAndNoneIsLeftAfterClose() throws InterruptedException {
    try (Pool pool = Pool.on(LocalPool.start(manifest("workers: 2, slots: 2"), crew))) {
      assertThat(pool.map(LocalPoolTest::square, INPUTS)).isEqualTo(SQUARES);
      assertThat(crew.started()).isEqualTo(2);
    }
    crew.assertNoneIsLeft();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3})
  void workersKilledAtAnyMomentCostNoResult(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    LocalPool local = LocalPool.start(manifest("workers: 3"), crew);
    try (Pool pool = Pool.on(local)) {
      crew.awaitReady(3);
      AsyncResult<List<Integer>> result =
          pool.with(JobOptions.defaults().withChunkSize(1).withMaxAttempts(100))
              .mapAsync(LocalPoolTest::slowSquare, INPUTS);
      for (int kill = 0; kill < 3; kill++) {
        long after = random.nextLong(500) + kill * 500L;
        crew.awaitProgress(result, after);
        crew.killOne(random);
      }
      assertThat(result.get()).isEqualTo(SQUARES);
    }
    crew.assertNoneIsLeft();
  }

  @Test
  void workersThatAreAddedTakePartInARunningMap() throws Exception {
    LocalPool local = LocalPool.start(manifest("workers: 1"), crew);
    try (Pool pool = Pool.on(local)) {
      crew.awaitReady(1);
      AsyncResult<List<Integer>> result =
          pool.with(JobOptions.defaults().withChunkSize(1))
              .mapAsync(LocalPoolTest::slowSquare, INPUTS);
      local.scale(3);
      crew.awaitReady(3);
      assertThat(result.get()).isEqualTo(SQUARES);
    }
  }

  @Test
  void shrinkingTakesNoItemFromAWorker() throws Exception {
    LocalPool local = LocalPool.start(manifest("workers: 3"), crew);
    try (Pool pool = Pool.on(local)) {
      crew.awaitReady(3);
      AsyncResult<List<Integer>> result =
          pool.with(JobOptions.defaults().withChunkSize(1))
              .mapAsync(LocalPoolTest::slowSquare, INPUTS);
      crew.awaitProgress(result, 100);
      local.scale(1);
      crew.awaitEnded(2);
      assertThat(result.get()).isEqualTo(SQUARES);
      PoolStatus counts = local.queueStatus();
      assertThat(counts.getRedelivered()).isZero();
      assertThat(counts.getWorkersCount()).isEqualTo(1);
    }
    assertThat(crew.died()).isZero();
  }

  @Test
  void backlogOutlivesScalingToZeroAndBack() throws Exception {
    LocalPool local = LocalPool.start(manifest("workers: 0"), crew);
    try (Pool pool = Pool.on(local)) {
      AsyncResult<List<Integer>> result = pool.mapAsync(LocalPoolTest::square, INPUTS);
      assertThat(local.queueStatus().getReady()).isEqualTo(INPUTS.size());
      local.scale(2);
      assertThat(result.get()).isEqualTo(SQUARES);
    }
  }

  @Test
  void initializerThatFailsEndsEveryWaitingCallAndIsNamed() throws Exception {
    WorkerPool manifest =
        manifest(
            "workers: 1, initializer: {function: '"
                + LocalPoolTest.class.getName()
                + "::fail', arguments: [/models]}");
    try (Pool pool = Pool.on(LocalPool.start(manifest, crew))) {
      assertThatThrownBy(() -> pool.map(LocalPoolTest::square, INPUTS))
          .isInstanceOf(TaskFailedException.class)
          .hasMessageContaining("/models is absent");
    }
    crew.assertNoneIsLeft();
  }

  @Test
  void initializerThatDoesNotExistIsRefusedBeforeAnythingStarts() {
    WorkerPool manifest = manifest("workers: 1, initializer: {function: 'no.such.Models::load'}");
    assertThatThrownBy(() -> LocalPool.start(manifest, crew))
        .isInstanceOf(FunctionNotFoundException.class)
        .hasMessageContaining("no.such.Models");
    assertThat(crew.started()).isZero();
  }

  @Test
  void terminatingKillsWhatRuns() throws Exception {
    LocalPool local = LocalPool.start(manifest("workers: 2"), crew);
    Pool pool = Pool.on(local);
    crew.awaitReady(2);
    AsyncResult<List<Integer>> result =
        pool.mapAsync(LocalPoolTest::slowSquare, IntStream.range(0, 1_000_000).boxed().toList());
    pool.terminate();
    assertThat(result.isCancelled()).isTrue();
    local.close(); // again: does nothing
    crew.assertNoneIsLeft();
  }

  @Test
  void whatUserCodeStartedEndsWithItsWorker() throws Exception {
    Pool pool = Pool.on(LocalPool.start(manifest("workers: 1"), crew));
    long pid = pool.apply(LocalPoolTest::startSomethingLong);
    ProcessHandle started = ProcessHandle.of(pid).orElseThrow();

    pool.terminate();

    assertThat(started.onExit()).succeedsWithin(Duration.ofSeconds(20));
  }

  @Test
  void closingDoesNotWaitForAWorkerThatHangsWhileItEnds() throws Exception {
    LocalPool local = LocalPool.start(manifest("workers: 2"), crew);
    Pool pool = Pool.on(local);
    crew.awaitReady(2);
    crew.stopAll(); // with SIGSTOP: they answer nothing
    local.scale(0);

    pool.terminate();

    crew.assertNoneIsLeft();
  }

  static long startSomethingLong() throws IOException {
    return new ProcessBuilder("sleep", "600").start().pid();
  }

  private static WorkerPool manifest(String spec) {
    String yaml =
        """
        apiVersion: podpool.dev/v1alpha1
        kind: WorkerPool
        metadata: {name: test}
        spec: {%s}
        """
            .formatted(spec);
    try {
      return Manifests.read(yaml, "test");
    } catch (ManifestException e) {
      throw new AssertionError(e);
    }
  }
}
