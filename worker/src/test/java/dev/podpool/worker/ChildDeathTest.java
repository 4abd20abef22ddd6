package dev.podpool.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.ReportPoolFailure;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ChildDeathTest {

  private static List<Integer> range(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  private static void kill(long pid) {
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
  }

  /** As many as {@code -Dseeds=} says; one by default. */
  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("seeds", 1));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void childrenKilledAtRandomMomentsCostNoItemItsResultAndChargeNoneThatHadNotBegun(long seed) {
    var random = new SplittableRandom(seed);
    int items = 400_000;
    try (var queue = new FakeQueue(3)) {
      queue.submit(UserCode::square, range(100)).awaitEnd();
      var job = queue.submit(UserCode::square, range(items), header -> header.setMaxAttempts(100));
      int kills = 0;
      while (kills < 10) {
        int target = job.ended() + random.nextInt(30_000);
        if (target >= items) {
          break;
        }
        queue.await(() -> job.ended() >= target);
        List<Long> pids = queue.listener.pids();
        if (!pids.isEmpty()) {
          kill(pids.get(random.nextInt(pids.size())));
          kills++;
        }
      }
      var results = job.results();

      assertThat(kills).isGreaterThan(5);
      for (int i = 0; i < items; i++) {
        if (!results.get(i).equals(i * i)) {
          throw new AssertionError("item " + i + ": " + results.get(i));
        }
      }
      // One child is at work on one item at most.
      assertThat(job.losses.stream().mapToInt(Outcome::getCount).sum()).isLessThanOrEqualTo(kills);
      assertThat(job.losses).allMatch(loss -> loss.getLost().getCause().equals("SIGKILL"));
      assertThat(job.losses).allMatch(loss -> loss.getLost().getExitCode() == -9);
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void anItemWithOneAttemptNeverBeginsTwiceWhateverIsKilled(long seed, @TempDir Path directory) {
    var random = new SplittableRandom(seed);
    int items = 5000;
    try (var queue = new FakeQueue(3)) {
      queue.submit(UserCode::square, range(100)).awaitEnd();
      var inputs = IntStream.range(0, items).mapToObj(i -> directory + "/" + i).toList();
      var job = queue.submit(UserCode::createOnce, inputs, header -> header.setMaxAttempts(1));
      int kills = 0;
      while (kills < 8) {
        int target = job.ended() + random.nextInt(600);
        if (target >= items) {
          break;
        }
        queue.await(() -> job.ended() >= target);
        List<Long> pids = queue.listener.pids();
        if (!pids.isEmpty()) {
          kill(pids.get(random.nextInt(pids.size())));
          kills++;
        }
      }

      for (Object result : job.results()) {
        assertThat(result instanceof Outcome outcome ? outcome.hasLost() : result.equals(true))
            .as("%s", result)
            .isTrue();
      }
      assertThat(job.losses.stream().mapToInt(Outcome::getCount).sum()).isLessThanOrEqualTo(kills);
    }
  }

  @Test
  void aKilledChildChargesTheItemThatItWasAtWorkOnAndGivesBackTheOthers() throws Exception {
    try (var queue = new FakeQueue(1)) {
      var job = queue.submit(UserCode::announceAndHang, List.of(1, 2));
      var listener = queue.listener;
      listener.await(() -> listener.out.toString().equals("at work on 1\n"));
      kill(listener.pids().get(0));

      queue.await(() -> job.losses.size() == 1);
      assertThat(job.losses.get(0).getFirst()).isZero();
      assertThat(job.losses.get(0).getCount()).isEqualTo(1);
      assertThat(job.returned).isEqualTo(1);
    }
  }

  @Test
  void aPoisonedItemIsChargedForEachOfItsChildrenAndForNothingElse() {
    try (var queue = new FakeQueue(2)) {
      var poison = queue.submit(UserCode::haltAtOnce, List.of(1));
      var others = queue.submit(UserCode::square, range(1000));

      assertThat(((Outcome) poison.result(0)).getLost().getCause()).isEqualTo("exit 9");
      assertThat(poison.losses).hasSize(3);
      assertThat(others.results()).doesNotHaveAnyElementsOfTypes(Outcome.class);
      assertThat(others.losses).isEmpty();
    }
  }

  @Test
  void aStoppedItemIsKilledAndItsNeighboursRunUncharged() throws Exception {
    try (var queue = new FakeQueue(1)) {
      queue.submit(UserCode::square, List.of(1)).awaitEnd();
      var job = queue.submit(UserCode::hangAtSeven, List.of(1, 2, 7, 3, 4));
      assertThat(job.result(1)).isEqualTo(2L);
      queue.listener.await(() -> queue.listener.out.toString().equals("seven\n"));
      job.stop(2, 1);

      assertThat(job.result(3)).isEqualTo(3L);
      assertThat(job.result(4)).isEqualTo(4L);
      assertThat(job.losses).isEmpty();
      queue.listener.await(() -> queue.listener.ended.size() == 1);
    }
  }

  @Test
  void aStoppedItemThatHasNotBegunNeverBeginsAndNobodyIsKilled() throws Exception {
    try (var queue = new FakeQueue(1)) {
      queue.submit(UserCode::square, List.of(1)).awaitEnd();
      var job = queue.submit(UserCode::sleep, List.of(200, 100_000));
      job.stop(1, 1);

      assertThat(job.result(0)).isEqualTo(200);
      assertThat(queue.submit(UserCode::square, List.of(3)).results()).containsExactly(9);
      assertThat(queue.listener.started).hasSize(1);
    }
  }

  @Test
  void whatStartedInAnItemDiesWithIt() throws Exception {
    try (var queue = new FakeQueue(1)) {
      var job = queue.submit(UserCode::startGrandchild, List.of(1));
      var listener = queue.listener;
      listener.await(() -> listener.out.toString().matches("(?s)grandchild \\d+\n"));
      long pid = Long.parseLong(listener.out.toString().strip().split(" ")[1]);
      var grandchild = ProcessHandle.of(pid).orElseThrow();
      job.stop(0, 1);

      grandchild.onExit().get(20, TimeUnit.SECONDS);
      assertThat(queue.submit(UserCode::square, List.of(3)).results()).containsExactly(9);
    }
  }

  @Test
  void whatItemsStartedDiesWithTheirIdleChild() throws Exception {
    ProcessHandle started;
    try (var queue = new FakeQueue(1)) {
      long pid = (long) queue.submit(UserCode::startInBackground, List.of(600)).results().get(0);
      started = ProcessHandle.of(pid).orElseThrow();
    }
    started.onExit().get(20, TimeUnit.SECONDS);
  }

  @Test
  void closeEndsChildrenThatIgnoreSigtermOrHang() throws Exception {
    List<ProcessHandle> children = new ArrayList<>();
    try (var queue = new FakeQueue(2)) {
      queue.submit(UserCode::ignoreSigterm, List.of(1, 2, 7));
      queue.listener.await(() -> queue.listener.live.size() == 2);
      queue.listener.pids().forEach(pid -> children.add(ProcessHandle.of(pid).orElseThrow()));
      children.forEach(ProcessHandle::destroy);
    }
    assertThat(children).noneMatch(ProcessHandle::isAlive);
  }

  @Test
  void aChildIsReplacedAfterItsNumberOfTasks() throws Exception {
    try (var queue = new FakeQueue(2, settings -> settings.withMaxTasksPerWorker(3))) {
      var pids = queue.submit(UserCode::pid, range(12)).results();

      assertThat(pids.stream().distinct()).hasSizeGreaterThanOrEqualTo(4);
      assertThat(pids.stream().distinct())
          .allMatch(pid -> pids.stream().filter(pid::equals).count() <= 3);
      assertThat(queue.listener.ended).allMatch("exit 0"::equals);
    }
  }

  @Test
  void noChildOutlivesASupervisorThatIsKilled() throws Exception {
    Path directory = Files.createTempDirectory("killed");
    Process parent =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + directory,
                "-cp",
                System.getProperty("java.class.path"),
                KilledSupervisor.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    var lines =
        new BufferedReader(new InputStreamReader(parent.getInputStream(), StandardCharsets.UTF_8));
    List<ProcessHandle> children = new ArrayList<>();
    for (int i = 0; i < KilledSupervisor.SLOTS; i++) {
      children.add(ProcessHandle.of(Long.parseLong(lines.readLine())).orElseThrow());
    }
    assertThat(children).allMatch(ProcessHandle::isAlive);

    parent.destroyForcibly();

    for (ProcessHandle child : children) {
      child.onExit().get(20, TimeUnit.SECONDS);
    }
    try (var left = Files.walk(directory)) {
      assertThat(left.filter(path -> path.getFileName().toString().startsWith("podpool")))
          .isEmpty();
    }
    Files.delete(directory);
  }

  /** A JVM whose children are busy, idle and hung. */
  static final class KilledSupervisor {
    static final int SLOTS = 3;

    private KilledSupervisor() {}

    public static void main(String[] arguments) throws Exception {
      var queue = new FakeQueue(SLOTS);
      queue.submit(UserCode::square, range(100)).awaitEnd();
      queue.listener.await(() -> queue.listener.live.size() == SLOTS);
      queue.submit(UserCode::spin, List.of(1_000_000));
      queue.submit(UserCode::hangAtSeven, List.of(7));
      queue.await(() -> queue.leased() == 2);
      queue.listener.pids().forEach(System.out::println);
      System.out.flush();
      Thread.currentThread().join();
    }
  }

  @Test
  void childrenKilledWhileTheyStartAreStartedAgainAndNobodyIsGivenUp() throws Exception {
    try (var queue = new FakeQueue(2)) {
      var job = queue.submit(UserCode::square, range(1000));
      for (int i = 0; i < 8; i++) {
        int kills = i;
        queue.listener.await(() -> queue.listener.started.size() > kills);
        kill(queue.listener.started.get(i));
      }

      assertThat(job.results()).isEqualTo(range(1000).stream().map(n -> n * n).toList());
      assertThat(job.losses).isEmpty();
      assertThat(queue.poolFailures).noneMatch(ReportPoolFailure::getFinal);
    }
  }
}
