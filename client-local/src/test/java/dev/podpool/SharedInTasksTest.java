package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.function.CaptureException;
import dev.podpool.function.RemoteFunction;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReleaseLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What processes share, used by functions in a pool of the JVM's own runtime. */
@Timeout(60)
class SharedInTasksTest {

  private static final JobOptions ONE_BY_ONE = JobOptions.defaults().withChunkSize(1);

  @TempDir private Path directory;
  private final Podpool podpool = Podpool.local();

  @AfterEach
  void close() {
    podpool.close();
  }

  record Append(SharedLock lock, String file, int number) {}

  /** Reads, waits and writes: two at once would lose a line, or mix them. */
  static void append(SharedLock lock, String file, int number) throws Exception {
    lock.lock();
    try {
      Path path = Path.of(file);
      int lines = Files.readAllLines(path).size();
      Files.writeString(path, lines + " begins,", StandardOpenOption.APPEND);
      Thread.sleep(2); // the work
      Files.writeString(path, number + "\n", StandardOpenOption.APPEND);
    } finally {
      lock.unlock();
    }
  }

  private Path newFile() throws IOException {
    return Files.createFile(directory.resolve("basket"));
  }

  private static void assertNotMixed(Path file, int tasks) throws IOException {
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(tasks);
    for (int i = 0; i < tasks; i++) {
      assertThat(lines.get(i)).matches(i + " begins,\\d+");
    }
  }

  @Test
  void tasksOfManyProcessesAppendUnderOneLockWithoutMixing() throws Exception {
    Path file = newFile();
    SharedLock lock = podpool.lock("basket");
    try (Pool pool = podpool.pool(4)) {
      List<Append> inputs =
          IntStream.range(0, 20).mapToObj(n -> new Append(lock, file.toString(), n)).toList();
      pool.with(ONE_BY_ONE).map(SharedInTasksTest::appendOne, inputs);
    }
    assertNotMixed(file, 20);
  }

  static int appendOne(Append append) throws Exception {
    append(append.lock, append.file, append.number);
    return append.number;
  }

  @Test
  void aLambdaCapturesALock() throws Exception {
    String file = newFile().toString();
    SharedLock lock = podpool.lock();
    try (Pool pool = podpool.pool(2)) {
      RemoteFunction<Integer, Integer> function =
          n -> {
            append(lock, file, n);
            return n;
          };
      List<Integer> inputs = IntStream.range(0, 10).boxed().toList();
      assertThat(pool.with(ONE_BY_ONE).map(function, inputs)).isEqualTo(inputs);
    }
    assertNotMixed(Path.of(file), 10);
  }

  @Test
  void aLockThatIsCapturedAsAnotherTypeIsRefused() {
    Lock lock = podpool.lock();
    try (Pool pool = podpool.pool(1)) {
      RemoteFunction<Integer, Integer> function =
          n -> {
            lock.lock();
            return n;
          };
      assertThatThrownBy(() -> pool.apply(function, 1))
          .isInstanceOf(CaptureException.class)
          .hasMessageContaining("dev.podpool.SharedLock");
    }
  }

  static long lockOrDie(SharedLock lock, String marker) throws IOException {
    lock.lock();
    if (Files.notExists(Path.of(marker))) {
      Files.writeString(Path.of(marker), Long.toString(lock.fencingToken()));
      Runtime.getRuntime().halt(3);
    }
    long token = lock.fencingToken();
    lock.unlock();
    return token;
  }

  @Test
  void aTaskThatDiesWithTheLockLeavesItToTheNextWithAHigherToken() throws Exception {
    SharedLock lock = podpool.lock("basket");
    Path marker = directory.resolve("died");
    try (Pool pool = podpool.pool(1)) {
      long token = pool.apply(SharedInTasksTest::lockOrDie, lock, marker.toString());
      assertThat(token).isGreaterThan(Long.parseLong(Files.readString(marker)));
    }
    assertThat(lock.tryLock()).isTrue();
  }

  static String connectAndLock(String name) throws InterruptedException {
    try (Podpool podpool = Podpool.connect()) {
      SharedLock lock = podpool.lock(name);
      lock.lockInterruptibly();
      return lock.isLocked() + " " + (Podpool.connect() == podpool) + " " + lock.holder();
    }
  }

  @Test
  void aTaskConnectsToTheQueueThatItIsFrom() throws Exception {
    SharedLock lock = podpool.lock("basket");
    try (Pool pool = podpool.pool(1)) {
      assertThat(pool.apply(SharedInTasksTest::connectAndLock, "basket")).startsWith("true true ");
      assertThat(lock.tryLock()).as("the process has it still").isFalse();
    }
    assertThat(lock.tryLock()).as("its end freed it").isTrue();
  }

  static List<SharedLock> swap(List<SharedLock> locks) {
    return List.of(locks.get(1), locks.get(0));
  }

  @Test
  void locksInAListComeAndGoAsHandlesToTheSame() throws Exception {
    SharedLock named = podpool.lock("basket");
    SharedLock anonymous = podpool.lock();
    try (Pool pool = podpool.pool(1)) {
      List<SharedLock> back = pool.apply(SharedInTasksTest::swap, List.of(named, anonymous));
      assertThat(back).containsExactly(anonymous, named);
      back.get(0).lock();
      assertThat(anonymous.tryLock()).isFalse();
    }
  }

  static SharedLock give(String name) {
    SharedLock lock = Podpool.connect().lock(name);
    lock.lock();
    return lock;
  }

  @Test
  void aWaitInATaskEndsWhenTheLockIsUnlockedElsewhere() throws Exception {
    SharedLock lock = podpool.lock("basket");
    lock.lock();
    try (Pool pool = podpool.pool(1)) {
      AsyncResult<SharedLock> waiting = pool.applyAsync(SharedInTasksTest::give, "basket");
      while (lock.status().getWaiting() == 0) {
        Thread.sleep(1); // a poll of what has no signal
      }
      lock.unlock();
      assertThat(waiting.get()).isEqualTo(lock);
      assertThat(lock.tryLock()).isFalse();
    }
  }

  static int one() {
    return 1;
  }

  static String submitHere(int n) throws InterruptedException {
    try {
      return "got " + Podpool.connect().pool("local").apply(SharedInTasksTest::one);
    } catch (PodpoolException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  void aTaskMayUseWhatIsSharedAndSubmitNothing() throws Exception {
    try (Pool pool = podpool.pool(1)) {
      assertThat(pool.apply(SharedInTasksTest::submitHere, 1)).startsWith("PERMISSION_DENIED");
    }
  }

  /** More at once than may be under way, and then a wait in each of many threads. */
  static int flood(SharedLock lock, int waits) throws InterruptedException {
    ObjectLink link = Podpool.connect().objects();
    for (int i = 0; i < 5_000; i++) {
      ReleaseLock release = ReleaseLock.newBuilder().setLock(lock.ref()).setToken(i).build();
      link.send(Operation.newBuilder().setReleaseLock(release).build());
    }
    AtomicInteger passed = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < waits; i++) {
      Thread thread =
          new Thread(
              () -> {
                SharedLock mine = Podpool.connect().lock("basket");
                mine.lock();
                mine.unlock();
                passed.incrementAndGet();
              });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return passed.get();
  }

  @Test
  void aProcessThatSendsAndWaitsForMuchAtOnceGetsItAllThrough() throws Exception {
    try (Pool pool = podpool.pool(1)) {
      assertThat(pool.apply(SharedInTasksTest::flood, podpool.lock("basket"), 300)).isEqualTo(300);
    }
  }

  @Test
  void aPoolWithoutASharedQueueSaysWhereToRunTheFunction() throws Exception {
    SharedLock lock = podpool.lock("basket");
    try (Pool pool = Pool.local(1)) {
      assertThatThrownBy(() -> pool.apply(SharedInTasksTest::swap, List.of(lock, lock)))
          .isInstanceOf(TaskFailedException.class)
          .hasMessageContaining("Podpool.local().pool(…)");
    }
  }

  @Test
  void inlineFunctionsUseTheOnlyRuntimeThereIs() throws Exception {
    SharedLock lock = podpool.lock("basket");
    try (Pool pool = Pool.inline()) {
      assertThat(pool.apply(SharedInTasksTest::swap, List.of(lock, lock)))
          .containsExactly(lock, lock);
    }
  }

  @Test
  void poolsOfOneNameAreRefusedAndANameIsFreeAfterTheClose() throws Exception {
    try (Pool pool = podpool.pool(1)) {
      assertThatThrownBy(() -> podpool.pool(1)).hasMessageContaining("'local'");
      assertThat(podpool.pools()).extracting(PoolInfo::name).containsExactly("local");
      assertThat(pool.apply(SharedInTasksTest::one)).isEqualTo(1);
    }
    assertThat(podpool.pools()).isEmpty();
    try (Pool pool = podpool.pool(1)) {
      assertThat(pool.apply(SharedInTasksTest::one)).isEqualTo(1);
    }
  }

  @Test
  void closingTheRuntimeEndsItsPools() throws Exception {
    Pool pool = podpool.pool(1);
    assertThat(pool.apply(SharedInTasksTest::one)).isEqualTo(1);
    podpool.close();
    assertThatThrownBy(() -> pool.apply(SharedInTasksTest::one))
        .isInstanceOf(IllegalStateException.class);
    assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive))
        .noneMatch(child -> child.info().commandLine().orElse("").contains("sandbox.Child"));
  }
}
