package dev.podpool;

import static dev.podpool.FakeQueue.results;
import static dev.podpool.FakeQueue.succeeded;
import static dev.podpool.FakeQueue.threw;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.podpool.function.CaptureException;
import dev.podpool.function.EncodeException;
import dev.podpool.protocol.AddItems;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.SubmitJob;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ResultsTest {

  private final FakeQueue queue = new FakeQueue();
  private final Pool pool = Pool.on(queue);

  static int same(int n) {
    return n;
  }

  private static Iterable<Integer> endless(AtomicInteger taken) {
    return () -> IntStream.generate(taken::getAndIncrement).boxed().iterator();
  }

  /** Takes one item from the client, and gives it back as its result. */
  private void echo(ByteString job, long position) {
    AddItems items = queue.added();
    queue.deliver(results(job, position, succeeded(items.getFirst(), items.getInputs())));
  }

  @Test
  void anEndlessInputIsTakenOnlyAWindowAhead() {
    AtomicInteger taken = new AtomicInteger();
    Results<Integer> squares =
        pool.with(JobOptions.defaults().withWindow(3)).imap(ResultsTest::same, endless(taken));
    SubmitJob job = queue.submitted();
    assertThat(job.getDiscardConfirmed()).isTrue();
    echo(job.getJobId(), 0);
    echo(job.getJobId(), 1);
    echo(job.getJobId(), 2);
    assertThat(queue.sent).isEmpty(); // all three are here, and none was consumed

    Iterator<Integer> results = squares.iterator();
    for (int i = 0; i < 1000; i++) {
      assertThat(results.next()).isEqualTo(i);
      echo(job.getJobId(), 3 + i);
      assertThat(taken.get()).isLessThanOrEqualTo(i + 5);
    }
    squares.close();
    pool.close();
    assertThat(queue.sent).anyMatch(operation -> operation.hasReleaseJob());
  }

  @Test
  void orderedResultsWaitForTheirTurnAndUnorderedOnesDoNot() {
    for (boolean ordered : new boolean[] {true, false}) {
      Stream<Integer> inputs = Stream.of(10, 11, 12);
      Results<Integer> flow =
          ordered
              ? pool.imap(ResultsTest::same, inputs)
              : pool.imapUnordered(ResultsTest::same, inputs);
      SubmitJob job = queue.submitted();
      List<AddItems> items = List.of(queue.added(), queue.added(), queue.added());
      assertThat(queue.next().hasEndItems()).isTrue();
      long position = 0;
      for (int index : new int[] {2, 0, 1}) {
        queue.deliver(
            results(job.getJobId(), position++, succeeded(index, items.get(index).getInputs()))
                .setLast(position == 3));
      }
      List<Integer> seen = new ArrayList<>();
      flow.forEach(seen::add);
      assertThat(seen).isEqualTo(ordered ? List.of(10, 11, 12) : List.of(12, 10, 11));
      assertThat(queue.next().hasReleaseJob()).isTrue();
    }
  }

  @Test
  void anErrorDoesNotEndTheIteration() {
    Results<Integer> flow = pool.imap(ResultsTest::same, List.of(0, 1, 2));
    SubmitJob job = queue.submitted();
    AddItems items = queue.added(); // a collection's inputs travel together
    assertThat(items.getInputs().getCount()).isEqualTo(3);
    queue.deliver(
        results(
                job.getJobId(),
                0,
                succeeded(0, FakeQueue.only(items.getInputs(), 0)),
                threw(1, "java.lang.Error", "no"),
                succeeded(2, FakeQueue.only(items.getInputs(), 2)))
            .setLast(true));

    Iterator<Integer> results = flow.iterator();
    assertThat(results.next()).isEqualTo(0);
    assertThatThrownBy(results::next)
        .isInstanceOf(TaskFailedException.class)
        .hasMessage("item 1 of 3 failed: java.lang.Error: no");
    assertThat(results.next()).isEqualTo(2);
    assertThat(results.hasNext()).isFalse();
    assertThatThrownBy(results::next).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void whatTheInputsThrowComesBehindTheResultsOfThoseBefore() {
    Iterator<Integer> inputs = List.of(5).iterator();
    Iterator<Integer> breaking =
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            return true;
          }

          @Override
          public Integer next() {
            if (inputs.hasNext()) {
              return inputs.next();
            }
            throw new IllegalStateException("the file is torn");
          }
        };
    Results<Integer> flow = pool.imap(ResultsTest::same, () -> breaking);
    SubmitJob job = queue.submitted();
    echo(job.getJobId(), 0);
    assertThat(queue.next().hasEndItems()).isTrue();

    Iterator<Integer> results = flow.iterator();
    assertThat(results.next()).isEqualTo(5);
    assertThatThrownBy(results::hasNext).hasMessage("the file is torn");
    assertThat(results.hasNext()).isFalse();
  }

  @Test
  void anInputThatCannotTravelComesBehindTheResultsOfThoseBefore() {
    List<Object> inputs = List.of(5, 6, "seven", 8);
    @SuppressWarnings({"unchecked", "rawtypes"})
    List<Integer> wrong = (List) inputs;
    Results<Integer> flow = pool.imap(ResultsTest::same, wrong);
    SubmitJob job = queue.submitted();
    echo(job.getJobId(), 0);
    assertThat(queue.next().hasEndItems()).isTrue();

    Iterator<Integer> results = flow.iterator();
    assertThat(results.next()).isEqualTo(5);
    assertThat(results.next()).isEqualTo(6);
    assertThatThrownBy(results::next)
        .isInstanceOf(EncodeException.class)
        .hasMessageContaining("input 2");
    assertThat(results.hasNext()).isFalse();
  }

  @Test
  void anInputMayWaitForAnEarlierResult() throws Exception {
    SynchronousQueue<Integer> feedback = new SynchronousQueue<>();
    Iterator<Integer> inputs =
        new Iterator<>() {
          private int taken;

          @Override
          public boolean hasNext() {
            return taken < 3;
          }

          @Override
          public Integer next() {
            try {
              return taken++ == 0 ? 1 : feedback.take() * 2;
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
        };
    Results<Integer> flow = pool.imap(ResultsTest::same, () -> inputs);
    SubmitJob job = queue.submitted();
    Iterator<Integer> results = flow.iterator();
    echo(job.getJobId(), 0);
    assertThat(results.next()).isEqualTo(1);
    feedback.put(1);
    echo(job.getJobId(), 1);
    assertThat(results.next()).isEqualTo(2);
    feedback.put(2);
    echo(job.getJobId(), 2);
    assertThat(results.next()).isEqualTo(4);
    assertThat(results.hasNext()).isFalse();
  }

  @Test
  void closingInterruptsAnInputThatNobodyWantsAnyMoreAndClosesTheStream() throws Exception {
    CountDownLatch waits = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    Stream<Integer> inputs =
        Stream.generate(
            () -> {
              waits.countDown();
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException e) {
                interrupted.countDown();
                throw new IllegalStateException(e);
              }
              return 1;
            });
    Results<Integer> flow = pool.imap(ResultsTest::same, inputs);
    waits.await();
    pool.close();

    assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(() -> flow.iterator().hasNext())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the pool was closed before all results were read");
  }

  @Test
  void aStreamIsClosedWhenItHasBeenRead() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    var unused = pool.imap(ResultsTest::same, Stream.of(1).onClose(closed::countDown));
    assertThat(closed.await(20, TimeUnit.SECONDS)).isTrue();
    pool.close();
  }

  @Test
  void resultsCanBeReadOnce() {
    Results<Integer> flow = pool.imap(ResultsTest::same, List.of());
    var unused = flow.iterator();
    assertThatThrownBy(flow::iterator).isInstanceOf(IllegalStateException.class);
    assertThat(flow).isNotNull();
    flow.close();
    flow.close();
  }

  @Test
  void anInterruptedReaderIsToldAndStaysInterrupted() {
    Results<Integer> flow = pool.imap(ResultsTest::same, List.of(1));
    Iterator<Integer> results = flow.iterator();
    Thread.currentThread().interrupt();
    assertThatThrownBy(results::hasNext).isInstanceOf(PodpoolException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void aStreamIsClosedThoughTheCallIsRefused() {
    Object captured = new Object();
    AtomicInteger closed = new AtomicInteger();
    Supplier<Stream<Integer>> inputs = () -> Stream.of(1).onClose(closed::incrementAndGet);
    assertThatThrownBy(() -> pool.imap((Integer n) -> n + captured.hashCode(), inputs.get()))
        .isInstanceOf(CaptureException.class);
    assertThat(closed).hasValue(1);
    pool.shutdown();
    assertThatThrownBy(() -> pool.imapUnordered(ResultsTest::same, inputs.get()))
        .isInstanceOf(IllegalStateException.class);
    assertThat(closed).hasValue(2);
  }

  record Positive(int n) {
    Positive {
      if (n < 0) {
        throw new IllegalArgumentException("below 0");
      }
    }
  }

  static Positive positive(int n) {
    return new Positive(n);
  }

  @Test
  void aResultThatCannotBeDecodedCostsNoOtherOfItsRun() {
    Iterator<Positive> results = pool.imap(ResultsTest::positive, List.of(1, 2, 3)).iterator();
    SubmitJob job = queue.submitted();
    AddItems items = queue.added();
    ByteString data = ByteString.EMPTY;
    for (String json : List.of("{\"n\":1}", "{\"n\":-1}", "{\"n\":3}")) {
      ByteString payload = ByteString.copyFromUtf8(json);
      data = data.concat(ByteString.copyFrom(new byte[] {(byte) payload.size()})).concat(payload);
    }
    Payloads run = Payloads.newBuilder().setCount(3).setData(data).build();
    assertThat(items.getInputs().getCount()).isEqualTo(3);
    queue.deliver(results(job.getJobId(), 0, succeeded(0, run)));

    assertThat(results.next()).isEqualTo(new Positive(1));
    assertThatThrownBy(results::next)
        .isInstanceOf(TaskFailedException.class)
        .satisfies(e -> assertThat(((TaskFailedException) e).index()).isEqualTo(1));
    assertThat(results.next()).isEqualTo(new Positive(3));
    assertThat(results.hasNext()).isFalse();
  }
}
