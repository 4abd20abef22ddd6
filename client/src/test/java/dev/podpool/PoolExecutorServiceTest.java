package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.function.CaptureException;
import dev.podpool.function.RemoteSupplier;
import dev.podpool.protocol.SubmitJob;
import java.io.Serializable;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PoolExecutorServiceTest {

  private static final Callable<Integer> SEVEN = (Callable<Integer> & Serializable) () -> 7;
  private static final Callable<Integer> FAILS =
      (Callable<Integer> & Serializable)
          () -> {
            throw new IllegalStateException("no");
          };

  private final FakeQueue queue = new FakeQueue();
  private final ExecutorService waiting = Pool.on(queue).asExecutorService();

  @Test
  void tasksRun() throws Exception {
    ExecutorService executor = Pool.inline().asExecutorService();
    assertThat(executor.submit(SEVEN).get()).isEqualTo(7);
    executor.shutdown();
    assertThat(executor.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    assertThat(executor.isTerminated()).isTrue();
  }

  @Test
  void aTaskThatCannotTravelIsRefusedWithTheRemedy() {
    Callable<Integer> local = () -> 7;
    assertThatThrownBy(() -> waiting.submit(local))
        .isInstanceOf(CaptureException.class)
        .hasMessageContaining("Callable<T> & Serializable");
  }

  @Test
  void afterShutdownTasksAreRejected() {
    waiting.shutdown();
    assertThat(waiting.isShutdown()).isTrue();
    assertThatThrownBy(() -> waiting.submit(SEVEN)).isInstanceOf(RejectedExecutionException.class);
  }

  @Test
  void invokeAllWaitsForAll() throws Exception {
    ExecutorService executor = Pool.inline().asExecutorService();
    List<Future<Integer>> all = executor.invokeAll(List.of(SEVEN, FAILS, SEVEN));
    assertThat(all).allMatch(Future::isDone);
    assertThat(all.get(0).get()).isEqualTo(7);
    assertThatThrownBy(all.get(1)::get).isInstanceOf(ExecutionException.class);
    assertThat(all.get(2).get()).isEqualTo(7);
  }

  @Test
  void invokeAllCancelsWhatHasNotEndedInTime() throws Exception {
    List<Future<Integer>> all = waiting.invokeAll(List.of(SEVEN, SEVEN), 1, TimeUnit.MILLISECONDS);
    assertThat(all).hasSize(2).allMatch(Future::isCancelled);
  }

  @Test
  void invokeAnyGivesTheFirstSuccess() throws Exception {
    ExecutorService executor = Pool.inline().asExecutorService();
    assertThat(executor.invokeAny(List.of(FAILS, SEVEN))).isEqualTo(7);
    assertThatThrownBy(() -> executor.invokeAny(List.of(FAILS, FAILS)))
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("no");
    assertThatThrownBy(() -> executor.invokeAny(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> waiting.invokeAny(List.of(SEVEN), 1, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
  }

  @Test
  void awaitTerminationEndsWithTheLastTaskOrInTime() throws Exception {
    Future<Integer> seven = waiting.submit(SEVEN);
    assertThat(waiting.awaitTermination(1, TimeUnit.MILLISECONDS)).isFalse(); // still open
    waiting.shutdown();
    assertThat(waiting.awaitTermination(1, TimeUnit.MILLISECONDS)).isFalse(); // still running
    assertThat(waiting.isTerminated()).isFalse();
    SubmitJob job = queue.submitted();
    queue.deliver(
        FakeQueue.results(
                job.getJobId(), 0, FakeQueue.ended(0, dev.podpool.protocol.ItemState.DEAD))
            .setLast(true));
    assertThat(waiting.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(seven::get).hasCauseInstanceOf(WorkerLostException.class);
  }

  @Test
  void shutdownNowCancelsWhatWaits() {
    Future<Integer> seven = waiting.submit(SEVEN);
    assertThat(waiting.shutdownNow()).isEmpty();
    assertThat(seven.isCancelled()).isTrue();
    assertThat(waiting.isTerminated()).isTrue();
  }

  @Test
  void aRemoteSupplierIsTakenWhereACallableIsWanted() throws Exception {
    RemoteSupplier<Integer> nine = () -> 9;
    try (Pool pool = Pool.inline()) {
      assertThat(pool.apply(nine)).isEqualTo(9);
    }
  }

  @Test
  void invokeAnyDoesNotWaitForCallbacks() throws Exception {
    Pool pool = Pool.inline();
    CountDownLatch mayGoOn = new CountDownLatch(1);
    BlockingQueue<Object> inCallback = new LinkedBlockingQueue<>();
    var unused =
        pool.applyAsync(PoolExecutorServiceTest::one)
            .onSuccess(
                one -> {
                  try {
                    inCallback.add(pool.asExecutorService().invokeAny(List.of(SEVEN)));
                    mayGoOn.await();
                  } catch (InterruptedException | ExecutionException e) {
                    inCallback.add(e);
                  }
                });
    assertThat(inCallback.poll(20, TimeUnit.SECONDS)).isEqualTo(7); // from within one
    // While one is busy.
    assertThat(pool.asExecutorService().invokeAny(List.of(SEVEN), 20, TimeUnit.SECONDS))
        .isEqualTo(7);
    mayGoOn.countDown();
    pool.close();
  }

  @Test
  void aTimeOutOfAnyLengthIsTaken() throws Exception {
    waiting.shutdown();
    assertThat(waiting.awaitTermination(Long.MAX_VALUE, TimeUnit.DAYS)).isTrue();
    ExecutorService open = Pool.on(new FakeQueue()).asExecutorService();
    assertThat(open.awaitTermination(Long.MIN_VALUE, TimeUnit.DAYS)).isFalse();
    assertThatThrownBy(() -> open.invokeAny(List.of(SEVEN), Long.MIN_VALUE, TimeUnit.DAYS))
        .isInstanceOf(TimeoutException.class);
    assertThat(open.invokeAll(List.of(SEVEN), Long.MIN_VALUE, TimeUnit.DAYS))
        .allMatch(Future::isCancelled);
  }

  static int one() {
    return 1;
  }
}
