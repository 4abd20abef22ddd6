package dev.podpool.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.JobOptions;
import dev.podpool.Pool;
import dev.podpool.PoolOptions;
import dev.podpool.TaskFailedException;
import dev.podpool.TaskFailedException.Kind;
import dev.podpool.WorkerLostException;
import dev.podpool.function.RemoteFunction;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever a function does, its item alone pays, and the pool works on. */
@Timeout(120)
class BadTasksTest {

  private static Pool pool;

  @BeforeAll
  static void open() {
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
    pool =
        Pool.local(
            new PoolOptions().workers(2).memoryLimitBytes(64 << 20).output(nowhere, nowhere));
  }

  @AfterAll
  static void close() {
    pool.close();
  }

  @AfterEach
  void thePoolWorksOn() throws Exception {
    assertThat(pool.map(Work::square, List.of(1, 2, 3))).containsExactly(1, 4, 9);
  }

  /** Runs 0 to 5, of which 3 fails; gives its failure. */
  private static TaskFailedException failureOfThree(RemoteFunction<Integer, Integer> function) {
    return failureOfThree(pool, function);
  }

  private static TaskFailedException failureOfThree(
      Pool on, RemoteFunction<Integer, Integer> function) {
    List<Object> results = new ArrayList<>();
    Iterator<Integer> iterator = on.imap(function, List.of(0, 1, 2, 3, 4, 5)).iterator();
    while (iterator.hasNext()) {
      try {
        results.add(iterator.next());
      } catch (TaskFailedException e) {
        results.add(e);
      }
    }
    assertThat(results).hasSize(6).contains(0, 1, 2, 4, 5); // its neighbours succeed
    assertThat(results.get(3)).isInstanceOf(TaskFailedException.class);
    return (TaskFailedException) results.get(3);
  }

  @Test
  void anExceptionArrivesWithBothStacks() {
    TaskFailedException failure = failureOfThree(Work::throwsAtThree);
    assertThat(failure)
        .hasMessage(
            "item 3 of 6 failed: java.lang.IllegalArgumentException: three is not to my taste");
    assertThat(failure.kind()).isEqualTo(Kind.THREW);
    assertThat(failure.type()).isEqualTo("java.lang.IllegalArgumentException");
    assertThat(failure.getStackTrace()[0].toString())
        .contains("attempt 1: dev.podpool.local.Work.throwsAtThree(Work.java:");
    assertThat(failure.getStackTrace())
        .anyMatch(frame -> frame.getMethodName().equals("failureOfThree"));
  }

  @Test
  void aMapThrowsTheFirstFailure() {
    assertThatThrownBy(() -> pool.map(Work::throwsAtThree, List.of(1, 2, 3, 4)))
        .isInstanceOf(TaskFailedException.class)
        .hasMessageContaining("item 2 of 4")
        .hasMessageContaining("three is not to my taste");
  }

  @Test
  void anExceptionThatCannotBeSerializedArrivesAsText() {
    assertThatThrownBy(() -> pool.apply(Work::throwsUnserializable, 1))
        .isInstanceOf(TaskFailedException.class)
        .hasMessageContaining("Unserializable")
        .hasMessageContaining("lock inside");
  }

  @Test
  void aResultThatCannotBeEncodedIsItsItemsFailure() {
    Iterator<Work.Shy> results = pool.imap(Work::unreadableAtThree, List.of(2, 3, 4)).iterator();
    assertThat(results.next()).isEqualTo(new Work.Shy(2));
    assertThatThrownBy(results::next)
        .isInstanceOf(TaskFailedException.class)
        .hasMessageStartingWith("item 1 ")
        .hasMessageContaining("three does not say")
        .extracting(e -> ((TaskFailedException) e).kind())
        .isEqualTo(Kind.RESULT_NOT_ENCODED);
    assertThat(results.next()).isEqualTo(new Work.Shy(4));
  }

  @Test
  void anItemThatKillsItsWorkerEachTimeIsGivenUpAfterThreeAttempts() {
    TaskFailedException failure = failureOfThree(Work::killsItself);
    assertThat(failure)
        .isInstanceOf(WorkerLostException.class)
        .hasMessageContaining("item 3 of 6 killed its worker 3 times")
        .hasMessageContaining("SIGKILL");
    assertThat(((WorkerLostException) failure).exitCode()).isEqualTo(-9);
  }

  @Test
  void withOneAttemptAnItemThatKilledItsWorkerIsNotRunAgain() {
    TaskFailedException failure =
        failureOfThree(pool.with(JobOptions.defaults().withMaxAttempts(1)), Work::killsItself);
    assertThat(failure)
        .isInstanceOf(WorkerLostException.class)
        .hasMessageContaining("killed its worker once");
  }

  @Test
  void anItemThatExitsIsNamedWithItsExitCode() {
    TaskFailedException failure =
        failureOfThree(pool.with(JobOptions.defaults().withMaxAttempts(1)), Work::exits);
    assertThat(failure).isInstanceOf(WorkerLostException.class).hasMessageContaining("exit 5");
    assertThat(((WorkerLostException) failure).exitCode()).isEqualTo(5);
  }

  @Test
  void aStackOverflowIsAnOrdinaryFailure() {
    assertThat(failureOfThree(Work::overflowsTheStack).type())
        .isEqualTo("java.lang.StackOverflowError");
  }

  @Test
  void anItemThatExhaustsMemoryIsNamed() {
    TaskFailedException failure =
        failureOfThree(pool.with(JobOptions.defaults().withMaxAttempts(1)), Work::exhaustsMemory);
    assertThat(failure).hasMessageContaining("OutOfMemoryError");
  }

  @Test
  void anItemPastItsTimeoutIsStopped() {
    JobOptions options = JobOptions.defaults().withItemTimeout(Duration.ofMillis(500));
    TaskFailedException failure = failureOfThree(pool.with(options), Work::waitsForEver);
    assertThat(failure.kind()).isEqualTo(Kind.TIMED_OUT);
    assertThat(failure).hasMessageContaining("500");
  }

  @Test
  void anItemPastItsJobsDeadlineIsStopped() {
    JobOptions options = JobOptions.defaults().withDeadline(Duration.ofMillis(500));
    assertThatThrownBy(() -> pool.with(options).map(Work::waitsForEver, List.of(3, 3, 3)))
        .isInstanceOf(TaskFailedException.class)
        .extracting(e -> ((TaskFailedException) e).kind())
        .isEqualTo(Kind.EXPIRED);
  }

  @Test
  void aCancelledItemIsStopped() throws Exception {
    var waiting = pool.mapAsync(Work::waitsForEver, List.of(3, 3));
    assertThat(waiting.cancel(true)).isTrue();
    assertThat(waiting.isCancelled()).isTrue();
  }

  @Test
  void oneHundredMegabytesOfOutputHoldUpNothing() throws Exception {
    assertThat(pool.map(Work::prints, List.of(50, 50))).containsExactly(50, 50);
  }
}
