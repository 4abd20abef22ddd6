package dev.podpool.queue.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Response;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sessions over connections, with a clock that the test moves. */
class ConversationsTest {

  private static final long SECOND = 1_000;

  private long nowMillis = 1;
  private Runnable wake = () -> {};
  private long alarmAtMillis = Long.MAX_VALUE;
  private final List<Entry> held = new ArrayList<>();
  private boolean holding;
  private Log.Replica replica;
  private final List<ErrorCode> refused = new ArrayList<>();
  private final AtomicInteger operations = new AtomicInteger();
  private final QueueLoop loop =
      new QueueLoop(
          new HoldingLog(), BlobStore.NONE, () -> nowMillis, TestAlarm::new, new Counts(), e -> {});

  ConversationsTest() {
    loop.start();
  }

  @AfterEach
  void close() {
    holding = false;
    loop.close();
  }

  private final class HoldingLog implements Log {
    @Override
    public void start(Replica driven) {
      replica = driven;
      driven.lead(1);
    }

    @Override
    public void append(Entry entry) {
      if (holding) {
        held.add(entry);
      } else {
        replica.apply(entry);
      }
    }

    @Override
    public void close() {}
  }

  private final class TestAlarm implements Alarm {
    TestAlarm(Runnable ring) {
      wake = ring;
    }

    @Override
    public void set(long inMillis) {
      if (inMillis != Long.MAX_VALUE) {
        alarmAtMillis = Math.min(alarmAtMillis, nowMillis + inMillis);
      }
    }

    @Override
    public void close() {}
  }

  private final class Counts implements LoopMetrics {
    @Override
    public void applied(int ofEntry, int bytes, long certainNanos, long applyNanos) {
      assertThat(bytes).isPositive();
      operations.addAndGet(ofEntry);
    }

    @Override
    public void refused(ErrorCode code) {
      refused.add(code);
    }
  }

  /** Time passes, and every alarm rings in time. */
  private void pass(long millis) {
    long end = nowMillis + millis;
    while (alarmAtMillis <= end) {
      nowMillis = Math.max(nowMillis, alarmAtMillis);
      alarmAtMillis = Long.MAX_VALUE;
      wake.run();
    }
    nowMillis = end;
  }

  /** Time passes, and this process does not run: what was due rings when it goes on. */
  private void standStill(long millis) {
    nowMillis += millis;
    alarmAtMillis = Long.MAX_VALUE;
    wake.run();
  }

  /** A session, and what it was told. */
  private final class Peer implements Link {
    final List<Response> told = new ArrayList<>();
    long session;
    boolean isStranger;

    Peer(long nonce) {
      ByteString id =
          ByteString.copyFrom(ByteBuffer.allocate(16).putLong(nonce).putLong(nonce).flip());
      loop.receive(
          Request.newBuilder()
              .setEpoch(1)
              .setResume(true)
              .setOpen(OpenSession.newBuilder().setNonce(id))
              .build(),
          this);
    }

    void say(Operation... said) {
      loop.receive(
          Request.newBuilder()
              .setEpoch(1)
              .setBatch(
                  Batch.newBuilder()
                      .setSession(session)
                      .setFirstSequence(1)
                      .addAllOperations(List.of(said)))
              .build(),
          this);
    }

    boolean hasEnded() {
      return told.stream().anyMatch(Response::hasEnded);
    }

    @Override
    public String principal() {
      return "somebody";
    }

    @Override
    public boolean mayResume(OpenSession opened) {
      return !isStranger && opened.getPrincipal().equals(principal());
    }

    @Override
    public void answer(Response response) {
      told.add(response);
      if (response.getRepliesCount() > 0 && response.getReplies(0).hasSessionOpened()) {
        session = response.getReplies(0).getSessionOpened().getSession();
      }
    }

    @Override
    public void close(String reason) {}
  }

  // ---- coming back

  @Test
  void whoTakesUpAnothersSessionIsToldWhatThatCanMean() {
    Peer owner = new Peer(1);
    Peer stranger = new Peer(2);
    stranger.isStranger = true;
    loop.receive(
        Request.newBuilder()
            .setEpoch(2)
            .setResume(true)
            .setBatch(Batch.newBuilder().setSession(owner.session))
            .build(),
        stranger);
    assertThat(stranger.told.get(stranger.told.size() - 1).getEnded())
        .satisfies(
            refusal -> {
              assertThat(refusal.getCode()).isEqualTo(ErrorCode.PERMISSION_DENIED);
              assertThat(refusal.getMessage())
                  .startsWith(
                      "session %d can't be taken up again by somebody: ".formatted(owner.session))
                  .contains("under another name or by another pod", "begun anew", "Connect anew");
            });
    assertThat(owner.hasEnded()).isFalse();
  }

  // ---- silence

  @Test
  void whoIsSilentForATermExpiresAndWhoIsNotDoesNot() {
    Peer silent = new Peer(1);
    Peer lively = new Peer(2);
    for (int second = 0; second < 12; second++) {
      pass(SECOND);
      lively.say();
    }
    assertThat(silent.hasEnded()).isTrue();
    assertThat(lively.hasEnded()).isFalse();
  }

  @Test
  void aQueueThatStoodStillForLongerThanATermExpiresNobodyWhoIsThere() {
    Peer peer = new Peer(1);
    Peer gone = new Peer(2);
    pass(5 * SECOND);
    peer.say();

    standStill(60 * SECOND);
    assertThat(peer.hasEnded()).as("a pause is nobody's silence").isFalse();
    for (int second = 0; second < 9; second++) {
      pass(SECOND);
      peer.say();
    }
    assertThat(gone.hasEnded()).as("has a full term since").isFalse();
    pass(2 * SECOND);

    assertThat(peer.hasEnded()).isFalse();
    assertThat(gone.hasEnded()).isTrue();
  }

  @Test
  void aPauseWithinATermExtendsItToo() {
    Peer peer = new Peer(1);
    pass(SECOND / 2);

    standStill(
        9 * SECOND); // ends before the term does, which would leave half a second to be heard
    pass(9 * SECOND);

    assertThat(peer.hasEnded()).isFalse();
  }

  // ---- connections

  @Test
  void whenAConnectionBreaksThoseWhoShareItAreForgottenAndNobodyElse() {
    Peer lost = new Peer(1);
    Peer other = new Peer(2);
    loop.hangUp(lost, () -> {});
    int told = lost.told.size();

    lost.say();
    other.say();

    assertThat(lost.told).hasSize(told);
    assertThat(other.told).hasSize(2);
    // The session itself lives: it comes back by another connection.
    assertThat(lost.hasEnded()).isFalse();
  }

  @Test
  void oneSessionTooManyIsRefusedWithTheLimit() {
    for (int i = 0; i < Conversations.SESSIONS_MAX; i++) {
      assertThat(new Peer(i).session).isEqualTo(i + 1L);
    }
    Peer late = new Peer(-1);
    var refusal = late.told.get(0).getReplies(0).getRefusal();
    assertThat(refusal.getCode()).isEqualTo(ErrorCode.QUEUE_FULL);
    assertThat(refusal.getMessage()).contains("20000 sessions").contains("close some");

    pass(11 * SECOND); // all are silent
    assertThat(new Peer(-2).session).isEqualTo(Conversations.SESSIONS_MAX + 1L);
  }

  // ---- health

  @Test
  void aProbeIsAnsweredWhenItsEntryIsCertainAndNotBefore() {
    holding = true;
    CompletableFuture<Long> probe = loop.probe();
    assertThat(held).hasSize(1);
    CompletableFuture<Long> behind = loop.probe();
    assertThat(probe).isNotDone();

    replica.apply(held.get(0));
    assertThat(probe).isCompletedWithValue(1L);
    assertThat(behind).isNotDone();
    replica.apply(held.get(1));
    assertThat(behind).isCompletedWithValue(2L);
  }

  @Test
  void aProbeOfAQueueThatDoesNotLeadFails() {
    replica.follow();
    assertThatThrownBy(loop.probe()::join).hasMessageContaining("shut down, or not up yet");
  }

  @Test
  void whatIsAppliedAndRefusedIsCounted() {
    Peer peer = new Peer(1);
    peer.say(Operation.getDefaultInstance(), Operation.getDefaultInstance());

    assertThat(operations).hasValue(3);
    assertThat(refused).containsExactly(ErrorCode.INVALID_ARGUMENT, ErrorCode.INVALID_ARGUMENT);
  }
}
