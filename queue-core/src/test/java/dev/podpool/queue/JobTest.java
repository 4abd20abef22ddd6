package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.AddItems;
import dev.podpool.protocol.CloseSession;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.EndItems;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.WatchJob;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Handing in, following and ending jobs. */
class JobTest {

  private static final long DAY_MILLIS = 24 * 60 * 60 * 1000L;

  private QueueScript queue = new QueueScript();

  @Test
  void theSameJobAgainIsTheExistingOneAndOtherContentIsRefused() {
    assertThat(queue.submit("job", "a", "b")).isEqualTo("done");
    assertThat(queue.submit("job", "a", "b")).isEqualTo("JOB_KNOWN");
    assertThat(queue.submit("job", "a", "c")).isEqualTo("JOB_ID_REUSED");
    assertThat(queue.submit(QueueScript.job("job", "a", "b").setPriority(1)))
        .isEqualTo("JOB_ID_REUSED");
    assertThat(queue.status().getReady()).isEqualTo(2);
  }

  @Test
  void aJobIsKnownUntilItsRetentionAfterItsEndHasPassed() {
    queue.submit("day", "a");
    queue.submit(QueueScript.job("minute", "b").setRetentionMillis(60_000));
    queue.worker("w", 2, 2);
    queue.passMillis(DAY_MILLIS);
    queue.succeed("w", "a", "b");

    queue.passMillis(59_999);
    assertThat(queue.submit(QueueScript.job("minute", "b").setRetentionMillis(60_000)))
        .isEqualTo("JOB_KNOWN");
    queue.passMillis(1);
    assertThat(queue.confirm("client", "minute", 1)).isEqualTo("JOB_UNKNOWN");
    queue.passMillis(DAY_MILLIS - 60_001);
    assertThat(queue.submit("day", "a")).isEqualTo("JOB_KNOWN");
    queue.passMillis(1);
    assertThat(queue.submit("day", "a")).isEqualTo("done");
  }

  @Test
  void cancelEndsWhatIsUnendedForGoodAndTellsTheWorkers() {
    queue.submit("job", "a", "b", "c");
    queue.worker("w", 1, 2);
    queue.succeed("w", "a");
    var late = QueueScript.outcome(queue.held("w", "b")).setSucceeded(TestPayloads.of("late"));

    assertThat(queue.cancel("job")).isEqualTo("done");

    assertThat(queue.told("w")).containsExactly("stop b", "stop c");
    assertThat(queue.report("w", java.util.stream.Stream.of(late))).isEqualTo("STALE_ATTEMPT");
    assertThat(queue.told("client")).containsExactly("a!", "#1 CANCELLED", "#2 CANCELLED", "last");
    assertThat(queue.cancel("job")).isEqualTo("done");
    assertThat(queue.told("client")).isEmpty();
    assertThat(queue.cancel("nobody's")).isEqualTo("JOB_UNKNOWN");
  }

  @Test
  void aDeadlineEndsWhatIsUnendedAsExpired() {
    queue.submit(QueueScript.job("job", "a", "b").setDeadlineMillis(100));
    queue.worker("w", 1, 1);

    queue.passMillis(99);
    assertThat(queue.told("client")).isEmpty();
    queue.passMillis(1);

    assertThat(queue.told("w")).containsExactly("stop a");
    assertThat(queue.told("client")).containsExactlyInAnyOrder("#0 EXPIRED", "#1 EXPIRED", "last");
  }

  @Test
  void aDeadlineBeyondTimeIsNone() {
    queue.submit(
        QueueScript.job("job", "a")
            .setDeadlineMillis(Long.MAX_VALUE)
            .setRetentionMillis(Long.MAX_VALUE));
    queue.passMillis(DAY_MILLIS);
    assertThat(queue.worker("w", 1, 1)).containsExactly("a");
    queue.succeed("w", "a");
    assertThat(queue.told("client")).containsExactly("a!", "last");
  }

  @Test
  void releaseForgetsTheJobAndItsIdAtOnce() {
    queue.submit("job", "a", "b");
    queue.worker("w", 1, 1);
    queue.taken("w");

    assertThat(queue.release("job")).isEqualTo("done");

    assertThat(queue.told("w")).containsExactly("stop a");
    assertThat(queue.status().getJobs()).isZero();
    assertThat(queue.release("job")).isEqualTo("done");
    assertThat(queue.submit("job", "other")).isEqualTo("done");
    assertThat(queue.taken("w")).containsExactly("other");
  }

  @Test
  void aReleasedJobWithReadyItemsLeavesNothingBehind() {
    queue.submit("job", "a");
    queue.release("job");
    queue.submit("next", "b");

    assertThat(queue.worker("w", 1, 1)).containsExactly("b");
  }

  @Test
  void aJobBoundToItsSessionEndsWithIt() {
    queue.client("parent");
    queue.submit("parent", QueueScript.job("bound", "a").setWithSession(true));
    queue.submit("parent", QueueScript.job("free", "b"));
    queue.worker("w", 2, 2);

    queue.expire("parent");

    assertThat(queue.told("w")).containsExactly("stop a");
    assertThat(queue.party("w").held).containsOnlyKeys("b");
    assertThat(queue.status().getJobs()).isEqualTo(1);
  }

  @Test
  void anyClientCanFollowAJobFromTheStart() {
    queue.submit("job", "a", "b");
    queue.worker("w", 1, 2);
    queue.succeed("w", "a");
    queue.client("other");

    assertThat(watch("other", "job", 0)).isEqualTo("done");
    assertThat(queue.told("other")).containsExactly("a!");
    queue.succeed("w", "b");
    assertThat(queue.told("other")).containsExactly("b!", "last");
    assertThat(watch("other", "job", 1)).isEqualTo("done");
    assertThat(queue.told("other")).containsExactly("b!", "last");
    assertThat(watch("other", "nobody's", 0)).isEqualTo("JOB_UNKNOWN");
  }

  @Test
  void anEmptyJobEndsAtOnce() {
    queue.submit("job");
    assertThat(queue.told("client")).containsExactly("last");
  }

  @Test
  void itemsCanBeAddedUntilTheJobIsComplete() {
    queue.worker("w", 1, 5);
    queue.submit(QueueScript.job("job", "a").setComplete(false));
    assertThat(add("job", 1, false, "b", "c")).isEqualTo("done");
    assertThat(add("job", 1, false, "again")).isEqualTo("INVALID_ARGUMENT");
    queue.succeed("w", "a", "b", "c");
    assertThat(queue.told("client")).containsExactly("a!", "b!", "c!");

    var end = EndItems.newBuilder().setJobId(TestPayloads.id("job"));
    assertThat(queue.send("client", Operation.newBuilder().setEndItems(end))).isEqualTo("done");

    assertThat(queue.told("client")).containsExactly("last");
    assertThat(add("job", 3, false, "d")).isEqualTo("JOB_COMPLETE");
    assertThat(add("nobody's", 0, false, "d")).isEqualTo("JOB_UNKNOWN");
  }

  @Test
  void aFullPoolRefusesMoreButTakesResults() {
    queue =
        new QueueScript(
            DefinePool.newBuilder()
                .setPool("squares")
                .setUid("u")
                .setMaxAttempts(3)
                .setBytesMax(10));
    assertThat(queue.submit("job", "1234", "678")).isEqualTo("done");
    assertThat(queue.submit("more", "0")).as("two bytes into one").isEqualTo("QUEUE_FULL");
    queue.worker("w", 2, 2);
    assertThat(queue.succeed("w", "1234", "678")).isEqualTo("done");
    assertThat(queue.told("client")).containsExactly("1234!", "678!", "last");
    assertThat(queue.submit("more", "0")).as("results are held").isEqualTo("QUEUE_FULL");

    queue.release("job");
    assertThat(queue.submit("more", "0")).isEqualTo("done");
  }

  @Test
  void aJobThatNamesNoItemTimeOutHasThatOfItsPoolWhenItWasAccepted() {
    queue.send("client", Operation.newBuilder().setDefinePool(squares().setItemTimeoutMillis(500)));
    queue.submit(QueueScript.job("pool's", "a"));
    queue.submit(QueueScript.job("own", "b").setItemTimeoutMillis(70));
    queue.send("client", Operation.newBuilder().setDefinePool(squares()));
    queue.submit(QueueScript.job("none", "c"));
    queue.worker("w", 3, 3);

    assertThat(queue.held("w", "a").range().getJob().getItemTimeoutMillis()).isEqualTo(500);
    assertThat(queue.held("w", "b").range().getJob().getItemTimeoutMillis()).isEqualTo(70);
    assertThat(queue.held("w", "c").range().getJob().getItemTimeoutMillis()).isZero();
  }

  private static DefinePool.Builder squares() {
    return DefinePool.newBuilder().setPool("squares").setUid("uid-1").setMaxAttempts(3);
  }

  @Test
  void aJobKeepsTheAttemptsThatItWasAcceptedWith() {
    queue.submit("job", "a");
    queue.send(
        "client",
        Operation.newBuilder()
            .setDefinePool(
                DefinePool.newBuilder().setPool("squares").setUid("uid-1").setMaxAttempts(1)));
    queue.worker("w", 1, 1);

    assertThat(queue.held("w", "a").range().getJob().getMaxAttempts()).isEqualTo(3);
    queue.lose("w", "a");
    assertThat(queue.told("client")).isEmpty();
  }

  @Test
  void noMoreThanAWindowIsDeliveredAheadOfConfirmation() {
    int items = Watch.UNCONFIRMED_OUTCOMES_MAX + 10;
    String[] words = new String[items];
    for (int i = 0; i < items; i++) {
      words[i] = "w" + i;
    }
    queue.unchecked().submit("job", words);
    queue.worker("w", items, items);
    queue.succeed("w", words);

    assertThat(queue.told("client")).hasSize(Watch.UNCONFIRMED_OUTCOMES_MAX);
    queue.confirm("client", "job", 4);
    assertThat(queue.told("client")).containsExactly("w4096!", "w4097!", "w4098!", "w4099!");
    queue.confirm("client", "job", items - 6);
    assertThat(queue.told("client")).hasSize(6 + 1).endsWith("last");
    Invariants.check(queue.machine);
  }

  @Test
  void whoReadsBehindAWindowHearsThatTheJobWasReleased() {
    int items = Watch.UNCONFIRMED_OUTCOMES_MAX + 1;
    String[] words = IntStream.range(0, items).mapToObj(i -> "w" + i).toArray(String[]::new);
    queue.unchecked().submit("job", words);
    queue.worker("w", items, items);
    queue.succeed("w", words);
    assertThat(queue.told("client")).hasSize(items - 1);

    queue.release("job");

    assertThat(queue.told("client")).containsExactly("job gone");
  }

  @Test
  void anEndlessJobKeepsOnlyItsWindow() {
    queue.unchecked().submit(QueueScript.job("job").setComplete(false).setDiscardConfirmed(true));
    queue.worker("w", 8, 8);
    int largest = 0;
    for (int i = 0; i < 20_000; i++) {
      assertThat(add("job", i, false, "word" + i)).isEqualTo("done");
      queue.succeed("w", "word" + i);
      assertThat(queue.told("client")).containsExactly("word" + i + "!");
      queue.confirm("client", "job", i + 1);
      if (i % 1000 == 0) {
        largest = Math.max(largest, queue.machine.snapshot().getSerializedSize());
      }
    }
    assertThat(largest).isLessThan(150_000);
    assertThat(queue.machine.snapshot().getJobs(0).getOutcomesCount()).isZero();
    Invariants.check(queue.machine);
  }

  @Test
  void unreadResultsOfAnEndlessJobOutliveTheirReader() {
    queue.client("reader");
    queue.submit("reader", QueueScript.job("job", "a", "b").setDiscardConfirmed(true));
    queue.worker("w", 2, 2);
    queue.succeed("w", "a");
    queue.send("reader", Operation.newBuilder().setCloseSession(CloseSession.getDefaultInstance()));
    queue.succeed("w", "b");

    watch("client", "job", 0);

    assertThat(queue.told("client")).containsExactly("a!", "b!", "last");
  }

  @Test
  void aMalformedJobIsRefused() {
    assertThat(queue.submit(QueueScript.job("job", "a").setPool("other")))
        .isEqualTo("POOL_UNKNOWN");
    assertThat(queue.submit(QueueScript.job("job", "a").setJobId(ByteString.EMPTY)))
        .isEqualTo("INVALID_ARGUMENT");
    for (Payloads malformed :
        new Payloads[] {
          Payloads.newBuilder().setCount(1).build(),
          Payloads.newBuilder().setCount(-1).build(),
          Payloads.newBuilder().setCount(1).setData(ByteString.fromHex("02ff")).build(),
          Payloads.newBuilder().setCount(1).setData(ByteString.fromHex("ffffffffff7f")).build(),
          Payloads.newBuilder().setCount(0).setData(ByteString.fromHex("00")).build()
        }) {
      assertThat(queue.submit(QueueScript.job("job").setInputs(malformed)))
          .isEqualTo("INVALID_ARGUMENT");
    }
    assertThat(queue.status().getJobs()).isZero();
  }

  private String add(String id, long first, boolean complete, String... words) {
    return queue.send(
        "client",
        Operation.newBuilder()
            .setAddItems(
                AddItems.newBuilder()
                    .setJobId(TestPayloads.id(id))
                    .setFirst(first)
                    .setInputs(TestPayloads.of(words))
                    .setComplete(complete)));
  }

  private String watch(String client, String id, long position) {
    return queue.send(
        client,
        Operation.newBuilder()
            .setWatchJob(
                WatchJob.newBuilder().setJobId(TestPayloads.id(id)).setPosition(position)));
  }

  @Test
  void allThatASessionReadsSharesOneWindowInWhichEachJobHasItsTurn() {
    String large = "x".repeat(2 << 20);
    queue = new QueueScript().unchecked();
    queue.worker("w", 1, 100);
    for (String job : List.of("a", "b", "c", "d")) {
      queue.submit(job, job + 1, job + 2, job + 3);
      for (int i = 1; i <= 3; i++) {
        queue.succeedWith("w", job + i, large);
      }
    }
    // Eight of 2 MiB and a little are 16 MiB and a little.
    assertThat(queue.told("client")).filteredOn(large::equals).hasSize(8);
    var session = queue.machine.sessionStates().find(queue.party("client").session);
    assertThat(session.waiting).hasSize(2);
    queue.machine = QueueMachine.restore(queue.machine.snapshot());
    assertThat(queue.machine.snapshot().getSessions(0).getWaitingJobsCount()).isEqualTo(2);

    queue.confirm("client", "a", 2);
    assertThat(queue.told("client")).as("c3, then d1").filteredOn(large::equals).hasSize(2);
    queue.confirm("client", "a", 3);
    queue.confirm("client", "b", 3);
    assertThat(queue.told("client")).filteredOn(large::equals).hasSize(2);
    session = queue.machine.sessionStates().find(queue.party("client").session);
    assertThat(session.waiting).isEmpty();
  }

  @Test
  void whoEndsOrForgetsAJobThatFilledTheWindowMakesRoomForOthers() {
    String large = "x".repeat(8 << 20);
    queue = new QueueScript().unchecked();
    queue.worker("w", 1, 100);
    for (String job : List.of("a", "b", "c")) {
      queue.submit(job, job);
      queue.succeedWith("w", job, large);
    }
    assertThat(queue.told("client")).filteredOn(large::equals).hasSize(2);

    queue.release("a");

    assertThat(queue.told("client")).filteredOn(large::equals).hasSize(1);
  }
}
