package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.podpool.function.internal.Codecs;
import dev.podpool.protocol.AddItems;
import dev.podpool.protocol.ConfirmResults;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.JobGone;
import dev.podpool.protocol.JobResults;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.ReleaseJob;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.RetryDead;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.protocol.WatchJob;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.session.RandomId;
import dev.podpool.session.Renewal;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a client does when its session has expired. There is no queue: the test says what it says.
 */
@Timeout(60)
class QueueLinkTest {

  private static final Refusal EXPIRED =
      Refusal.newBuilder().setCode(ErrorCode.SESSION_EXPIRED).setMessage("not heard of").build();

  private static final byte[] LARGE = new byte[900_000];

  private final QueueConnection connection =
      new QueueConnection(
          () -> {
            throw new IOException("nowhere");
          });
  private final QueueLink link = new QueueLink(connection, Duration.ofHours(1));
  private final Pool pool = pool();

  private Pool pool() {
    RemotePool backend = new RemotePool("p", link, null, new LinkBlobs(link));
    Pool opened = Pool.on(backend);
    backend.serve(opened.client());
    return opened.with(JobOptions.defaults().withChunkSize(1)); // nobody knows the slots
  }

  @AfterEach
  void close() {
    connection.close();
  }

  static int same(int n) {
    return n;
  }

  private static ByteString id(AsyncResult<?> result) {
    return RandomId.of(result.jobId());
  }

  private static Operation submission(AsyncResult<?> result) {
    return Operation.newBuilder().setSubmitJob(SubmitJob.newBuilder().setJobId(id(result))).build();
  }

  private static Operation addition(AsyncResult<?> result) {
    return Operation.newBuilder().setAddItems(AddItems.newBuilder().setJobId(id(result))).build();
  }

  private List<Operation> renewed(Operation... unanswered) {
    Renewal renewal = link.onExpired(EXPIRED, List.of(unanswered));
    assertThat(renewal.open().getNonce().size()).isEqualTo(16);
    return renewal.first();
  }

  @Test
  void jobsThatTheQueueHasAreWatchedFromWhereTheyWere() {
    AsyncResult<List<Integer>> result = pool.mapAsync(QueueLinkTest::same, List.of(1, 2));
    link.onDone(submission(result));
    Outcome first =
        Outcome.newBuilder()
            .setCount(1)
            .setSucceeded(
                Payloads.newBuilder().setCount(1).setData(ByteString.copyFromUtf8("\u00017")))
            .build();
    JobResults.Builder results = JobResults.newBuilder().setJobId(id(result)).addOutcomes(first);
    link.onDelivery(Delivery.newBuilder().setJobResults(results).build());
    Operation confirmation =
        Operation.newBuilder()
            .setConfirmResults(ConfirmResults.newBuilder().setJobId(id(result)).setPosition(1))
            .build();

    assertThat(renewed(confirmation))
        .containsExactly(
            Operation.newBuilder()
                .setWatchJob(WatchJob.newBuilder().setJobId(id(result)).setPosition(1))
                .build());
    assertThat(result.isReady()).isFalse();
  }

  private AsyncResult<List<String>> read(UUID id) {
    JobInfo job = new JobInfo(id, "p", "f", "s", 2, true, 0, 0, 0, 0, 0, Duration.ZERO, 0);
    MapJob reader = MapJob.reader(pool.client(), job);
    return new AsyncResult<>(
        reader, outcomes -> pool.client().<String>decode(outcomes, Codecs.json()));
  }

  private static Operation watch(UUID id) {
    return Operation.newBuilder()
        .setWatchJob(WatchJob.newBuilder().setJobId(RandomId.of(id)))
        .build();
  }

  private static Delivery results(UUID of, long position, int count) {
    JobResults.Builder results =
        JobResults.newBuilder().setJobId(RandomId.of(of)).setPosition(position);
    for (int i = 0; i < count; i++) {
      results.addOutcomes(
          Outcome.newBuilder()
              .setFirst(i)
              .setCount(1)
              .setSucceeded(
                  Payloads.newBuilder().setCount(1).setData(ByteString.copyFromUtf8("\u00017"))));
    }
    return Delivery.newBuilder().setJobResults(results.setLast(position == 0)).build();
  }

  /** Such as the outcome of a dead item that was retried. */
  @Test
  void whatComesOfAnEarlierReadingOfTheJobIsNotTakenForWhatWasDropped() {
    UUID id = new UUID(1, 2);
    AsyncResult<List<String>> result = read(id);
    link.onDelivery(results(id, 2, 1));
    assertThat(result.isReady()).isFalse();
    link.onDelivery(results(id, 0, 2));
    link.onDone(watch(id));

    assertThat(result.join()).containsExactly("7", "7");
  }

  @Test
  void whatWasDroppedIsAnErrorToItsReader() {
    UUID id = new UUID(1, 2);
    AsyncResult<List<String>> result = read(id);
    link.onDelivery(results(id, 2, 1));
    link.onDone(watch(id));
    assertThat(result.isReady()).isFalse(); // it is asked for once more
    link.onDelivery(results(id, 2, 1));

    assertThatThrownBy(result::join).hasMessageContaining("read and dropped");
  }

  @Test
  void jobsThatHaveALittleEachConfirmWhatTheyHaveTogether() {
    Outcome large =
        Outcome.newBuilder()
            .setCount(1)
            .setSucceeded(Payloads.newBuilder().setCount(1).setData(ByteString.copyFrom(LARGE)))
            .build();
    for (int i = 0; i < 20; i++) {
      AsyncResult<List<Integer>> result = pool.mapAsync(QueueLinkTest::same, List.of(1, 2));
      link.onDone(submission(result));
      JobResults.Builder results = JobResults.newBuilder().setJobId(id(result)).addOutcomes(large);
      link.onDelivery(Delivery.newBuilder().setJobResults(results).build());
      assertThat(link.unconfirmed().isMuch()).as("after %s", i).isFalse();
    }
  }

  @Test
  void aJobThatIsGoneTellsWhoWaits() {
    AsyncResult<List<Integer>> result = pool.mapAsync(QueueLinkTest::same, List.of(1, 2));
    link.onDelivery(
        Delivery.newBuilder().setJobGone(JobGone.newBuilder().setJobId(id(result))).build());
    assertThatThrownBy(result::join)
        .isInstanceOf(NotFoundException.class)
        .hasMessageContaining("was released");
  }

  @Test
  void whoCallsAfterTheEndIsToldAndWaitsForNothing() {
    link.close();
    CompletableFuture<Void> call = link.call(Operation.getDefaultInstance());
    assertThatThrownBy(() -> QueueLink.await(call))
        .isInstanceOf(PodpoolException.class)
        .hasMessageContaining("was closed");
  }

  @Test
  void whatIsInDoubtIsSentAgainInItsOrder() {
    AsyncResult<List<Integer>> result = pool.mapAsync(QueueLinkTest::same, List.of(1, 2));
    Operation release =
        Operation.newBuilder()
            .setReleaseJob(ReleaseJob.newBuilder().setJobId(RandomId.next()))
            .build();
    assertThat(renewed(submission(result), addition(result), release))
        .containsExactly(submission(result), addition(result), release);
  }

  @Test
  void itemsThatWereAddedBeforeTheSessionExpiredAreNotMissed() {
    AsyncResult<List<Integer>> result = pool.mapAsync(QueueLinkTest::same, List.of(1, 2));
    Operation again = addition(result);
    renewed(submission(result), again);
    Reply refused =
        Reply.newBuilder()
            .setRefusal(Refusal.newBuilder().setCode(ErrorCode.INVALID_ARGUMENT))
            .build();
    link.onReply(again, refused);
    assertThat(result.isReady()).isFalse();

    link.onReply(addition(result), refused); // one that was not sent before
    assertThatThrownBy(result::join).hasMessageContaining("INVALID_ARGUMENT");
  }

  @Test
  void anImapCannotGoOn() {
    Results<Integer> results = pool.imap(QueueLinkTest::same, List.of(1, 2));
    Operation submission =
        Operation.newBuilder().setSubmitJob(SubmitJob.newBuilder().setWithSession(true)).build();
    assertThat(renewed(submission)).isEmpty();
    assertThatThrownBy(() -> results.iterator().next())
        .isInstanceOf(PodpoolException.class)
        .hasMessageContaining(
            "SESSION_EXPIRED: not heard of; an imap ends when its client was away");
  }

  @Test
  void whatMustNotHappenTwiceIsLeftInDoubt() {
    Operation retry =
        Operation.newBuilder()
            .setRetryDead(RetryDead.newBuilder().setJobId(RandomId.of(new UUID(1, 2))))
            .build();
    var call = link.call(retry);
    assertThat(renewed(retry)).isEmpty();
    assertThatThrownBy(() -> QueueLink.await(call))
        .isInstanceOf(PodpoolException.class)
        .hasMessageContaining("may run again or not; look at the dead list");
  }

  @Test
  void theEndOfTheQueueEndsEveryWait() {
    AsyncResult<Integer> result = pool.applyAsync(QueueLinkTest::same, 1);
    var call = link.call(addition(result));
    Refusal gone =
        Refusal.newBuilder()
            .setCode(ErrorCode.QUEUE_UNREACHABLE)
            .setMessage("see that it runs")
            .build();
    link.onEnd(gone);
    assertThatThrownBy(result::join).hasMessage("QUEUE_UNREACHABLE: see that it runs");
    assertThatThrownBy(() -> QueueLink.await(call)).hasMessageContaining("QUEUE_UNREACHABLE");
    assertThatThrownBy(() -> QueueLink.await(link.call(addition(result))))
        .hasMessageContaining("QUEUE_UNREACHABLE");
    assertThatThrownBy(() -> pool.applyAsync(QueueLinkTest::same, 1))
        .hasMessageContaining("QUEUE_UNREACHABLE");
  }
}
