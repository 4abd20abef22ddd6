package dev.podpool.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.AsyncResult;
import dev.podpool.JobOptions;
import dev.podpool.Pool;
import dev.podpool.PoolOptions;
import dev.podpool.Progress;
import dev.podpool.Results;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class LocalPoolTest {

  private static Pool pool;

  @BeforeAll
  static void open() {
    pool = Pool.local(2);
  }

  @AfterAll
  static void close() {
    pool.close();
  }

  @Test
  void itemsRunInOtherProcesses() throws Exception {
    assertThat(pool.map(Work::pid, List.of(1, 2, 3))).doesNotContain(ProcessHandle.current().pid());
  }

  @Test
  void anEndlessInputIsTakenAWindowAtATime() {
    int count = 0;
    try (Results<Integer> flow = pool.imap(Work::same, IntStream.iterate(0, i -> i + 1).boxed())) {
      for (int n : flow) {
        assertThat(n).isEqualTo(count++);
        if (count == 10_000) {
          break;
        }
      }
    }
    assertThat(count).isEqualTo(10_000);
  }

  @Test
  void anInputMayWaitForTheResultOfTheOneBeforeWhateverTheChunkSize() throws Exception {
    BlockingQueue<Integer> feedback = new LinkedBlockingQueue<>(List.of(1));
    Stream<Integer> inputs =
        Stream.generate(
            () -> {
              try {
                return feedback.take();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    try (Results<Integer> flow =
        pool.with(JobOptions.defaults().withChunkSize(10)).imap(Work::same, inputs)) {
      int last = 0;
      for (int n : flow) {
        last = n;
        if (n == 20) {
          break;
        }
        feedback.add(n + 1);
      }
      assertThat(last).isEqualTo(20);
    }
  }

  @Test
  void unorderedResultsAreAllThere() {
    List<Integer> seen = new ArrayList<>();
    pool.imapUnordered(Work::slowSame, IntStream.range(0, 100).boxed().toList()).forEach(seen::add);
    assertThat(seen).containsExactlyInAnyOrderElementsOf(IntStream.range(0, 100).boxed().toList());
  }

  @Test
  void progressEndsWithAllDone() throws Exception {
    BlockingQueue<Progress> seen = new LinkedBlockingQueue<>();
    AsyncResult<List<Integer>> result =
        pool.mapAsync(Work::slowSame, IntStream.range(0, 100).boxed().toList())
            .onProgress(seen::add);
    result.get();
    Progress last = new Progress(0, 0, 0);
    while (last.done() < 100) {
      Progress next = seen.poll(20, TimeUnit.SECONDS);
      assertThat(next).isNotNull();
      assertThat(next.done()).isGreaterThanOrEqualTo(last.done());
      last = next;
    }
    assertThat(last).isEqualTo(new Progress(100, 0, 100));
  }

  @Test
  void theExecutorViewRunsCallables() throws Exception {
    Callable<Integer> task = (Callable<Integer> & java.io.Serializable) () -> 6 * 7;
    assertThat(pool.asExecutorService().invokeAll(Collections.nCopies(5, task)))
        .allMatch(future -> future.isDone());
  }

  @Test
  void higherPriorityGoesFirst() throws Exception {
    try (Pool one = Pool.local(1);
        ServerSocket gate = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      // More than a worker takes ahead of need, so that what comes behind waits in the queue.
      List<Integer> blockers = new ArrayList<>(Collections.nCopies(20_000, 0));
      blockers.set(0, gate.getLocalPort());
      AsyncResult<List<Integer>> blocker = one.mapAsync(Work::waitsAtGate, blockers);
      Socket held = gate.accept();
      var low = one.applyAsync(Work::callsOfThisProcess, 0);
      var high =
          one.with(JobOptions.defaults().withPriority(5)).applyAsync(Work::callsOfThisProcess, 0);
      held.close();
      assertThat(List.of(high.get(), low.get())).containsExactly(1, 2);
      blocker.get();
    }
  }

  @Test
  void aProcessIsReplacedAfterItsMostTasks() throws Exception {
    try (Pool fresh = Pool.local(new PoolOptions().workers(1).maxTasksPerWorker(2))) {
      assertThat(fresh.map(Work::callsOfThisProcess, List.of(0, 0, 0, 0, 0, 0)))
          .containsExactly(1, 2, 1, 2, 1, 2);
    }
  }

  @Test
  void whatFunctionsPrintIsThereWhenThePoolHasClosed() throws Exception {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream to = new PrintStream(printed, true, StandardCharsets.UTF_8);
    try (Pool talking = Pool.local(new PoolOptions().workers(1).output(to, to))) {
      talking.apply(Work::hello, "wörld");
    }
    assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualTo("hello wörld\n");
  }

  @Test
  void whatAFunctionPrintsIsThereBeforeItsResult() throws Exception {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream to = new PrintStream(printed, true, StandardCharsets.UTF_8);
    try (Pool talking = Pool.local(new PoolOptions().workers(1).output(to, to))) {
      for (int i = 0; i < 500; i++) {
        talking.apply(Work::hello, "apply " + i);
        assertThat(printed.toString(StandardCharsets.UTF_8)).endsWith("hello apply " + i + "\n");
      }
      List<String> names = IntStream.range(0, 500).mapToObj(i -> "imap " + i).toList();
      int i = 0;
      for (int ignored : talking.imap(Work::hello, names)) {
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("hello imap " + i++ + "\n");
      }
    }
  }

  @Test
  void optionsThatChangeAfterTheStartChangeNothing() throws Exception {
    PoolOptions options = new PoolOptions().workers(1).name("before");
    try (Pool started = Pool.local(options)) {
      options.name("after").workers(5);
      assertThat(started.apply(Work::square, 3)).isEqualTo(9);
    }
  }

  @Test
  void aTimeOutOfAnyLengthIsTaken() throws Exception {
    Duration ages = Duration.ofSeconds(Long.MAX_VALUE);
    PoolOptions options = new PoolOptions().workers(1).initializerTimeout(ages).itemTimeout(ages);
    try (Pool patient = Pool.local(options)) {
      assertThat(
              patient
                  .with(JobOptions.defaults().withDeadline(ages))
                  .map(Work::slowSame, List.of(1, 2, 3)))
          .containsExactly(1, 2, 3);
    }
  }
}
