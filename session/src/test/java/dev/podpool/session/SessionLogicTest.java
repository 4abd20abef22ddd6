package dev.podpool.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.CancelJob;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.JoinPool;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PoolGone;
import dev.podpool.protocol.PoolJoined;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Response;
import dev.podpool.protocol.SessionOpened;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionLogicTest {

  private static final long SESSION = 7;

  private final List<String> told = new ArrayList<>();
  private final SessionLogic logic =
      new SessionLogic(OpenSession.newBuilder().setWorker("w").build(), new Recorder());
  private final List<String> done = new ArrayList<>();
  private final List<String> unanswered = new ArrayList<>();
  private Runnable whenDelivered = () -> {};
  private long now = 1;

  private final class Recorder implements SessionHandler {
    @Override
    public void onDelivery(Delivery delivery) {
      whenDelivered.run();
      told.add("delivered " + delivery.getPoolGone().getPool());
    }

    @Override
    public void onReply(Operation operation, Reply reply) {
      told.add(name(operation) + " " + reply.getKindCase());
    }

    @Override
    public void onDone(Operation operation) {
      done.add(name(operation));
    }

    @Override
    public void onEnd(Refusal reason) {
      told.add("ended " + reason.getCode());
      logic.unanswered().forEach(operation -> unanswered.add(name(operation)));
    }
  }

  @Test
  void nothingIsSentBeforeTheSessionIsOpen() {
    logic.add(cancel("a"));

    Request first = poll();
    assertThat(first.getResume()).isTrue();
    assertThat(first.getOpen().getWorker()).isEqualTo("w");
    assertThat(first.hasBatch()).isFalse();
    assertThat(logic.poll(now)).isNull();
  }

  @Test
  void whatIsAddedWhileARequestIsUnderWayGoesWithTheNext() {
    open();
    logic.add(cancel("a"));
    assertThat(names(poll())).containsExactly("a");
    logic.add(cancel("b"));
    logic.add(cancel("c"));
    assertThat(logic.poll(now)).isNull();

    receive(response(2).setApplied(1));

    Request next = poll();
    assertThat(names(next)).containsExactly("b", "c");
    assertThat(next.getBatch().getFirstSequence()).isEqualTo(2);
    assertThat(next.getBatch().getConfirmed()).isEqualTo(1);
  }

  @Test
  void whatMayWaitGoesWithWhatIsSentNext() {
    open();
    logic.addLater(cancel("a"), now);
    assertThat(logic.poll(now)).isNull();
    logic.add(cancel("b"));
    assertThat(names(poll())).containsExactly("a", "b");
  }

  @Test
  void whatMayWaitGoesByItselfInTime() {
    open();
    logic.add(cancel("a"));
    poll();
    long due = now + SessionLogic.LINGER_MILLIS;
    logic.addLater(cancel("b"), now);
    logic.addLater(cancel("c"), now + 1); // waits no longer for having company
    receive(response(2).setApplied(1));

    assertThat(logic.nextPollMillis()).isEqualTo(due);
    assertThat(logic.poll(due - 1)).isNull();
    now = due;
    assertThat(names(poll())).containsExactly("b", "c");
    receive(response(3).setApplied(3));
    assertThat(logic.nextPollMillis()).isEqualTo(due + SessionLogic.HEARTBEAT_MILLIS);
  }

  @Test
  void whatMayWaitIsSentInANewEpochWhereItWasUnderWay() {
    open();
    logic.addLater(cancel("a"), now);
    logic.add(cancel("b"));
    poll();
    logic.addLater(cancel("c"), now);
    logic.reconnect();
    assertThat(names(poll())).containsExactly("a", "b");
    receive(response(2, 1).setApplied(2));
    now += SessionLogic.LINGER_MILLIS;
    assertThat(names(poll())).containsExactly("c");
  }

  @Test
  void whatIsDueAtOnceIsADifferenceOfTimesThatDoesNotOverflow() {
    open();
    logic.add(cancel("a"));
    assertThat(logic.nextPollMillis() - now).isNegative();
  }

  @Test
  void requestWithoutAnswerIsSentAgainUnderItsSequenceInANewEpoch() {
    open();
    logic.add(cancel("a"));
    Request lost = poll();
    now += SessionLogic.PATIENCE_MILLIS;

    Request again = poll();

    assertThat(again.getResume()).isTrue();
    assertThat(again.getEpoch()).isEqualTo(lost.getEpoch() + 1);
    assertThat(names(again)).containsExactly("a");
    assertThat(again.getBatch().getFirstSequence()).isEqualTo(1);
  }

  @Test
  void operationThatWasAppliedThoughItsAnswerWasLostIsNotSentAgain() {
    open();
    logic.add(cancel("a"));
    poll();
    now += SessionLogic.PATIENCE_MILLIS;
    poll();

    receive(response(2, 1).setApplied(1));

    assertThat(logic.isIdle()).isTrue();
    assertThat(told).isEmpty();
  }

  @Test
  void whatTheResumptionDoesNotCoverIsSentAgainBeforeAnythingNew() {
    open();
    logic.add(cancel("a"));
    logic.add(cancel("b"));
    poll();
    logic.reconnect();
    logic.add(cancel("c"));
    poll();

    receive(response(2, 1).setApplied(1));

    Request next = poll();
    assertThat(names(next)).containsExactly("b", "c");
    assertThat(next.getBatch().getFirstSequence()).isEqualTo(2);
  }

  @Test
  void lostDeliveryIsNoticedByItsNumberAndAskedForAgain() {
    open();
    receive(response(3).addDeliveries(gone("late")));

    assertThat(told).isEmpty();
    assertThat(poll().getResume()).isTrue();
  }

  @Test
  void doubledAndOldResponsesAreIgnored() {
    open();
    receive(response(2).addDeliveries(gone("once")));
    receive(response(2).addDeliveries(gone("twice")));
    logic.reconnect();
    receive(response(1, 3).addDeliveries(gone("of the old connection")));

    assertThat(told).containsExactly("delivered once");
  }

  @Test
  void answerGoesWithTheOperationThatItIsAbout() {
    open();
    logic.add(cancel("a"));
    logic.add(cancel("b"));
    logic.add(cancel("c"));
    poll();

    receive(response(2).setApplied(3).addReplies(refusal(2)));

    assertThat(told).containsExactly("b REFUSAL");
    assertThat(logic.isIdle()).isTrue();
  }

  @Test
  void lateAnswerOfAWaitingOperationIsToldOnceAndConfirmed() {
    open();
    logic.add(Operation.newBuilder().setJoinPool(JoinPool.getDefaultInstance()).build());
    poll();
    receive(response(2).setApplied(1));
    assertThat(told).isEmpty();

    receive(response(3).setApplied(1).addReplies(joined(1)));
    receive(response(4).setApplied(1).addReplies(joined(1)));

    assertThat(told).containsExactly("join POOL_JOINED");
    logic.add(cancel("a"));
    assertThat(poll().getBatch().getConfirmedWakesList()).containsExactly(1L);
  }

  @Test
  void lateAnswerWhoseConfirmationWasLostIsConfirmedAgainWhenItComesAgain() {
    open();
    logic.add(Operation.newBuilder().setJoinPool(JoinPool.getDefaultInstance()).build());
    poll();
    receive(response(2).setApplied(1));
    receive(response(3).addReplies(joined(1)));
    now = logic.nextPollMillis();
    assertThat(poll().getBatch().getConfirmedWakesList()).containsExactly(1L);
    // Was under way before that arrived, and then the connection broke: it never did.
    receive(response(4).setApplied(1).addDeliveries(gone("p")));
    logic.reconnect();
    poll();

    receive(response(2, 1).setApplied(1).addReplies(joined(1)));
    receive(response(2, 2).setApplied(1).addReplies(joined(1)));

    assertThat(told).containsExactly("join POOL_JOINED", "delivered p");
    logic.add(cancel("a"));
    assertThat(poll().getBatch().getConfirmedWakesList()).containsExactly(1L);
  }

  @Test
  void noMoreThanTheLimitIsUnconfirmed() {
    open();
    for (int i = 0; i <= SessionLogic.UNCONFIRMED_OPERATIONS_MAX; i++) {
      logic.add(cancel("a"));
    }

    assertThat(poll().getBatch().getOperationsCount())
        .isEqualTo(SessionLogic.UNCONFIRMED_OPERATIONS_MAX);
  }

  @Test
  void whatIsHeldBackIsSentAgainAtOnceWithTheConfirmation() {
    open();
    logic.add(cancel("a"));
    logic.add(cancel("b"));
    logic.add(cancel("c"));
    poll();
    logic.add(cancel("d"));

    receive(response(2).setApplied(1).addReplies(refusal(1)).setHeldBack(true));

    Request rest = poll();
    assertThat(rest.getResume()).isFalse();
    assertThat(names(rest)).containsExactly("b", "c", "d");
    assertThat(rest.getBatch().getFirstSequence()).isEqualTo(2);
    assertThat(rest.getBatch().getConfirmed()).isEqualTo(1);
    receive(response(3).setApplied(4));
    assertThat(told).containsExactly("a REFUSAL");
    assertThat(done).containsExactly("b", "c", "d");
    assertThat(logic.isIdle()).isTrue();
  }

  @Test
  void manyBytesOfAnswersAreConfirmedThoughThereIsNothingToSend() {
    open();
    logic.add(Operation.newBuilder().setJoinPool(JoinPool.getDefaultInstance()).build());
    poll();
    receive(response(2).setApplied(1));
    assertThat(logic.poll(now)).isNull();

    String words = "x".repeat(SessionLogic.ANSWERED_BYTES_TARGET);
    Refusal refusal = Refusal.newBuilder().setMessage(words).build();
    receive(response(3).addReplies(Reply.newBuilder().setSequence(1).setRefusal(refusal)));

    assertThat(poll().getBatch().getConfirmedWakesList()).containsExactly(1L);
    receive(response(4).setApplied(1));
    assertThat(logic.poll(now)).isNull();
  }

  @Test
  void quietSessionShowsThatItLives() {
    open();
    assertThat(logic.poll(now)).isNull();
    now = logic.nextPollMillis();

    assertThat(poll().getBatch().getOperationsCount()).isZero();
  }

  @Test
  void endIsToldOnceAndNothingFollows() {
    open();
    logic.add(cancel("a"));
    Refusal expired = Refusal.newBuilder().setCode(ErrorCode.SESSION_EXPIRED).build();

    receive(response(2).setEnded(expired));
    receive(response(3).setEnded(expired));

    assertThat(told).containsExactly("ended SESSION_EXPIRED");
    assertThat(logic.poll(now + 100_000)).isNull();
    assertThat(logic.nextPollMillis()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void handlerThatFindsTheConnectionLostDoesNotEndItsResumption() {
    open();
    logic.add(cancel("a"));
    poll();
    List<Request> sentByHandler = new ArrayList<>();
    whenDelivered =
        () -> {
          now += SessionLogic.PATIENCE_MILLIS;
          sentByHandler.add(poll());
        };

    receive(response(2).setApplied(1).addDeliveries(gone("slow")));

    assertThat(sentByHandler.get(0).getResume()).isTrue();
    now += SessionLogic.PATIENCE_MILLIS; // and that request is lost
    assertThat(poll().getResume()).isTrue();
  }

  @Test
  void oneLeaderIsListenedToInAnEpoch() {
    open();
    receive(response(2).setTerm(1).addDeliveries(gone("from another leader")));
    assertThat(told).isEmpty();

    receive(response(2).addDeliveries(gone("from the one that answered first")));
    assertThat(told).containsExactly("delivered from the one that answered first");
  }

  @Test
  void whatWasAppliedIsDoneOnce() {
    open();
    logic.add(cancel("a"));
    logic.add(cancel("b"));
    logic.add(Operation.newBuilder().setJoinPool(JoinPool.getDefaultInstance()).build());
    logic.add(cancel("c"));
    poll();
    receive(response(2).setApplied(1));
    assertThat(done).containsExactly("a");

    receive(response(3).addReplies(refusal(4)));

    assertThat(done).as("what was answered is not just done").containsExactly("a", "b");
    assertThat(told).containsExactly("c REFUSAL");
  }

  @Test
  void whatIsNotKnownToBeAppliedIsThereWhenTheSessionEnds() {
    open();
    logic.add(cancel("a"));
    logic.add(cancel("b"));
    poll();
    logic.add(cancel("c"));
    receive(
        response(2)
            .setApplied(1)
            .setEnded(Refusal.newBuilder().setCode(ErrorCode.SESSION_EXPIRED)));

    assertThat(unanswered).containsExactly("b", "c");
    assertThat(logic.unanswered()).isEmpty();
  }

  private void open() {
    poll();
    Reply opened =
        Reply.newBuilder().setSessionOpened(SessionOpened.newBuilder().setSession(SESSION)).build();
    receive(response(1).addReplies(opened));
    assertThat(logic.session()).isEqualTo(SESSION);
  }

  private Request poll() {
    Request request = logic.poll(now);
    assertThat(request).isNotNull();
    return request;
  }

  private void receive(Response.Builder response) {
    logic.receive(response.build());
  }

  private static Response.Builder response(long number) {
    return response(1, number);
  }

  private static Response.Builder response(long epoch, long number) {
    return Response.newBuilder().setSession(SESSION).setEpoch(epoch).setNumber(number);
  }

  private static Reply refusal(long sequence) {
    return Reply.newBuilder()
        .setSequence(sequence)
        .setRefusal(Refusal.getDefaultInstance())
        .build();
  }

  private static Reply joined(long sequence) {
    return Reply.newBuilder()
        .setSequence(sequence)
        .setPoolJoined(PoolJoined.getDefaultInstance())
        .build();
  }

  private static Delivery gone(String pool) {
    return Delivery.newBuilder().setPoolGone(PoolGone.newBuilder().setPool(pool)).build();
  }

  private static Operation cancel(String name) {
    return Operation.newBuilder()
        .setCancelJob(CancelJob.newBuilder().setJobId(ByteString.copyFromUtf8(name)))
        .build();
  }

  private static List<String> names(Request request) {
    return request.getBatch().getOperationsList().stream().map(SessionLogicTest::name).toList();
  }

  private static String name(Operation operation) {
    return operation.hasJoinPool() ? "join" : operation.getCancelJob().getJobId().toStringUtf8();
  }
}
