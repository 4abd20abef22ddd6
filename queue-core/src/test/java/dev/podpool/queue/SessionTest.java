package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refused;
import dev.podpool.protocol.Tick;
import org.junit.jupiter.api.Test;

/** Once each, whatever is sent again, and nothing forgotten before it is confirmed. */
class SessionTest {

  private final QueueScript queue = new QueueScript();

  @Test
  void aDuplicateGetsTheSameAnswerAndChangesNothing() {
    var submit = Operation.newBuilder().setSubmitJob(QueueScript.job("job", "a"));
    assertThat(queue.send("client", submit)).isEqualTo("done");
    var refused = Operation.newBuilder().setSubmitJob(QueueScript.job("job", "other"));
    assertThat(queue.send("client", refused)).isEqualTo("JOB_ID_REUSED");
    long sequence = queue.party("client").sequence;

    assertThat(queue.resend("client", sequence, refused)).isEqualTo("JOB_ID_REUSED");
    assertThat(queue.resend("client", sequence - 1, submit)).isEqualTo("done");
    assertThat(queue.last.all)
        .containsExactly(new Recorded.Applied(queue.party("client").session, sequence));
    assertThat(queue.status().getReady()).isEqualTo(1);
  }

  @Test
  void whatIsBehindAGapIsSkipped() {
    long next = queue.party("client").sequence + 1;
    var submit = Operation.newBuilder().setSubmitJob(QueueScript.job("job", "a"));

    queue.resend("client", next + 1, submit);
    assertThat(queue.last.all)
        .containsExactly(new Recorded.Applied(queue.party("client").session, next - 1));
    assertThat(queue.status().getJobs()).isZero();

    queue.resend("client", next, submit);
    assertThat(queue.status().getJobs()).isEqualTo(1);
  }

  @Test
  void aConfirmedReplyIsForgottenAndAnotherIsKeptForWhoComesBack() {
    queue.submit("job", "a");
    queue.submit("job", "first"); // refused
    queue.submit("job", "second"); // refused
    long session = queue.party("client").session;
    long sequence = queue.party("client").sequence;

    queue.apply(
        Entry.newBuilder()
            .addBatches(Batch.newBuilder().setSession(session).setConfirmed(sequence - 1)));

    var resumed = new Recorded();
    queue.machine.resume(session, resumed);
    assertThat(resumed.all).hasSize(2);
    assertThat(((Recorded.Replied) resumed.all.get(0)).reply().getSequence()).isEqualTo(sequence);
    assertThat(resumed.all.get(1)).isEqualTo(new Recorded.Applied(session, sequence));
  }

  @Test
  void whoComesBackToASessionThatIsNotThereIsToldWhatMayHaveBecomeOfIt() {
    var resumed = new Recorded();
    queue.machine.resume(12, resumed);
    assertThat(((Recorded.Finished) resumed.all.get(0)).reason().getMessage())
        .isEqualTo(
            "session 12 is not there any more: it was closed, or expired as its owner was not"
                + " heard; what was unconfirmed may have happened");
  }

  @Test
  void aWorkerThatComesBackIsToldAllThatItHolds() {
    queue.submit("job", "a", "b", "c", "d", "e");
    queue.worker("w", 1, 5);
    queue.succeed("w", "b", "d");
    var resumed = new Recorded();

    queue.machine.resume(queue.party("w").session, resumed);

    var assign = ((Recorded.Delivered) resumed.all.get(0)).delivery().getAssign();
    assertThat(assign.getComplete()).isTrue();
    assertThat(
            assign.getRangesList().stream()
                .flatMap(range -> TestPayloads.words(range.getInputs()).stream()))
        .containsExactly("a", "c", "e");
  }

  @Test
  void aClientThatComesBackGetsItsUnconfirmedResultsAgain() {
    queue.submit("job", "a", "b");
    queue.worker("w", 2, 2);
    queue.succeed("w", "a");
    queue.confirm("client", "job", 1);
    queue.succeed("w", "b");
    var resumed = new Recorded();

    queue.machine.resume(queue.party("client").session, resumed);

    var results = ((Recorded.Delivered) resumed.all.get(0)).delivery().getJobResults();
    assertThat(results.getPosition()).isEqualTo(1);
    assertThat(results.getOutcomesCount()).isEqualTo(1);
    assertThat(results.getLast()).isTrue();
  }

  @Test
  void theSameNonceNamesTheSameSession() {
    long session = queue.party("client").session;
    queue.client("client");
    assertThat(queue.party("client").session).isEqualTo(session);

    open(OpenSession.newBuilder().setNonce(TestPayloads.id("client")).setPrincipal("thief"));
    assertThat(refusal()).isEqualTo("INVALID_ARGUMENT");
    open(OpenSession.newBuilder().setNonce(ByteString.copyFromUtf8("short")));
    assertThat(refusal()).isEqualTo("INVALID_ARGUMENT");
  }

  @Test
  void aWorkerNeedsAPoolAndASlot() {
    var open = OpenSession.newBuilder().setNonce(TestPayloads.id("w")).setWorker("w");
    open(open.setPool("nowhere").setSlots(1));
    assertThat(refusal()).isEqualTo("POOL_UNKNOWN");
    open(open.setPool(QueueScript.POOL).setSlots(0));
    assertThat(refusal()).isEqualTo("INVALID_ARGUMENT");
    open(open.setSlots(-1));
    assertThat(refusal()).isEqualTo("INVALID_ARGUMENT");
    assertThat(queue.status().getWorkersCount()).isZero();
  }

  @Test
  void whatOnlyWorkersOrTheQueueItselfMaySayIsRefusedToOthers() {
    assertThat(
            queue.send(
                "client",
                Operation.newBuilder()
                    .setGiveCredit(dev.podpool.protocol.GiveCredit.newBuilder().setWindow(1))))
        .isEqualTo("WRONG_SESSION_KIND");
    assertThat(queue.send("client", Operation.newBuilder().setTick(Tick.getDefaultInstance())))
        .isEqualTo("INVALID_ARGUMENT");
    assertThat(queue.send("client", Operation.newBuilder())).isEqualTo("INVALID_ARGUMENT");
  }

  @Test
  void whatWasRefusedBeforeTheLogIsAnsweredInItsPlace() {
    var refused = Refused.newBuilder();
    refused.getRefusalBuilder().setCode(ErrorCode.PERMISSION_DENIED);
    assertThat(queue.send("client", Operation.newBuilder().setRefused(refused)))
        .isEqualTo("PERMISSION_DENIED");
    assertThat(queue.submit("job", "a")).isEqualTo("done");
  }

  @Test
  void aClientWhoseEndIsReportedLosesItsSession() {
    queue.client("other");
    assertThat(queue.reportEnd("client", "other", 3, "exit 3")).isEqualTo("done");
    assertThat(queue.party("other").end).isEqualTo("SESSION_EXPIRED");
    queue.reportEnd("client", "client", 0, "");
    assertThat(queue.party("client").end).isEqualTo("SESSION_EXPIRED");
  }

  @Test
  void logTimeNeverRunsBackwards() {
    queue.passMillis(100);
    queue.passMillis(-50);
    assertThat(queue.machine.nowMillis()).isEqualTo(1_100);
  }

  private void open(OpenSession.Builder open) {
    queue.own(Operation.newBuilder().setOpenSession(open));
  }

  private String refusal() {
    return queue.last.all.stream()
        .filter(Recorded.Opened.class::isInstance)
        .map(effect -> ((Recorded.Opened) effect).reply().getRefusal().getCode().name())
        .findFirst()
        .orElse("none");
  }

  @Test
  void whoConfirmsNothingIsStoppedBeforeItsAnswersGrowWithoutEnd() {
    queue.unchecked();
    for (int i = 0; i < SessionState.ANSWERS_MAX + 10; i++) {
      queue.send("client", Operation.newBuilder());
    }
    var session = queue.machine.snapshot().getSessions(0);
    assertThat(session.getRepliesCount()).isEqualTo(SessionState.ANSWERS_MAX);
    long applied = session.getApplied();

    queue.apply(
        Entry.newBuilder()
            .addBatches(
                Batch.newBuilder()
                    .setSession(session.getSession())
                    .setFirstSequence(applied + 1)
                    .setConfirmed(applied)
                    .addOperations(Operation.newBuilder())));
    assertThat(queue.machine.snapshot().getSessions(0).getApplied()).isEqualTo(applied + 1);
    assertThat(queue.machine.snapshot().getSessions(0).getRepliesCount()).isEqualTo(1);
  }

  @Test
  void anAnswerQuotesOnlyTheBeginningOfWhatWasSent() {
    queue.send(
        "client",
        Operation.newBuilder()
            .setDefinePool(DefinePool.newBuilder().setPool("p".repeat(1 << 20)).setUid("u")));
    assertThat(queue.machine.snapshot().getSessions(0).getReplies(0).getSerializedSize())
        .isLessThan(1_100);
  }
}
