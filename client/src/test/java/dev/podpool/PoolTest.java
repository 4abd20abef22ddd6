package dev.podpool;

import static dev.podpool.FakeQueue.results;
import static dev.podpool.FakeQueue.succeeded;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.protocol.Operation;
import dev.podpool.protocol.SubmitJob;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PoolTest {

  private final CountDownLatch mayClose = new CountDownLatch(1);
  private final FakeQueue queue = new FakeQueue(mayClose);
  private final Pool pool = Pool.on(queue);

  static int same(int n) {
    return n;
  }

  private void finish(SubmitJob job) {
    queue.deliver(results(job.getJobId(), 0, succeeded(0, job.getInputs())).setLast(true));
  }

  @Test
  void submittingAfterShutdownIsAnErrorInEveryForm() {
    pool.shutdown();
    pool.shutdown();
    assertThatThrownBy(() -> pool.applyAsync(PoolTest::same, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("shut down");
    assertThatThrownBy(() -> pool.map(PoolTest::same, List.of()))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> pool.imap(PoolTest::same, List.of(1)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> pool.with(JobOptions.defaults()).apply(PoolTest::same, 1))
        .isInstanceOf(IllegalStateException.class);
    assertThat(queue.sent).isEmpty();
  }

  @Test
  void joiningAnOpenPoolIsAnError() {
    assertThatThrownBy(pool::join)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("shut it down");
  }

  @Test
  void afterShutdownTheProcessesEndWithTheLastJobThoughNobodyJoins() throws Exception {
    mayClose.countDown();
    AsyncResult<Integer> result = pool.applyAsync(PoolTest::same, 1);
    pool.shutdown();
    assertThat(queue.closed.getCount()).isEqualTo(1);
    finish(queue.submitted());

    assertThat(queue.closed.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(result.join()).isEqualTo(1);
  }

  @Test
  void closeWaitsForResultsAndTheirCallbacks() {
    mayClose.countDown();
    List<Integer> seen = new ArrayList<>();
    AsyncResult<Integer> result = pool.applyAsync(PoolTest::same, 1);
    SubmitJob job = queue.submitted();
    var unused =
        result.onSuccess(
            n -> {
              pool.shutdown();
              seen.add(n);
            });
    finish(job);
    pool.close();
    pool.close();

    assertThat(seen).containsExactly(1);
    // Attached late: in this thread.
    unused = result.onSuccess(n -> seen.add(n + 1));
    assertThat(seen).containsExactly(1, 2);
    assertThat(result.toCompletableFuture()).isCompletedWithValue(1);
    // What it throws goes where it goes in the callbacks' thread.
    List<Throwable> thrown = new ArrayList<>();
    Thread.currentThread().setUncaughtExceptionHandler((thread, e) -> thrown.add(e));
    unused =
        result.onSuccess(
            n -> {
              throw new IllegalStateException("late");
            });
    Thread.currentThread().setUncaughtExceptionHandler(null);
    assertThat(thrown).hasSize(1);
  }

  @Test
  void aCallbackMayCloseThePoolWhileAnotherThreadDoes() throws Exception {
    CountDownLatch inCallback = new CountDownLatch(1);
    CountDownLatch callbackClosed = new CountDownLatch(1);
    AsyncResult<Integer> result = pool.applyAsync(PoolTest::same, 1);
    var unused =
        result.onSuccess(
            n -> {
              inCallback.countDown();
              pool.close();
              callbackClosed.countDown();
            });
    finish(queue.submitted());
    inCallback.await();
    Thread other = new Thread(pool::close);
    other.start();
    mayClose.countDown();
    pool.close();
    other.join(20_000);

    assertThat(other.isAlive()).isFalse();
    assertThat(callbackClosed.getCount()).isZero();
  }

  @Test
  void terminateCancelsWhatRunsAndTellsWhoWaits() throws Exception {
    mayClose.countDown();
    BlockingQueue<RuntimeException> errors = new LinkedBlockingQueue<>();
    AsyncResult<Integer> result = pool.applyAsync(PoolTest::same, 1).onError(errors::add);
    Results<Integer> flow = pool.imap(PoolTest::same, List.of(1));
    CountDownLatch joined = new CountDownLatch(1);
    pool.shutdown();
    new Thread(
            () -> {
              pool.close();
              joined.countDown();
            })
        .start();
    pool.terminate();
    pool.terminate();

    assertThat(joined.await(20, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(result::join)
        .isInstanceOf(CancellationException.class)
        .hasMessage("the pool was terminated");
    assertThat(errors.poll(20, TimeUnit.SECONDS)).isInstanceOf(CancellationException.class);
    assertThatThrownBy(() -> flow.iterator().next()).isInstanceOf(RuntimeException.class);
  }

  @Test
  void anInterruptedCloseTerminates() {
    mayClose.countDown();
    AsyncResult<Integer> result = pool.applyAsync(PoolTest::same, 1);
    Thread.currentThread().interrupt();
    pool.close();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(queue.closed.getCount()).isZero();
    assertThat(result.isCancelled()).isTrue();
  }

  @Test
  void aSubmissionThatRacesShutdownIsEitherRunOrRefused() throws Exception {
    mayClose.countDown();
    for (int round = 0; round < 200; round++) {
      FakeQueue racing = new FakeQueue();
      Pool raced = Pool.on(racing);
      BlockingQueue<Object> outcome = new LinkedBlockingQueue<>();
      Thread submitter =
          new Thread(
              () -> {
                try {
                  outcome.add(raced.applyAsync(PoolTest::same, 1));
                } catch (IllegalStateException e) {
                  outcome.add(e);
                }
              });
      submitter.start();
      raced.shutdown();
      if (outcome.take() instanceof AsyncResult<?> result) {
        assertThat(racing.closed.getCount()).isEqualTo(1); // not before its jobs have ended
        SubmitJob job = racing.submitted();
        racing.deliver(results(job.getJobId(), 0, succeeded(0, job.getInputs())).setLast(true));
        assertThat(result.join()).isEqualTo(1);
      }
      raced.close();
      assertThat(racing.closed.getCount()).isZero();
    }
  }

  @Test
  void limitsAreNamedWhereTheyAreBroken() {
    assertThatThrownBy(() -> new PoolOptions().workers(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("workers 0; give at least 1");
    assertThatThrownBy(() -> new PoolOptions().name("My Pool"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'My Pool'");
    assertThatThrownBy(() -> JobOptions.defaults().withChunkSize(0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> JobOptions.defaults().withItemTimeout(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void optionsReachTheQueue() {
    var unused =
        pool.with(
                JobOptions.defaults()
                    .withChunkSize(3)
                    .withPriority(-2)
                    .withMaxAttempts(1)
                    .withItemTimeout(Duration.ofSeconds(7)))
            .mapAsync(PoolTest::same, List.of(1));
    SubmitJob job = queue.submitted();
    assertThat(job.getChunk()).isEqualTo(3);
    assertThat(job.getPriority()).isEqualTo(-2);
    assertThat(job.getMaxAttempts()).isEqualTo(1);
    assertThat(job.getItemTimeoutMillis()).isEqualTo(7_000);
    assertThat(job.getPool()).isEqualTo("fake");
  }

  @Test
  void aCallbackMaySubmitAndWait() throws Exception {
    BlockingQueue<Integer> seen = new LinkedBlockingQueue<>();
    var unused =
        pool.applyAsync(PoolTest::same, 1)
            .onSuccess(
                n -> {
                  try {
                    seen.add(pool.apply(PoolTest::same, n + 1));
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    finish(queue.submitted());
    finish(queue.submitted());
    assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo(2);
  }

  @Test
  void getWrapsAndApplyDoesNot() {
    Pool inline = Pool.inline();
    assertThatThrownBy(() -> inline.apply(PoolTest::invert, 0))
        .isInstanceOf(TaskFailedException.class);
    assertThatThrownBy(() -> inline.applyAsync(PoolTest::invert, 0).get())
        .isInstanceOf(ExecutionException.class);
  }

  static int invert(int n) {
    return 10 / n;
  }

  @Test
  void aTimeOutOfAnyLengthIsTaken() throws Exception {
    for (Duration ages :
        List.of(Duration.ofDays(200_000), Duration.ofSeconds(Long.MAX_VALUE, 999_999_999))) {
      JobOptions options = JobOptions.defaults().withItemTimeout(ages).withDeadline(ages);
      AsyncResult<Integer> result = pool.with(options).applyAsync(PoolTest::same, 1);
      SubmitJob job = queue.submitted();
      assertThat(job.getItemTimeoutMillis()).isGreaterThanOrEqualTo(17_280_000_000_000L);
      assertThat(job.getDeadlineMillis()).isGreaterThanOrEqualTo(17_280_000_000_000L);
      finish(job);
      assertThat(result.await(ages)).isTrue();
      assertThat(new PoolOptions().itemTimeout(ages).initializerTimeout(ages).itemTimeout())
          .isEqualTo(ages);
    }
    AsyncResult<Integer> never = pool.applyAsync(PoolTest::same, 1);
    assertThat(never.await(Duration.ofSeconds(Long.MIN_VALUE))).isFalse();
  }

  static final class Probe {
    static Runnable whileEncoding = () -> {};

    public int getValue() {
      whileEncoding.run();
      return 1;
    }
  }

  static int probe(Probe probe) {
    return 1;
  }

  @Test
  void aJobThatEndsWhileItsInputsAreEncodedIsNotSubmitted() {
    mayClose.countDown();
    Probe.whileEncoding = pool::terminate;
    try {
      AsyncResult<Integer> result = pool.applyAsync(PoolTest::probe, new Probe());
      assertThat(result.isCancelled()).isTrue();
    } finally {
      Probe.whileEncoding = () -> {};
    }
    assertThat(queue.sent).noneMatch(operation -> operation.hasSubmitJob());
  }

  @Test
  void aJobThatEndsWhileItIsSubmittedIsReleasedAfterwards() {
    mayClose.countDown();
    List<Runnable> submissions =
        List.of(
            () -> pool.applyAsync(PoolTest::same, 1).isReady(),
            () -> pool.imap(PoolTest::same, List.of(1)));
    for (Runnable submission : submissions) {
      queue.beforeSend =
          operation -> {
            if (operation.hasSubmitJob()) {
              pool.client().jobs().forEach(job -> job.fail(CancellationException::new));
            }
          };
      submission.run();
      queue.beforeSend = operation -> {};
      List<Operation> operations = new ArrayList<>();
      queue.sent.drainTo(operations);
      int submitted = indexOf(operations, Operation::hasSubmitJob);
      assertThat(operations.subList(submitted, operations.size()))
          .anyMatch(Operation::hasReleaseJob);
    }
  }

  private static int indexOf(List<Operation> operations, Predicate<Operation> wanted) {
    int index = 0;
    while (!wanted.test(operations.get(index))) {
      index++;
    }
    return index;
  }
}
