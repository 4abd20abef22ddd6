package dev.podpool;

import static dev.podpool.FakeQueue.ended;
import static dev.podpool.FakeQueue.only;
import static dev.podpool.FakeQueue.results;
import static dev.podpool.FakeQueue.slice;
import static dev.podpool.FakeQueue.succeeded;
import static dev.podpool.FakeQueue.threw;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.podpool.function.EncodeException;
import dev.podpool.protocol.ConfirmResults;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.JobResults;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.SubmitJob;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class AsyncResultTest {

  private final FakeQueue queue = new FakeQueue();
  private final Pool pool = Pool.on(queue);

  static int same(int n) {
    return n;
  }

  private static List<Integer> numbers(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  private static Outcome result(SubmitJob job, int index) {
    return succeeded(index, only(job.getInputs(), index));
  }

  @Test
  void resultsAreInInputOrderHoweverTheyCome() throws Exception {
    AsyncResult<List<Integer>> result = pool.mapAsync(AsyncResultTest::same, numbers(5));
    SubmitJob job = queue.submitted();
    queue.deliver(
        results(job.getJobId(), 0, result(job, 4), succeeded(1, slice(job.getInputs(), 1, 4))));
    assertThat(result.isReady()).isFalse();
    queue.deliver(results(job.getJobId(), 2, result(job, 0)).setLast(true));

    assertThat(result.get()).containsExactly(0, 1, 2, 3, 4);
    assertThat(result.get()).isSameAs(result.join());
  }

  @Test
  void acceptanceIsWaitedForAndARefusalIsTold() throws Exception {
    AsyncResult<Integer> accepted = pool.applyAsync(AsyncResultTest::same, 1);
    queue.client().onDone(queue.next());
    accepted.awaitAccepted();
    assertThat(accepted.isReady()).isFalse();

    AsyncResult<Integer> refused = pool.applyAsync(AsyncResultTest::same, 1);
    Refusal noPool = Refusal.newBuilder().setCode(ErrorCode.POOL_UNKNOWN).build();
    queue.refuse(queue.next(), noPool);
    assertThatThrownBy(refused::awaitAccepted).isInstanceOf(NotFoundException.class);
    assertThatThrownBy(refused::join).isInstanceOf(NotFoundException.class);
  }

  @Test
  void outcomesThatComeAgainAfterAReconnectCountOnce() throws Exception {
    AsyncResult<List<Integer>> result = pool.mapAsync(AsyncResultTest::same, numbers(3));
    SubmitJob job = queue.submitted();
    queue.deliver(results(job.getJobId(), 0, result(job, 0), result(job, 1)));
    queue.deliver(results(job.getJobId(), 0, result(job, 0), result(job, 1)));
    queue.deliver(results(job.getJobId(), 1, result(job, 1), result(job, 2)).setLast(true));

    assertThat(result.get()).containsExactly(0, 1, 2);
    assertThat(result.progress()).isEqualTo(new Progress(3, 0, 3));
  }

  @Test
  void aLongJobConfirmsWhatHasArrivedSoThatMoreIsDelivered() {
    var unused = pool.mapAsync(AsyncResultTest::same, numbers(300));
    SubmitJob job = queue.submitted();
    JobResults.Builder batch = results(job.getJobId(), 0);
    for (int i = 0; i < 256; i++) {
      batch.addOutcomes(result(job, i));
    }
    queue.deliver(batch);

    assertThat(queue.next().getConfirmResults().getPosition()).isEqualTo(256);
  }

  @Test
  void aJobThatHasEndedIsReleasedInTheQueue() {
    AsyncResult<Integer> result = pool.applyAsync(AsyncResultTest::same, 7);
    SubmitJob job = queue.submitted();
    queue.deliver(results(job.getJobId(), 0, result(job, 0)).setLast(true));

    assertThat(queue.next().getReleaseJob().getJobId()).isEqualTo(job.getJobId());
    assertThat(result.join()).isEqualTo(7);
  }

  @Test
  void progressIsKnownFromTheStartAndTellsFailures() throws Exception {
    AsyncResult<List<Integer>> result = pool.mapAsync(AsyncResultTest::same, numbers(3));
    assertThat(result.progress()).isEqualTo(new Progress(0, 0, 3));
    BlockingQueue<Progress> seen = new LinkedBlockingQueue<>();
    var unused = result.onProgress(seen::add);
    assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo(new Progress(0, 0, 3));

    SubmitJob job = queue.submitted();
    queue.deliver(results(job.getJobId(), 0, result(job, 0), threw(1, "java.lang.Error", "no")));
    assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo(new Progress(2, 1, 3));
  }

  @Test
  void theFirstFailureEndsAMapAndCancelsTheRest() {
    AsyncResult<List<Integer>> result = pool.mapAsync(AsyncResultTest::same, numbers(100));
    SubmitJob job = queue.submitted();
    queue.deliver(
        results(
            job.getJobId(),
            0,
            threw(7, "java.lang.ArithmeticException", "/ by zero", "at a.B.c(B.java:12)")));

    assertThat(queue.next().hasReleaseJob()).isTrue();
    assertThat(result.isReady()).isTrue();
    assertThat(result.isSuccessful()).isFalse();
    assertThat(result.isCancelled()).isFalse();
    assertThatThrownBy(result::join)
        .isInstanceOf(TaskFailedException.class)
        .hasMessage("item 7 of 100 failed: java.lang.ArithmeticException: / by zero")
        .satisfies(
            e -> {
              assertThat(((TaskFailedException) e).index()).isEqualTo(7);
              assertThat(e.getStackTrace()[0])
                  .hasToString("worker w-1, attempt 1: a.B.c(B.java:12)");
              // The caller's frames follow, without Podpool's own.
              assertThat(e.getStackTrace()[1].getClassName()).startsWith("org.assertj");
            });
    assertThatThrownBy(result::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(TaskFailedException.class);
  }

  @Test
  void callbacksRunInTheOrderInWhichTheyWereAddedAndOneThatThrowsHoldsUpNothing() throws Exception {
    AsyncResult<Integer> result = pool.applyAsync(AsyncResultTest::same, 7);
    List<String> order = new ArrayList<>();
    BlockingQueue<Throwable> thrown = new LinkedBlockingQueue<>();
    var unused = result.onSuccess(n -> order.add("first " + n));
    unused =
        result.onSuccess(
            n -> {
              Thread.currentThread().setUncaughtExceptionHandler((thread, e) -> thrown.add(e));
              throw new IllegalStateException("mine");
            });
    unused = result.onError(e -> order.add("never"));
    unused = result.onSuccess(n -> order.add("second " + n));
    var stage = result.toCompletableFuture();
    SubmitJob job = queue.submitted();
    queue.deliver(results(job.getJobId(), 0, result(job, 0)).setLast(true));

    assertThat(stage.get(20, TimeUnit.SECONDS)).isEqualTo(7);
    pool.close(); // waits for callbacks
    assertThat(order).containsExactly("first 7", "second 7");
    assertThat(thrown.poll()).hasMessage("mine");
  }

  @Test
  void aMapsCallbackGetsTheWholeListOnce() throws Exception {
    BlockingQueue<List<Integer>> lists = new LinkedBlockingQueue<>();
    var unused = pool.mapAsync(AsyncResultTest::same, numbers(2)).onSuccess(lists::add);
    SubmitJob job = queue.submitted();
    queue.deliver(results(job.getJobId(), 0, result(job, 0)));
    queue.deliver(results(job.getJobId(), 1, result(job, 1)).setLast(true));
    pool.close();

    assertThat(lists).containsExactly(List.of(0, 1));
  }

  @Test
  void aTimeoutLeavesTheTaskRunning() throws Exception {
    AsyncResult<Integer> result = pool.applyAsync(AsyncResultTest::same, 7);
    assertThatThrownBy(() -> result.get(1, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class)
        .hasMessage("no result within 1 milliseconds; the task goes on");
    assertThat(result.await(Duration.ZERO)).isFalse();
    assertThatThrownBy(result::isSuccessful).isInstanceOf(IllegalStateException.class);

    SubmitJob job = queue.submitted();
    queue.deliver(results(job.getJobId(), 0, result(job, 0)).setLast(true));
    assertThat(result.await(Duration.ofSeconds(Long.MAX_VALUE))).isTrue();
    assertThat(result.isSuccessful()).isTrue();
  }

  @Test
  void cancelEndsAJobOnceAndWhatComesLateChangesNothing() {
    AsyncResult<Integer> result = pool.applyAsync(AsyncResultTest::same, 7);
    SubmitJob job = queue.submitted();
    assertThat(result.cancel(true)).isTrue();
    assertThat(result.cancel(true)).isFalse();
    assertThat(queue.next().hasReleaseJob()).isTrue();
    queue.deliver(results(job.getJobId(), 0, result(job, 0)).setLast(true));

    assertThat(result.isCancelled()).isTrue();
    assertThat(result.isDone()).isTrue();
    assertThatThrownBy(result::get).isInstanceOf(CancellationException.class);
    assertThatThrownBy(result::join).isInstanceOf(CancellationException.class);
  }

  @Test
  void aJobCancelledByAnotherClientIsCancelledHere() {
    AsyncResult<Integer> result = pool.applyAsync(AsyncResultTest::same, 7);
    SubmitJob job = queue.submitted();
    queue.deliver(results(job.getJobId(), 0, ended(0, ItemState.CANCELLED)).setLast(true));

    assertThat(result.isCancelled()).isTrue();
    assertThatThrownBy(result::get)
        .isInstanceOf(CancellationException.class)
        .hasMessage("the task was cancelled");
  }

  @Test
  void aDeadlineThatPassedIsAnErrorThatSaysSo() {
    AsyncResult<Integer> result =
        pool.with(JobOptions.defaults().withDeadline(Duration.ofMillis(5)))
            .applyAsync(AsyncResultTest::same, 7);
    SubmitJob job = queue.submitted();
    assertThat(job.getDeadlineMillis()).isEqualTo(5);
    queue.deliver(results(job.getJobId(), 0, ended(0, ItemState.EXPIRED)).setLast(true));

    assertThatThrownBy(result::join)
        .isInstanceOf(TaskFailedException.class)
        .hasMessageContaining("deadline")
        .extracting(e -> ((TaskFailedException) e).kind())
        .isEqualTo(TaskFailedException.Kind.EXPIRED);
  }

  @Test
  void aRefusalReachesWhoWaitsAndFreesWhatTheQueueTookBefore() {
    AsyncResult<Integer> result = pool.applyAsync(AsyncResultTest::same, 7);
    Operation submission = queue.next();
    queue.refuse(
        submission,
        Refusal.newBuilder()
            .setCode(ErrorCode.QUEUE_FULL)
            .setMessage("pool 'fake' holds 10 bytes; retry later")
            .build());

    assertThat(queue.next().hasReleaseJob()).isTrue();
    assertThatThrownBy(result::join)
        .isExactlyInstanceOf(PodpoolException.class)
        .hasMessage("QUEUE_FULL: pool 'fake' holds 10 bytes; retry later");
    assertThatThrownBy(result::get).hasCauseExactlyInstanceOf(PodpoolException.class);
  }

  @Test
  void whenTheQueueIsGoneWhoWaitsIsToldAndSoIsWhoSubmits() {
    AsyncResult<Integer> result = pool.applyAsync(AsyncResultTest::same, 7);
    queue
        .client()
        .onEnd(Refusal.newBuilder().setCode(ErrorCode.QUEUE_BROKEN).setMessage("it broke").build());

    assertThatThrownBy(result::join).hasMessage("QUEUE_BROKEN: it broke");
    assertThatThrownBy(() -> pool.applyAsync(AsyncResultTest::same, 8))
        .isInstanceOf(PodpoolException.class)
        .hasMessage("QUEUE_BROKEN: it broke");
    pool.close();
  }

  @Test
  void anInputThatCannotTravelWithdrawsTheJobAndIsNamed() throws Exception {
    List<Object> inputs = new ArrayList<>(numbers(20_000));
    inputs.set(17_000, "seventeen thousand");
    @SuppressWarnings({"unchecked", "rawtypes"})
    List<Integer> wrong = (List) inputs;
    assertThatThrownBy(() -> pool.mapAsync(AsyncResultTest::same, wrong))
        .isInstanceOf(EncodeException.class)
        .hasMessageContaining("input 17000");
    assertThat(queue.submitted().getComplete()).isFalse();
    assertThat(queue.next().hasReleaseJob()).isTrue();
    pool.close(); // waits for nothing
  }

  @Test
  void aLargeInputTravelsInSeveralOperations() throws Exception {
    AsyncResult<List<Integer>> result = pool.mapAsync(AsyncResultTest::same, numbers(20_000));
    SubmitJob job = queue.submitted();
    var more = queue.added();
    assertThat(job.getComplete()).isFalse();
    assertThat(more.getFirst()).isEqualTo(job.getInputs().getCount());
    assertThat(more.getComplete()).isTrue();
    assertThat(job.getChunk()).isEqualTo(20_000 / (4 * 4)); // as multiprocessing

    Payloads first = job.getInputs();
    queue.deliver(
        results(
                job.getJobId(),
                0,
                succeeded(0, first),
                succeeded(first.getCount(), more.getInputs()))
            .setLast(true));
    assertThat(result.get()).isEqualTo(numbers(20_000));
  }

  @Test
  void aMapOfNothingIsAnEmptyList() {
    AsyncResult<List<Integer>> result = pool.mapAsync(AsyncResultTest::same, numbers(0));
    SubmitJob job = queue.submitted();
    assertThat(job.getComplete()).isTrue();
    queue.deliver(results(job.getJobId(), 0).setLast(true));
    assertThat(result.join()).isEmpty();
  }

  @Test
  void anInterruptedCallCancelsWhatItStarted() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    List<Throwable> thrown = new ArrayList<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                pool.apply(AsyncResultTest::same, 7);
              } catch (InterruptedException e) {
                thrown.add(e);
              }
              ended.countDown();
            });
    caller.start();
    SubmitJob job = queue.submitted();
    caller.interrupt();
    assertThat(queue.next().getReleaseJob().getJobId()).isEqualTo(job.getJobId());
    assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(thrown).hasSize(1);
  }

  @ParameterizedTest(name = "round {0}")
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void aListenerThatIsAddedMeanwhileDoesNotTurnProgressBack(int round) throws Exception {
    int items = 3000;
    AsyncResult<List<Integer>> result = pool.mapAsync(AsyncResultTest::same, numbers(items));
    SubmitJob job = queue.submitted();
    Thread listening =
        new Thread(
            () -> {
              while (!result.isReady()) {
                var unused = result.onProgress(progress -> {});
              }
            });
    listening.start();
    for (int i = 0; i < items; i++) {
      queue.deliver(results(job.getJobId(), i, result(job, i)).setLast(i == items - 1));
      assertThat(result.progress().done()).isEqualTo(i + 1);
    }
    listening.join();
    assertThat(result.progress()).isEqualTo(new Progress(items, 0, items));
  }

  @Test
  void theNewestListenerHearsOfTheEndThoughAnOlderOneWasDue() throws Exception {
    CountDownLatch mayGoOn = new CountDownLatch(1);
    CountDownLatch busy = new CountDownLatch(1);
    AsyncResult<Integer> result = pool.applyAsync(AsyncResultTest::same, 7);
    SubmitJob job = queue.submitted();
    var unused =
        result.onProgress(
            progress -> {
              busy.countDown();
              try {
                mayGoOn.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    busy.await();
    queue.deliver(results(job.getJobId(), 0, result(job, 0)).setLast(true)); // makes it due again
    BlockingQueue<Progress> seen = new LinkedBlockingQueue<>();
    unused = result.onProgress(seen::add);
    mayGoOn.countDown();
    assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo(new Progress(1, 0, 1));
  }

  @Test
  void aStageEndsThoughCallbacksAreBusyAndMayBeWaitedForInOne() throws Exception {
    AsyncResult<Integer> first = pool.applyAsync(AsyncResultTest::same, 7);
    SubmitJob firstJob = queue.submitted();
    AsyncResult<Integer> second = pool.applyAsync(AsyncResultTest::same, 8);
    SubmitJob secondJob = queue.submitted();
    BlockingQueue<Integer> seen = new LinkedBlockingQueue<>();
    var stage = second.toCompletableFuture();
    var unused = first.onSuccess(n -> seen.add(stage.join()));
    queue.deliver(results(firstJob.getJobId(), 0, result(firstJob, 0)).setLast(true));
    queue.deliver(results(secondJob.getJobId(), 0, result(secondJob, 0)).setLast(true));
    assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo(8);
  }

  record Grumpy(int n) {
    static final int NEVER = Integer.parseInt("not a number");
  }

  static Grumpy grumpy(int n) {
    return new Grumpy(n);
  }

  @Test
  void anErrorWhileDecodingIsAFailureForAllWhoWait() throws Exception {
    AsyncResult<Grumpy> result = pool.applyAsync(AsyncResultTest::grumpy, 7);
    BlockingQueue<RuntimeException> errors = new LinkedBlockingQueue<>();
    var unused = result.onError(errors::add);
    var stage = result.toCompletableFuture();
    SubmitJob job = queue.submitted();
    byte[] json = "{\"n\":7}".getBytes(StandardCharsets.UTF_8);
    ByteString data =
        ByteString.copyFrom(new byte[] {(byte) json.length}).concat(ByteString.copyFrom(json));
    Payloads seven = Payloads.newBuilder().setCount(1).setData(data).build();
    queue.deliver(results(job.getJobId(), 0, succeeded(0, seven)).setLast(true));

    assertThat(errors.poll(20, TimeUnit.SECONDS))
        .isInstanceOf(TaskFailedException.class)
        .hasMessageContaining("can't be decoded here");
    assertThatThrownBy(() -> stage.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(TaskFailedException.class);
    assertThatThrownBy(result::get).hasCauseInstanceOf(TaskFailedException.class);
    assertThat(result.isSuccessful()).isFalse();
  }

  // ---- what others did to the job

  private static Refusal refusal(ErrorCode code) {
    return Refusal.newBuilder().setCode(code).setMessage("as it was").build();
  }

  @Test
  void aJobWhoseCodeTheQueueHasForgottenIsSubmittedOnceMore() {
    AsyncResult<Integer> result = pool.applyAsync(AsyncResultTest::same, 7);
    Operation submission = queue.next();
    queue.refuse(submission, refusal(ErrorCode.BLOB_UNKNOWN));
    assertThat(queue.next()).isEqualTo(submission);
    assertThat(queue.codeWasGone).hasValue(1);

    queue.refuse(submission, refusal(ErrorCode.BLOB_UNKNOWN));
    assertThatThrownBy(result::join).hasMessage("BLOB_UNKNOWN: as it was");
  }

  @Test
  void codeThatCannotBeSentIsTheSubmittersAndLeavesNoJob() {
    queue.codeFails = true;
    assertThatThrownBy(() -> pool.map(AsyncResultTest::same, List.of(1)))
        .hasMessage("no room for the code");
    assertThatThrownBy(() -> pool.imap(AsyncResultTest::same, List.of(1)))
        .hasMessage("no room for the code");
    pool.close(); // and waits for nothing
  }

  @Test
  void aJobThatIsNotThereAnyMoreBreaksWhoConfirmsItsResults() {
    AsyncResult<List<Integer>> result = pool.mapAsync(AsyncResultTest::same, List.of(1, 2));
    SubmitJob job = queue.submitted();
    Operation confirmation =
        Operation.newBuilder()
            .setConfirmResults(ConfirmResults.newBuilder().setJobId(job.getJobId()))
            .build();
    queue.refuse(confirmation, refusal(ErrorCode.JOB_UNKNOWN));
    assertThatThrownBy(result::join).hasMessage("JOB_UNKNOWN: as it was");
  }

  @Test
  void aJobOfWhichResultsAreMissingBreaks() {
    AsyncResult<List<Integer>> result = pool.mapAsync(AsyncResultTest::same, List.of(1, 2));
    SubmitJob job = queue.submitted();
    queue.deliver(results(job.getJobId(), 1, succeeded(1, only(job.getInputs(), 1))));
    assertThatThrownBy(result::join).hasMessageContaining("read and dropped by its submitter");
  }
}
