package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.DropDead;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReportWorkerEnd;
import dev.podpool.protocol.RetryDead;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What becomes of items whose worker dies, and of workers that come too late. */
class WorkerDeathTest {

  private final QueueScript queue = new QueueScript();

  @Test
  void workOfAnExpiredSessionReturnsToTheFrontAndItsLateReportIsRefused() {
    queue.submit("job", "first", "second", "third");
    queue.worker("a", 1, 2);
    var lost = queue.held("a", "first");

    queue.expire("a");

    assertThat(queue.worker("b", 1, 1)).containsExactly("first");
    queue.openWorker("a", 1, "a again");
    var late = QueueScript.outcome(lost).setSucceeded(TestPayloads.of("late"));
    assertThat(queue.report("a", Stream.of(late))).isEqualTo("STALE_ATTEMPT");
    queue.succeed("b", "first");
    queue.succeed("b", "second");
    queue.succeed("b", "third");
    assertThat(queue.told("client")).containsExactly("first!", "second!", "third!", "last");
  }

  @Test
  void aReportOfASessionThatIsOverIsAnsweredThatItIsOver() {
    queue.submit("job", "a");
    queue.worker("w", 1, 1);
    queue.expire("w");
    assertThat(queue.party("w").end).isEqualTo("SESSION_EXPIRED");

    queue.succeed("w", "a");

    assertThat(queue.party("w").end).isEqualTo("SESSION_UNKNOWN");
    assertThat(queue.status().getReady()).isEqualTo(1);
  }

  @Test
  void aPoisonItemEndsAloneAfterThreeChargesAndItsNeighboursAreNotCharged() {
    queue.submit("job", "good", "poison", "fine");
    queue.worker("w0", 1, 3);

    queue.expire("w0"); // nobody knows which of three it was
    assertThat(queue.worker("w1", 1, 3)).as("alone").containsExactly("good");
    queue.succeed("w1", "good");
    assertThat(queue.taken("w1")).containsExactly("poison");
    queue.expire("w1");
    assertThat(queue.worker("w2", 1, 3)).containsExactly("poison#2");
    queue.expire("w2");
    assertThat(queue.worker("w3", 1, 3)).containsExactly("poison#3");
    queue.expire("w3");

    assertThat(queue.worker("w4", 1, 3)).containsExactly("fine");
    queue.succeed("w4", "fine");
    assertThat(queue.told("client")).containsExactly("good!", "#1 DEAD", "fine!", "last");
    assertThat(queue.status().getCharged()).isEqualTo(3);
    assertThat(queue.status().getDead()).isEqualTo(1);
  }

  @Test
  void aProcessThatDiedUnderALivingWorkerChargesWhatItHadBegunAndNothingElse() {
    queue.submit("job", "poison", "next");
    queue.worker("w", 1, 2);

    queue.lose("w", "poison");
    assertThat(queue.taken("w")).as("no free slot: it holds next").isEmpty();
    queue.succeed("w", "next");
    assertThat(queue.taken("w")).containsExactly("poison#2");
    queue.lose("w", "poison");
    queue.lose("w", "poison");

    assertThat(queue.told("client")).containsExactly("next!", "#0 DEAD", "last");
  }

  @Test
  void aChargedItemThatIsHandedBackStaysAloneAndKeepsItsCharge() {
    queue.submit("job", "a", "b", "c");
    queue.worker("w", 1, 1);
    queue.lose("w", "a");
    assertThat(queue.taken("w")).containsExactly("a#2");
    queue.credit("w", 0);

    queue.giveBack("w", "a");

    assertThat(queue.credit("w", 3)).containsExactly("a#2", "b", "c");
    assertThat(queue.held("w", "a").range().getInputs().getCount()).isEqualTo(1);
  }

  @Test
  void withOneAttemptABegunItemIsNeverLeasedAgain() {
    queue.submit(QueueScript.job("once", "a", "b").setMaxAttempts(1).setChunk(2));
    assertThat(queue.worker("w", 1, 5)).as("nothing ahead of need").containsExactly("a");

    queue.expire("w");

    assertThat(queue.told("client")).containsExactly("#0 DEAD");
    assertThat(queue.worker("v", 1, 5)).containsExactly("b");
  }

  @Test
  void whatAWorkerHandsBackAtItsOrderlyEndIsNotCharged() {
    queue.submit(QueueScript.job("once", "a").setMaxAttempts(1));
    queue.worker("w", 1, 1);

    queue.send(
        "w",
        Operation.newBuilder()
            .setCloseSession(dev.podpool.protocol.CloseSession.getDefaultInstance()));

    assertThat(queue.party("w").end).isEqualTo("SESSION_CLOSED");
    assertThat(queue.worker("v", 1, 1)).containsExactly("a");
    assertThat(queue.status().getCharged()).isZero();
  }

  @Test
  void aProcessThatTakesAWorkersNameEndsItsPredecessorsSession() {
    queue.submit("job", "a");
    queue.worker("w", 1, 1);

    queue.openWorker("w", 1, "second process");

    assertThat(queue.credit("w", 1)).containsExactly("a#2");
    assertThat(queue.status().getWorkersList()).hasSize(1);
  }

  @Test
  void aDisruptedWorkersItemsAreNotChargedHoweverOften() {
    queue.submit("job", "a");
    for (int eviction = 0; eviction < 5; eviction++) {
      queue.openWorker("w" + eviction, 1, "nonce " + eviction);
      assertThat(queue.credit("w" + eviction, 1)).containsExactly("a");
      queue.reportEnd("client", disruption("nonce " + eviction));
    }

    assertThat(queue.status().getCharged()).isZero();
    assertThat(queue.status().getReady()).isEqualTo(1);
  }

  @Test
  void whatMustNotRunTwiceIsChargedWithADisruptionToo() {
    queue.submit(QueueScript.job("once", "a").setMaxAttempts(1));
    queue.openWorker("w", 1, "nonce");
    queue.credit("w", 1);

    queue.reportEnd("client", disruption("nonce"));

    assertThat(queue.told("client")).containsExactly("#0 DEAD", "last");
  }

  private static ReportWorkerEnd.Builder disruption(String nonce) {
    return ReportWorkerEnd.newBuilder()
        .setNonce(TestPayloads.id(nonce))
        .setCause("Evicted")
        .setDisrupted(true);
  }

  @Test
  void whoStartedAWorkerCanSayHowItEnded() {
    queue.submit(QueueScript.job("job", "a").setMaxAttempts(1));
    queue.openWorker("w", 1, "nonce");
    queue.credit("w", 1);
    queue.worker("v", 1, 0);

    assertThat(queue.reportEnd("v", "nonce", -9, "SIGKILL")).isEqualTo("WRONG_SESSION_KIND");
    assertThat(queue.status().getWorkersCount()).isEqualTo(2);
    assertThat(queue.reportEnd("client", "nonce", -9, "SIGKILL")).isEqualTo("done");

    assertThat(queue.party("w").end).isEqualTo("SESSION_EXPIRED");
    assertThat(queue.told("client")).containsExactly("#0 DEAD", "last");
    var loss = queue.machine.snapshot().getJobs(0).getOutcomes(0).getEnded().getLoss();
    assertThat(loss.getWorker()).isEqualTo("w");
    assertThat(loss.getExitCode()).isEqualTo(-9);
    assertThat(loss.getCause()).isEqualTo("SIGKILL");
    assertThat(queue.reportEnd("client", "nonce", -9, "SIGKILL")).as("again").isEqualTo("done");
    assertThat(queue.status().getWorkersCount()).isEqualTo(1);
  }

  @Test
  void aFailureIsNotRetried() {
    queue.submit("job", "a", "b");
    queue.worker("w", 1, 2);

    queue.fail("w", "a");
    queue.succeed("w", "b");

    assertThat(queue.told("client")).containsExactly("#0 failed: bad", "b!", "last");
  }

  @Test
  void oneStaleOutcomeDoesNotStopItsNeighbours() {
    queue.submit(QueueScript.job("job", "a", "b", "c").setChunk(3));
    queue.worker("w", 3, 3);
    var all = QueueScript.outcome(queue.held("w", "a")).setCount(3);
    queue.succeed("w", "b");

    String answer =
        queue.report("w", Stream.of(all.setSucceeded(TestPayloads.of("A", "stale", "C"))));

    assertThat(answer).isEqualTo("STALE_ATTEMPT");
    assertThat(queue.told("client")).containsExactly("b!", "A", "C", "last");
  }

  @Test
  void resultsThatDoNotAddUpFailTheirItemsInsteadOfHanging() {
    queue.submit("job", "a");
    queue.worker("w", 1, 1);
    var two = QueueScript.outcome(queue.held("w", "a")).setSucceeded(TestPayloads.of("x", "y"));

    assertThat(queue.report("w", Stream.of(two))).isEqualTo("done");

    assertThat(queue.told("client").get(0)).startsWith("#0 failed: worker 'w' reported results");
  }

  @Test
  void anItemWithoutAResultHasNotSucceeded() {
    queue.submit("job", "a");
    queue.worker("w", 1, 1);
    var none = QueueScript.outcome(queue.held("w", "a")).setCount(0);

    queue.report("w", Stream.of(none.setSucceeded(TestPayloads.of())));

    assertThat(queue.told("client").get(0)).startsWith("#0 failed: worker 'w' reported results");
  }

  @Test
  void aDeadItemCanBeRetriedWithNoChargeAndItsWatcherIsTold() {
    poisonous();
    assertThat(queue.told("client")).containsExactly("#0 DEAD", "last");

    assertThat(queue.send("client", retry("job"))).isEqualTo("done");

    assertThat(queue.status().getDead()).isZero();
    assertThat(queue.taken("w")).containsExactly("a");
    queue.succeed("w", "a");
    assertThat(queue.told("client")).containsExactly("a!", "last");
    assertThat(queue.status().getSucceeded()).isEqualTo(1);
  }

  @Test
  void aDroppedDeadItemStaysDeadAndCannotBeRetried() {
    poisonous();
    queue.told("client");
    var drop = DropDead.newBuilder().setJobId(TestPayloads.id("job"));

    assertThat(queue.send("client", Operation.newBuilder().setDropDead(drop))).isEqualTo("done");

    assertThat(queue.status().getDead()).isZero();
    queue.send("client", retry("job"));
    assertThat(queue.status().getReady()).isZero();
    assertThat(queue.told("client")).isEmpty();
  }

  @Test
  void aJobOfEndlessInputsHasNoDeadList() {
    queue.submit(QueueScript.job("job", "a").setMaxAttempts(1).setDiscardConfirmed(true));
    queue.worker("w", 1, 1);
    queue.lose("w", "a");

    assertThat(queue.told("client")).containsExactly("#0 DEAD", "last");
    assertThat(queue.send("client", retry("job"))).isEqualTo("done");
    assertThat(queue.status().getReady()).isZero();
    assertThat(queue.status().getDead()).isZero();
  }

  private void poisonous() {
    queue.submit(QueueScript.job("job", "a").setMaxAttempts(1));
    queue.worker("w", 1, 1);
    queue.lose("w", "a");
    queue.taken("w");
  }

  private static Operation.Builder retry(String id) {
    return Operation.newBuilder()
        .setRetryDead(RetryDead.newBuilder().setJobId(TestPayloads.id(id)));
  }
}
