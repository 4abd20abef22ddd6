package dev.podpool.queue.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.ConnectOptions;
import dev.podpool.Podpool;
import dev.podpool.PodpoolException;
import dev.podpool.Pool;
import dev.podpool.TaskFailedException;
import dev.podpool.function.Tuple;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A pool on a queue in another process, as a user meets it. */
@Timeout(120)
class RemotePoolTest {

  // The test's worker has the code: it is on the same class path.
  private static final ConnectOptions OPTIONS = ConnectOptions.defaults().withCodeInWorkers();

  @TempDir private Path directory;
  private Remote remote;

  @BeforeEach
  void start() throws Exception {
    remote = new Remote(directory);
  }

  @AfterEach
  void stop() throws Exception {
    remote.close();
  }

  static int square(int n) {
    return n * n;
  }

  static int add(int a, int b) {
    return a + b;
  }

  static int invert(int n) {
    return 1 / n;
  }

  private static List<Integer> upTo(int n) {
    return IntStream.range(0, n).boxed().toList();
  }

  @Test
  void callsOfEachKindGiveTheirResults() throws Exception {
    remote.withWorker();
    try (Podpool podpool = Podpool.connect(directory, OPTIONS)) {
      try (Pool pool = podpool.pool("p")) {
        assertThat(pool.apply(RemotePoolTest::square, 7)).isEqualTo(49);
        assertThat(pool.map(RemotePoolTest::square, upTo(1000)))
            .isEqualTo(upTo(1000).stream().map(RemotePoolTest::square).toList());
        assertThat(pool.starmap(RemotePoolTest::add, List.of(Tuple.of(1, 2), Tuple.of(3, 4))))
            .containsExactly(3, 7);
        List<Integer> flowing = new ArrayList<>();
        for (int n : pool.imap(RemotePoolTest::square, upTo(5000))) {
          flowing.add(n);
        }
        assertThat(flowing).isEqualTo(upTo(5000).stream().map(RemotePoolTest::square).toList());
        assertThatThrownBy(() -> pool.map(RemotePoolTest::invert, List.of(1, 0, 1)))
            .isInstanceOf(TaskFailedException.class)
            .hasMessageContaining("item 1 of 3 failed: java.lang.ArithmeticException");
        assertThat(pool.map(RemotePoolTest::square, List.of())).isEmpty();
      }
      // The pool is left running, and its submitters' jobs are forgotten.
      assertThat(podpool.pools())
          .singleElement()
          .satisfies(p -> assertThat(p.name()).isEqualTo("p"));
      assertThat(podpool.jobs()).isEmpty();
    }
  }

  @Test
  void aJobIsForgottenBeforeItsSubmitterCanAskForIt() throws Exception {
    remote.withWorker();
    try (Podpool podpool = Podpool.connect(directory, OPTIONS);
        Pool pool = podpool.pool("p")) {
      for (int n = 0; n < 30; n++) {
        assertThat(pool.apply(RemotePoolTest::square, n)).isEqualTo(n * n);
        assertThat(podpool.jobs()).isEmpty();
      }
    }
  }

  /** As many as {@code -Dseeds=} says; one by default. */
  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("seeds", 1));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aQueueThatIsKilledInMidMapAndStartedAgainLosesNothing(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    remote.withWorker();
    int items = 20_000;
    try (Podpool podpool = Podpool.connect(directory, OPTIONS);
        Pool pool = podpool.pool("p")) {
      for (int kill = 0; kill < 3; kill++) {
        long at = random.nextLong(items);
        CountDownLatch reached = new CountDownLatch(1);
        var result =
            pool.mapAsync(RemotePoolTest::square, upTo(items))
                .onProgress(
                    progress -> {
                      if (progress.done() >= at) {
                        reached.countDown();
                      }
                    });
        reached.await();
        remote.queue.kill();
        remote.queue.start();
        assertThat(result.get()).isEqualTo(upTo(items).stream().map(n -> n * n).toList());
      }
      pool.shutdown();
      pool.join();
      assertThat(podpool.jobs()).isEmpty();
    }
  }

  // ---- what does not work says why

  @Test
  void aPoolThatIsNotThereIsAnErrorThatNamesThoseThatAre() throws Exception {
    remote.define("other");
    try (Podpool podpool = Podpool.connect(directory, OPTIONS)) {
      assertThatThrownBy(() -> podpool.pool("pp"))
          .isInstanceOf(PodpoolException.class)
          .hasMessageContaining("there is no pool 'pp'; there is p, other");
    }
  }

  @Test
  void aWrongKeyIsRefusedAtOnce() throws Exception {
    Files.writeString(directory.resolve("key"), "wrong\n");
    assertThatThrownBy(() -> Podpool.connect(directory))
        .isInstanceOf(PodpoolException.class)
        .hasMessageContaining("refuses this client")
        .hasMessageContaining(directory.toString())
        .hasMessageContaining("the key is missing or wrong");
  }

  @Test
  void aPoolThatIsDeletedTellsWhoeverWaits() throws Exception {
    try (Podpool podpool = Podpool.connect(directory, OPTIONS)) {
      Pool pool = podpool.pool("p");
      var result = pool.mapAsync(RemotePoolTest::square, upTo(10));
      awaitJob(podpool);
      remote.delete("p");
      assertThatThrownBy(result::get).hasMessageContaining("pool 'p' was deleted");
      pool.close();
    }
  }

  @Test
  void aQueueThatStaysAwayIsAnErrorForAllThatWait() throws Exception {
    try (Podpool podpool =
        Podpool.connect(directory, OPTIONS.withPatience(Duration.ofMillis(500)))) {
      Pool pool = podpool.pool("p");
      var result = pool.mapAsync(RemotePoolTest::square, upTo(10));
      awaitJob(podpool);
      remote.queue.kill();
      assertThatThrownBy(result::get)
          .hasCauseInstanceOf(PodpoolException.class)
          .hasMessageContaining("QUEUE_UNREACHABLE");
      assertThatThrownBy(() -> pool.map(RemotePoolTest::square, upTo(10)))
          .isInstanceOf(PodpoolException.class)
          .hasMessageContaining("QUEUE_UNREACHABLE");
      pool.close();
    }
    remote.queue.start();
    try (Podpool podpool = Podpool.connect(directory, OPTIONS)) {
      assertThat(podpool.jobs()).as("what was submitted stays").hasSize(1);
    }
  }

  @Test
  void whoComesWhileTheRuntimeStartsItsQueueAgainWaits() throws Exception {
    // As the runtime's process leaves it, which this one is here.
    Files.writeString(directory.resolve("lock"), ProcessHandle.current().pid() + "\n");
    remote.queue.kill();
    Files.deleteIfExists(remote.queue.directory().resolve("endpoint"));
    CompletableFuture<String> told = new CompletableFuture<>();
    var connecting =
        CompletableFuture.supplyAsync(
            () -> Podpool.connect(directory, OPTIONS.whenStarting(told::complete)));
    assertThat(told.get())
        .isEqualTo("the queue of the runtime in %s does not answer at this moment", directory);
    remote.queue.start();
    try (Podpool podpool = connecting.get()) {
      assertThat(podpool.pools()).hasSize(1);
    }
  }

  private static void awaitJob(Podpool podpool) {
    while (podpool.jobs().isEmpty()) {
      Thread.onSpinWait();
    }
  }
}
