package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.Batch;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.JoinPool;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReportPoolFailure;
import org.junit.jupiter.api.Test;

/** Defining, joining, failing and deleting pools. */
class PoolTest {

  private final QueueScript queue = new QueueScript();

  @Test
  void anotherPoolUnderATakenNameIsRefusedAndTheSameIsChanged() {
    var pool = DefinePool.newBuilder().setPool("squares").setMaxAttempts(5);
    assertThat(define(pool.setUid("uid-2"))).isEqualTo("POOL_EXISTS");
    assertThat(define(pool.setUid("uid-1"))).isEqualTo("done");
    assertThat(define(pool.setMaxAttempts(0))).isEqualTo("INVALID_ARGUMENT");
    assertThat(define(pool.setMaxAttempts(1).setItemTimeoutMillis(-1)))
        .isEqualTo("INVALID_ARGUMENT");
    assertThat(define(pool.setItemTimeoutMillis(0).setPool("No_Name")))
        .isEqualTo("INVALID_ARGUMENT");
  }

  @Test
  void joinReturnsAtOnceWhereNothingIsUnfinished() {
    assertThat(queue.join("client", 0)).isEqualTo("POOL_JOINED");
  }

  @Test
  void whoWaitsIsWokenWithTheLastItemInTheOrderInWhichTheyCame() {
    queue.client("other");
    queue.submit("job", "a", "b");
    queue.worker("w", 2, 2);
    assertThat(queue.join("other", 0)).isEqualTo("done");
    assertThat(queue.join("client", 0)).isEqualTo("done");
    long waiting = queue.party("client").sequence;

    queue.succeed("w", "a");
    assertThat(queue.answer("client", waiting)).isEqualTo("done");
    queue.succeed("w", "b");

    assertThat(
            queue.last.all.stream()
                .filter(Recorded.Replied.class::isInstance)
                .map(reply -> ((Recorded.Replied) reply).session()))
        .containsExactly(queue.party("other").session, queue.party("client").session);
    assertThat(queue.answer("client", waiting)).isEqualTo("POOL_JOINED");
    assertThat(queue.party("client").replies.get(waiting).getPoolJoined().getQueueIndex())
        .isEqualTo(queue.machine.index());
  }

  @Test
  void aWakeIsKeptUntilItIsConfirmedByItsSequence() {
    queue.submit("job", "a");
    queue.worker("w", 1, 1);
    queue.join("client", 0);
    long waiting = queue.party("client").sequence;
    queue.succeed("w", "a");
    long session = queue.party("client").session;

    var later = Operation.newBuilder().setJoinPool(JoinPool.newBuilder().setPool("squares"));
    assertThat(queue.send("client", later)).isEqualTo("POOL_JOINED");
    assertThat(queue.resend("client", waiting, later)).as("again").isEqualTo("POOL_JOINED");
    assertThat(queue.machine.snapshot().getSessions(0).getWakesCount()).isEqualTo(1);
    queue.apply(
        Entry.newBuilder()
            .addBatches(Batch.newBuilder().setSession(session).addConfirmedWakes(waiting)));
    assertThat(queue.machine.snapshot().getSessions(0).getWakesCount()).isZero();
  }

  @Test
  void whoWaitsTooLongIsToldSoInLogTime() {
    queue.submit("job", "a");
    queue.join("client", 50);
    long waiting = queue.party("client").sequence;
    queue.join("client", Long.MAX_VALUE);

    assertThat(queue.machine.nextDeadlineMillis()).isEqualTo(queue.machine.nowMillis() + 50);
    queue.passMillis(49);
    assertThat(queue.answer("client", waiting)).isEqualTo("done");
    queue.passMillis(1);
    assertThat(queue.answer("client", waiting)).isEqualTo("TIMED_OUT_WAITING");
    assertThat(queue.answer("client", waiting + 1)).isEqualTo("done");
  }

  @Test
  void aWaiterWhoseSessionEndsIsForgotten() {
    queue.submit("job", "a");
    queue.client("other");
    queue.join("other", 50);
    queue.expire("other");

    assertThat(queue.machine.nextDeadlineMillis()).isEqualTo(Long.MAX_VALUE);
    assertThat(queue.machine.snapshot().getPools(0).getJoinersCount()).isZero();
  }

  @Test
  void aPoolGivenUpFailsWhatWaitsAndWhatComesUntilAWorkerComesUp() {
    queue.submit("job", "a", "b");

    assertThat(fail("client", 1, false)).isEqualTo("done");
    assertThat(queue.told("client")).isEmpty();
    assertThat(fail("client", 5, true)).isEqualTo("done");

    assertThat(queue.told("client"))
        .containsExactly("#0 failed: /models absent", "#1 failed: /models absent", "last");
    queue.submit("later", "c");
    assertThat(queue.told("client")).containsExactly("#0 failed: /models absent", "last");
    assertThat(queue.status().getFailure().getFailures()).isEqualTo(5);

    assertThat(fail("client", 0, false)).isEqualTo("done");
    queue.submit("latest", "d");
    assertThat(queue.told("client")).isEmpty();
  }

  @Test
  void aPoolGivenUpByOneWorkerGoesOnWhileAnotherIsUp() {
    queue.submit("job", "a", "b", "c");
    queue.worker("up", 1, 1);
    queue.worker("failing", 1, 1);

    fail("failing", 5, true);

    queue.succeed("up", "a");
    assertThat(queue.party("up").held).hasSize(1);
    queue.expire("up");
    assertThat(queue.told("client"))
        .as("the last one that was up is gone")
        .containsExactly("a!", "#2 failed: /models absent", "#1 failed: /models absent", "last");
    assertThat(queue.told("failing")).containsExactly("stop b");
  }

  @Test
  void aRetryInAPoolGivenUpFailsToo() {
    queue.submit(QueueScript.job("job", "a").setMaxAttempts(1));
    queue.worker("w", 1, 1);
    queue.lose("w", "a");
    fail("w", 5, true);
    queue.told("client");

    queue.send(
        "client",
        Operation.newBuilder()
            .setRetryDead(
                dev.podpool.protocol.RetryDead.newBuilder().setJobId(TestPayloads.id("job"))));

    assertThat(queue.told("client")).containsExactly("#0 failed: /models absent", "last");
  }

  @Test
  void deletingAPoolByItsUidLeavesAnotherOfItsNameAlone() {
    assertThat(queue.deletePool("uid-0")).isEqualTo("done");
    assertThat(queue.status()).isNotNull();

    assertThat(queue.deletePool("uid-1")).isEqualTo("done");
    assertThat(queue.status()).isNull();
  }

  @Test
  void deletingAPoolEndsItsItemsAndTellsWhoWaitsWatchesOrWorks() {
    queue.submit("job", "a", "b");
    queue.worker("w", 1, 1);
    queue.client("other");
    queue.join("other", 0);
    long waiting = queue.party("other").sequence;

    assertThat(queue.deletePool()).isEqualTo("done");

    assertThat(queue.told("client"))
        .containsExactly("pool gone", "#0 CANCELLED", "#1 CANCELLED", "last");
    assertThat(queue.answer("other", waiting)).isEqualTo("POOL_DELETED");
    assertThat(queue.party("w").end).isEqualTo("POOL_DELETED");
    assertThat(queue.status()).isNull();
    assertThat(queue.deletePool()).isEqualTo("done");
    assertThat(queue.submit("again", "c")).isEqualTo("POOL_UNKNOWN");
    assertThat(queue.join("other", 0)).isEqualTo("POOL_UNKNOWN");

    assertThat(define(DefinePool.newBuilder().setPool("squares").setUid("new").setMaxAttempts(1)))
        .isEqualTo("done");
    assertThat(queue.status().getReady()).isZero();
  }

  @Test
  void aWorkerThatDeletesItsOwnPoolIsToldItsEndAndNothingAfterIt() {
    queue.submit("job", "a");
    queue.worker("w", 1, 1);
    long session = queue.party("w").session;
    var delete =
        Operation.newBuilder()
            .setDeletePool(dev.podpool.protocol.DeletePool.newBuilder().setPool("squares"));

    queue.apply(
        Entry.newBuilder()
            .addBatches(
                Batch.newBuilder()
                    .setSession(session)
                    .setFirstSequence(2)
                    .addOperations(delete)
                    .addOperations(delete)));

    var its =
        queue.last.all.stream()
            .filter(
                effect ->
                    (effect instanceof Recorded.Finished finished && finished.session() == session)
                        || (effect instanceof Recorded.Applied applied
                            && applied.session() == session))
            .toList();
    assertThat(its).hasSize(1).first().isInstanceOf(Recorded.Finished.class);
  }

  private String define(DefinePool.Builder pool) {
    return queue.send("client", Operation.newBuilder().setDefinePool(pool));
  }

  private String fail(String name, int failures, boolean isFinal) {
    return queue.send(
        name,
        Operation.newBuilder()
            .setReportPoolFailure(
                ReportPoolFailure.newBuilder()
                    .setPool("squares")
                    .setFailures(failures)
                    .setFinal(isFinal)
                    .setFailure(Failure.newBuilder().setMessage("/models absent"))));
  }
}
