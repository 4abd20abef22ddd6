package dev.podpool.operator.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.AsyncResult;
import dev.podpool.JobOptions;
import dev.podpool.ObjectInfo;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import dev.podpool.SharedList;
import dev.podpool.SharedLock;
import dev.podpool.function.EncodeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import shop.Basket;

/** What processes share, used by functions in workers of the durable runtime. */
@Timeout(120)
class SharedInWorkersTest {

  private static final JobOptions ONE_BY_ONE = JobOptions.defaults().withChunkSize(1);

  @TempDir private Path directory;
  @TempDir private Path files;
  private TestRuntime local;
  private Podpool podpool;

  @BeforeEach
  void start() throws IOException, InterruptedException {
    local = new TestRuntime(directory);
    podpool = Podpool.connect(local.runtime.directory().path()); // its code travels
  }

  @AfterEach
  void nothingIsLeft() {
    podpool.close();
    local.close();
    local.crew.assertNoneIsLeft();
  }

  @Test
  void codeThatTravelledUsesALockThatWasItsArgument() throws Exception {
    local.applyAndAwaitReady("workers: 2, slots: 2");
    Path file = Files.createFile(files.resolve("basket"));
    SharedLock lock = podpool.lock("basket");
    List<Basket.Append> inputs =
        IntStream.range(0, 20).mapToObj(n -> new Basket.Append(lock, file.toString(), n)).toList();
    try (Pool pool = podpool.pool(TestRuntime.POOL)) {
      assertThat(pool.with(ONE_BY_ONE).map(Basket::append, inputs))
          .containsOnly("podpool-code app");
    }
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(20);
    for (int i = 0; i < 20; i++) {
      assertThat(lines.get(i)).matches(i + " begins,\\d+");
    }
  }

  @Test
  void whatCodeThatTravelledStartsHasThatCode() throws Exception {
    local.applyAndAwaitReady("workers: 1");
    SharedList<String> notes = podpool.sharedList("notes", String.class);
    try (Pool pool = podpool.pool(TestRuntime.POOL)) {
      assertThat(pool.apply(Basket::note, notes, 2)).isZero();
    }
    assertThat(notes.asList())
        .containsExactly(
            "MainProcess of podpool-code",
            "Process-1 of podpool-code",
            "Process-1:1 of podpool-code");
  }

  @Test
  void whatIsKeptForSoLongGoesWhenTheLastThatKnowsItHasEnded() throws Exception {
    try (Podpool other = TestRuntime.client(local.runtime.directory())) {
      other.sharedMap("brief", String.class, Long.class).keepFor(Duration.ofMillis(1));
      other.lock("lasting").lock();
      assertThat(podpool.object(ObjectInfo.Kind.MAP, "brief").timeToLive())
          .isEqualTo(Duration.ofMillis(1));
    }
    while (podpool.objects(ObjectInfo.Kind.MAP).size() > 0) {
      Thread.sleep(5); // a poll of what has no signal
    }
    assertThat(podpool.object(ObjectInfo.Kind.LOCK, "lasting").holders()).isEmpty();
  }

  static long lockAndStay(SharedLock lock, String marker) throws Exception {
    lock.lock();
    if (Files.notExists(Path.of(marker))) {
      Files.writeString(Path.of(marker), Long.toString(lock.fencingToken()));
      Thread.sleep(200_000); // until its worker is killed, or the test has failed
    }
    long token = lock.fencingToken();
    lock.unlock();
    return token;
  }

  @Test
  void aWorkerThatIsKilledFreesTheLocksOfItsProcesses() throws Exception {
    local.applyAndAwaitReady("workers: 1");
    SharedLock lock = podpool.lock("basket");
    Path marker = files.resolve("token");
    try (Pool pool = podpool.pool(TestRuntime.POOL)) {
      AsyncResult<Long> token =
          pool.applyAsync(SharedInWorkersTest::lockAndStay, lock, marker.toString());
      while (Files.notExists(marker) || Files.size(marker) == 0) {
        Thread.sleep(5); // a poll of what has no signal
      }
      assertThat(lock.tryLock()).isFalse();
      local.crew.killOne(new SplittableRandom(1));
      assertThat(token.get()).isGreaterThan(Long.parseLong(Files.readString(marker)));
    }
    assertThat(lock.tryLock(1, TimeUnit.MINUTES)).isTrue();
  }

  @Test
  void aQueueThatIsRestartedCostsAWaitingFunctionNothing() throws Exception {
    local.applyAndAwaitReady("workers: 1");
    SharedLock lock = podpool.lock("basket");
    lock.lock();
    Path marker = Files.createFile(files.resolve("token"));
    try (Pool pool = podpool.pool(TestRuntime.POOL)) {
      AsyncResult<Long> token =
          pool.applyAsync(SharedInWorkersTest::lockAndStay, lock, marker.toString());
      while (local.counts().getLeased() == 0) {
        Thread.sleep(5); // a poll of what has no signal
      }
      local.crew.killQueue();
      lock.unlock();
      assertThat(token.get()).isPositive();
    }
  }

  static boolean takes(SharedLock lock) {
    return lock.tryLock();
  }

  @Test
  void aLockOfAnotherRuntimeIsRefusedAndOneOfAnotherConnectionIsNot() throws Exception {
    local.applyAndAwaitReady("workers: 1");
    TestRuntime other = new TestRuntime(files.resolve("other"));
    try (Podpool elsewhere = TestRuntime.client(other.runtime.directory());
        Pool pool = podpool.pool(TestRuntime.POOL)) {
      SharedLock lock = podpool.lock("basket");
      SharedLock others = elsewhere.lock("basket");
      assertThatThrownBy(() -> pool.apply(SharedInWorkersTest::takes, others))
          .isInstanceOf(EncodeException.class)
          .hasMessageContaining("lock:basket can't be sent there: it is of another queue")
          .hasMessageContaining("of the same runtime or namespace");
      assertThat(lock.isLocked()).isFalse();
      assertThat(others.isLocked()).isFalse();

      local.crew.killQueue(); // which has its id from the log then
      try (Podpool again = TestRuntime.client(local.runtime.directory())) {
        assertThat(pool.apply(SharedInWorkersTest::takes, again.lock("basket"))).isTrue();
      }
      assertThat(lock.isLocked()).isTrue();
    } finally {
      other.close();
      other.crew.assertNoneIsLeft();
    }
  }
}
