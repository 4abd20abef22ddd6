package dev.podpool.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WorkerTest {

  private static List<Integer> range(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  @Test
  void eachItemEndsOnceWithItsResultWhateverTheRangesAre() {
    for (int rangeMax : new int[] {1 << 20, 7, 1}) {
      try (var queue = new FakeQueue(4)) {
        queue.rangeMax(rangeMax);
        var job = queue.submit(UserCode::square, range(10_000));

        assertThat(job.results()).isEqualTo(range(10_000).stream().map(n -> n * n).toList());
        assertThat(job.losses).isEmpty();
        assertThat(job.returned).isZero();
      }
    }
  }

  @Test
  void jobsOfOneItemEachWithAFunctionOfItsOwnAllEnd() {
    try (var queue = new FakeQueue(2)) {
      List<FakeQueue.Job> jobs = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        int addend = i;
        jobs.add(queue.submit((Integer n) -> n + addend, List.of(1)));
      }
      for (int i = 0; i < jobs.size(); i++) {
        assertThat(jobs.get(i).results()).containsExactly(i + 1);
      }
    }
  }

  @Test
  void itsThreadIsNotInterruptedAsItCouldNotWaitAnyMore() {
    try (var queue = new FakeQueue(1)) {
      List<Thread> threads =
          Thread.getAllStackTraces().keySet().stream()
              .filter(thread -> thread.getName().equals("podpool-worker"))
              .toList();
      threads.forEach(Thread::interrupt);

      assertThat(threads).isNotEmpty().noneMatch(Thread::isInterrupted);
      assertThat(queue.submit(UserCode::square, List.of(3)).results()).containsExactly(9);
    }
  }

  @Test
  void theWindowGrowsWithShortItemsAndIsSeldomChanged() {
    try (var queue = new FakeQueue(2)) {
      queue.submit(UserCode::square, range(200_000)).awaitEnd();
      assertThat(queue.windows.get(0)).isLessThanOrEqualTo(4);
      assertThat(Collections.max(queue.windows)).isGreaterThanOrEqualTo(1024);
      assertThat(queue.windows).hasSizeLessThan(20);
    }
  }

  @Test
  void longItemsSpreadOverIdleSlotsAlthoughTheyWereSentToOne() {
    try (var queue = new FakeQueue(4)) {
      // So that the worker thinks that items are short, and sends many ahead; to four, once they
      // are
      // up.
      while (queue
              .submit(UserCode::sleepAndTellPid, Collections.nCopies(2000, 0))
              .results()
              .stream()
              .distinct()
              .count()
          < 4) {}
      var pids = queue.submit(UserCode::sleepAndTellPid, Collections.nCopies(8, 300)).results();

      assertThat(pids.stream().distinct()).hasSize(4);
      assertThat(pids.stream().distinct())
          .allMatch(pid -> pids.stream().filter(pid::equals).count() <= 3);
    }
  }

  @Test
  void aSlotStuckWithALongItemLosesThoseBehindItToAnIdleOne() {
    try (var queue = new FakeQueue(2)) {
      queue.submit(UserCode::sleep, Collections.nCopies(2000, 0)).awaitEnd();
      List<Integer> millis = new ArrayList<>(Collections.nCopies(100, 0));
      millis.set(0, 100_000);
      var job = queue.submit(UserCode::sleep, millis);

      for (int i = 1; i < 100; i++) {
        assertThat(job.result(i)).isEqualTo(0);
      }
      assertThat(job.ended()).isEqualTo(99);
    }
  }

  @Test
  void recalledItemsAreThoseThatHaveNotBegunLastFirst() {
    try (var queue = new FakeQueue(1)) {
      queue.submit(UserCode::sleep, Collections.nCopies(2000, 0)).awaitEnd();
      var job = queue.submit(UserCode::sleep, List.of(300, 0, 0, 0, 0, 0));
      queue.recall(3);

      assertThat(job.results()).containsExactly(300, 0, 0, 0, 0, 0);
      assertThat(job.returned).isEqualTo(3);
      assertThat(job.losses).isEmpty();
    }
  }

  @Test
  void afterAReconnectNothingRunsTwiceAndNothingIsForgotten() {
    try (var queue = new FakeQueue(2)) {
      var job =
          queue.submit(UserCode::sleep, Collections.nCopies(500, 1), h -> h.setMaxAttempts(1));
      for (int i = 0; i < 50; i++) {
        int ended = i * 10;
        queue.await(() -> job.ended() >= ended);
        queue.resume();
      }

      assertThat(job.results()).containsOnly(1);
      assertThat(job.losses).isEmpty();
    }
  }

  @Test
  void drainingLetsFinishWhatHasBegunAndGivesBackTheRest() throws Exception {
    try (var queue = new FakeQueue(1)) {
      queue.submit(UserCode::square, List.of(1)).awaitEnd();
      var job = queue.submit(UserCode::announceAndSleep, List.of(300, 300, 300, 300));
      queue.listener.await(() -> queue.listener.out.toString().contains("at work"));
      queue.worker.drain().get(30, TimeUnit.SECONDS);

      assertThat(queue.leased()).isZero();
      assertThat(job.ended()).isEqualTo(1);
      assertThat(queue.windows.get(queue.windows.size() - 1)).isZero();
    }
  }
}
