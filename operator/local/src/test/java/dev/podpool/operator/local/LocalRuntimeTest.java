package dev.podpool.operator.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.AsyncResult;
import dev.podpool.JobOptions;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import dev.podpool.TaskFailedException;
import dev.podpool.WorkerLostException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pools of one runtime: real processes, a queue on the disk. */
@Timeout(120)
class LocalRuntimeTest {

  private static final List<Integer> INPUTS = IntStream.range(0, 2_000).boxed().toList();
  private static final List<Integer> SQUARES = INPUTS.stream().map(n -> n * n).toList();
  private static final JobOptions ONE_BY_ONE = JobOptions.defaults().withChunkSize(1);

  @TempDir private Path directory;
  private TestRuntime local;
  private Crew crew;

  @BeforeEach
  void start() throws IOException, InterruptedException {
    local = new TestRuntime(directory);
    crew = local.crew;
  }

  @AfterEach
  void nothingIsLeft() {
    local.close();
    crew.assertNoneIsLeft();
    assertThat(directory.resolve("tmp")).as("temporary directories").doesNotExist();
  }

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
  void manifestsWorkersRunTheItems() throws Exception {
    local.apply("workers: 2, slots: 2");
    try (Pool pool = local.pool()) {
      assertThat(pool.map(LocalRuntimeTest::square, INPUTS)).isEqualTo(SQUARES);
    }
    var report = local.await(PoolReport::isReady);
    assertThat(report.readyWorkers()).isEqualTo(2);
    assertThat(crew.started()).isEqualTo(2);
    assertThat(LocalRuntime.status(local.runtime.directory()))
        .singleElement()
        .satisfies(written -> assertThat(written.pool()).isEqualTo("test"));
  }

  /** As many as {@code -Dseeds=} says; one by default. */
  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("seeds", 1));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theQueueKilledAtAnyMomentCostsNoResultAndNoWorker(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    local.applyAndAwaitReady("workers: 2");
    try (Pool pool = local.pool()) {
      AsyncResult<List<Integer>> result =
          pool.with(ONE_BY_ONE).mapAsync(LocalRuntimeTest::slowSquare, INPUTS);
      for (int kill = 0; kill < 3; kill++) {
        crew.awaitProgress(result, random.nextLong(500) + kill * 500L);
        crew.killQueue();
      }
      assertThat(result.get()).isEqualTo(SQUARES);
    }
    assertThat(local.counts().getSucceeded()).as("outcomes").isEqualTo(INPUTS.size());
    assertThat(local.counts().getRedelivered()).isZero();
    assertThat(crew.started()).as("the same processes from first to last").isEqualTo(2);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void workersKilledAtAnyMomentCostNoResult(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    local.applyAndAwaitReady("workers: 3");
    try (Pool pool = local.pool()) {
      AsyncResult<List<Integer>> result =
          pool.with(ONE_BY_ONE.withMaxAttempts(100)).mapAsync(LocalRuntimeTest::slowSquare, INPUTS);
      for (int kill = 0; kill < 3; kill++) {
        crew.awaitProgress(result, random.nextLong(500) + kill * 500L);
        crew.killOne(random);
      }
      assertThat(result.get()).isEqualTo(SQUARES);
    }
    assertThat(local.counts().getSucceeded()).isEqualTo(INPUTS.size());
    assertThat(local.counts().getRedelivered()).isPositive();
  }

  static int killWorker(int n) {
    // Its worker, and not only the process that runs it.
    ProcessHandle.current().parent().orElseThrow().destroyForcibly();
    return n;
  }

  @Test
  void anItemThatKillsItsWorkersIsGivenUpWithTheCause() throws Exception {
    local.apply("workers: 2, maxAttempts: 2");
    try (Pool pool = local.pool()) {
      assertThatThrownBy(() -> pool.apply(LocalRuntimeTest::killWorker, 1))
          .isInstanceOfSatisfying(
              WorkerLostException.class, lost -> assertThat(lost.exitCode()).isEqualTo(-9))
          .hasMessageContaining("SIGKILL");
    }
    assertThat(local.podpool().dead(TestRuntime.POOL)).as("the client took it").isEmpty();
    assertThat(local.counts().getCharged()).isPositive();
  }

  @Test
  void workersThatAreAddedTakePartInARunningMap() throws Exception {
    local.applyAndAwaitReady("workers: 1");
    try (Pool pool = local.pool()) {
      AsyncResult<List<Integer>> result =
          pool.with(ONE_BY_ONE).mapAsync(LocalRuntimeTest::slowSquare, INPUTS);
      local.apply("workers: 3");
      crew.awaitReady(3);
      assertThat(result.get()).isEqualTo(SQUARES);
    }
  }

  @Test
  void shrinkingTakesNoItemFromAWorker() throws Exception {
    local.applyAndAwaitReady("workers: 3");
    try (Pool pool = local.pool()) {
      AsyncResult<List<Integer>> result =
          pool.with(ONE_BY_ONE).mapAsync(LocalRuntimeTest::slowSquare, INPUTS);
      crew.awaitProgress(result, 100);
      local.apply("workers: 1");
      crew.awaitEnded(2);
      assertThat(result.get()).isEqualTo(SQUARES);
    }
    assertThat(local.counts().getRedelivered()).isZero();
    assertThat(local.counts().getWorkersCount()).isEqualTo(1);
    assertThat(crew.died()).isZero();
  }

  @Test
  void backlogOutlivesScalingToZeroAndBack() throws Exception {
    local.applyAndAwaitReady("workers: 0");
    try (Pool pool = local.pool()) {
      AsyncResult<List<Integer>> result = pool.mapAsync(LocalRuntimeTest::square, INPUTS);
      local.await(report -> Long.valueOf(INPUTS.size()).equals(report.unfinished()));
      local.apply("workers: 2");
      assertThat(result.get()).isEqualTo(SQUARES);
    }
  }

  @Test
  void aWorkerThatSomebodyCordonsStaysSoUntilTheyHaveItBack() throws Exception {
    local.applyAndAwaitReady("workers: 1");
    try (Podpool podpool = Podpool.connect(directory);
        Pool pool = local.pool()) {
      podpool.cordon("test", "test-0", true);
      local.await(report -> report.status().equals("Drained by hand: 1 of 1 workers cordoned"));
      AsyncResult<Integer> result = pool.applyAsync(LocalRuntimeTest::square, 3);
      result.awaitAccepted();
      local.await(report -> Long.valueOf(1).equals(report.unfinished())); // planned on since
      assertThat(podpool.poolInfo("test").workers().get(0).cordoned()).isTrue();
      assertThat(result.isReady()).isFalse();

      podpool.cordon("test", "test-0", false);
      assertThat(result.get()).isEqualTo(9);
      local.await(report -> report.status().equals("Joined"));
    }
  }

  static String variable(String name) {
    return String.valueOf(System.getenv(name));
  }

  @Test
  void aChangedTemplateIsThatOfEveryWorkerWhenThePoolIsReadyAgain() throws Exception {
    local.applyAndAwaitReady("workers: 2, template: {env: [{name: BUILD, value: one}]}");
    try (Pool pool = local.pool()) {
      assertThat(pool.apply(LocalRuntimeTest::variable, "BUILD")).isEqualTo("one");
      AsyncResult<List<Integer>> result =
          pool.with(ONE_BY_ONE).mapAsync(LocalRuntimeTest::slowSquare, INPUTS);

      local.applyAndAwaitReady("workers: 2, template: {env: [{name: BUILD, value: two}]}");

      assertThat(pool.apply(LocalRuntimeTest::variable, "BUILD")).isEqualTo("two");
      assertThat(result.get()).isEqualTo(SQUARES);
    }
    assertThat(local.counts().getRedelivered()).isZero();
    assertThat(crew.started()).isEqualTo(4);
    assertThat(crew.died()).isZero();
  }

  static int sleep(int millis) throws InterruptedException {
    Thread.sleep(millis);
    return millis;
  }

  @Test
  void itemsThatNameNoTimeOutHaveThePools() throws Exception {
    local.apply("workers: 1, taskTimeout: 200ms");
    try (Pool pool = local.pool()) {
      assertThatThrownBy(() -> pool.apply(LocalRuntimeTest::sleep, 600_000))
          .hasMessageContaining("200 ms");
    }
  }

  @Test
  void initializerThatFailsEndsEveryWaitingCallAndIsNamed() throws Exception {
    local.apply(
        "workers: 1, initializer: {function: '%s::fail', arguments: [/models]}"
            .formatted(LocalRuntimeTest.class.getName()));
    try (Pool pool = local.pool()) {
      assertThatThrownBy(() -> pool.map(LocalRuntimeTest::square, INPUTS))
          .isInstanceOf(TaskFailedException.class)
          .hasMessageContaining("/models is absent");
    }
    local.await(
        report ->
            report.status().startsWith("Initializer failed 5 times: ")
                && report.status().endsWith("/models is absent"));

    local.applyAndAwaitReady("workers: 1");
    try (Pool pool = local.pool()) {
      assertThat(pool.apply(LocalRuntimeTest::square, 3)).isEqualTo(9);
    }
    local.await(report -> report.status().equals("Joined"));
  }

  @Test
  void initializerThatIsNowhereEndsEveryWaitingCallAndIsNamed() throws Exception {
    local.apply("workers: 1, initializer: {function: 'no.such.Models::load'}");
    try (Pool pool = local.pool()) {
      assertThatThrownBy(() -> pool.map(LocalRuntimeTest::square, INPUTS))
          .isInstanceOf(TaskFailedException.class)
          .hasMessageContaining("no.such.Models");
    }
    local.await(report -> report.status().contains("class no.such.Models"));
    assertThat(crew.started()).isEqualTo(1);
  }

  @Test
  void aRefusedManifestChangesNothingAndSaysWhy() throws Exception {
    local.applyAndAwaitReady("workers: 1");
    Path file = directory.resolve("pools").resolve("test.yaml");

    Files.writeString(file, TestRuntime.manifest("worker: 3"));
    local.await(report -> report.status().contains("unknown field; did you mean workers?"));
    try (Pool pool = local.pool()) {
      assertThat(pool.apply(LocalRuntimeTest::square, 3)).isEqualTo(9);
    }
    Files.writeString(file, TestRuntime.manifest("workers: 2"));
    crew.awaitReady(2);
    assertThat(crew.died()).isZero();
  }

  @Test
  void aWorkerThatCannotBeStartedIsTriedAgainAsAfterADeathAndSaysWhy() throws Exception {
    Path temporary = directory.resolve("tmp");
    RuntimeFiles.delete(temporary);
    Files.writeString(temporary, "no directory");
    local.apply("workers: 1");
    PoolReport failing = local.await(report -> report.status().contains("3 times in a row"));
    assertThat(failing.status()).contains("test-0", "not started: ", "starts are 2 s apart");
    assertThat(crew.started()).isZero();

    Files.delete(temporary);
    Files.createDirectory(temporary);
    local.await(PoolReport::isReady);
  }

  @Test
  void aManifestThatCannotBeReadKeepsNoOtherPoolFromItsOwn() throws Exception {
    Files.createDirectory(directory.resolve("pools").resolve("bad.yaml"));
    Files.write(directory.resolve("pools").resolve("binary.yaml"), new byte[] {(byte) 0xff});
    local.applyAndAwaitReady("workers: 1");
    Files.delete(directory.resolve("pools").resolve("bad.yaml"));
  }

  @Test
  void aDeletedPoolThatIsNoDaemonIsJoinedFirst() throws Exception {
    local.applyAndAwaitReady("workers: 2, daemon: false");
    try (Pool pool = local.pool()) {
      AsyncResult<List<Integer>> result =
          pool.with(ONE_BY_ONE).mapAsync(LocalRuntimeTest::slowSquare, INPUTS);
      crew.awaitProgress(result, 1);
      local.runtime.delete("test");
      assertThat(result.get()).isEqualTo(SQUARES);
    }
    crew.awaitEnded(2);
    awaitNoPool();
    assertThat(LocalRuntime.status(local.runtime.directory())).isEmpty();
  }

  @Test
  void aDeletedDaemonPoolEndsWhateverItDoes() throws Exception {
    local.applyAndAwaitReady("workers: 2");
    try (Pool pool = local.pool()) {
      AsyncResult<?> result =
          pool.mapAsync(
              LocalRuntimeTest::slowSquare, IntStream.range(0, 1_000_000).boxed().toList());
      crew.awaitProgress(result, 1);
      local.runtime.delete("test");
      assertThatThrownBy(result::get)
          .isInstanceOfAny(CancellationException.class, ExecutionException.class);
    }
    awaitNoPool();
  }

  private void awaitNoPool() throws InterruptedException {
    while (!local.runtime.status().isEmpty()) {
      Thread.sleep(5); // a poll of what has no signal
    }
  }

  static long startSomethingLong() throws IOException {
    return new ProcessBuilder("sleep", "600").start().pid();
  }

  @Test
  void whatUserCodeStartedEndsWithItsWorker() throws Exception {
    local.apply("workers: 1");
    ProcessHandle started;
    try (Pool pool = local.pool()) {
      started = ProcessHandle.of(pool.apply(LocalRuntimeTest::startSomethingLong)).orElseThrow();
    }
    local.apply("workers: 0");
    assertThat(started.onExit()).succeedsWithin(Duration.ofSeconds(20));
  }

  @Test
  void aWorkerThatHangsWhileItEndsIsKilled() throws Exception {
    local.applyAndAwaitReady("workers: 1");
    Crew.signal("STOP", crew.worker("test-0"));

    local.runtime.delete("test");

    crew.awaitEnded(1);
  }
}
