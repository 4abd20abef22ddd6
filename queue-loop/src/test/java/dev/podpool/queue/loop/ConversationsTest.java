package dev.podpool.queue.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.ChangeMap;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.GiveCredit;
import dev.podpool.protocol.MapPut;
import dev.podpool.protocol.MapSpec;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.OpenObject;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Response;
import dev.podpool.protocol.SubmitJob;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
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
      this(nonce, OpenSession.newBuilder());
    }

    Peer(long nonce, OpenSession.Builder open) {
      ByteString id =
          ByteString.copyFrom(ByteBuffer.allocate(16).putLong(nonce).putLong(nonce).flip());
      loop.receive(
          Request.newBuilder().setEpoch(1).setResume(true).setOpen(open.setNonce(id)).build(),
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

    /** As {@link #say}, behind what was applied, which has arrived. */
    void goOn(long applied, Operation... said) {
      loop.receive(
          Request.newBuilder()
              .setEpoch(1)
              .setBatch(
                  Batch.newBuilder()
                      .setSession(session)
                      .setFirstSequence(applied + 1)
                      .setConfirmed(applied)
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

  // ---- answers

  private static final ObjectRef MAP =
      ObjectRef.newBuilder().setKind(ObjectKind.MAP).setName("shared").build();

  private static Operation putLarge() {
    MapPut.Builder put =
        MapPut.newBuilder()
            .setKey(ByteString.copyFromUtf8("skey"))
            .setValue(ByteString.copyFrom(new byte[1 << 20]));
    return Operation.newBuilder()
        .setChangeMap(ChangeMap.newBuilder().setMap(MAP).setPut(put))
        .build();
  }

  @Test
  void largeAnswersComeInPartsAndWhatIsHeldBackIsSaidWithTheLast() {
    Peer peer = new Peer(1);
    Operation open =
        Operation.newBuilder()
            .setOpenObject(
                OpenObject.newBuilder()
                    .setObject(MAP)
                    .setSpec(ObjectSpec.newBuilder().setMap(MapSpec.getDefaultInstance())))
            .build();
    Operation[] said = new Operation[9];
    Arrays.fill(said, putLarge());
    said[0] = open;
    peer.told.clear();

    peer.say(said);

    // The first of a key has replaced nothing.
    assertThat(peer.told.stream().mapToInt(Response::getRepliesCount).sum()).isEqualTo(5);
    assertThat(peer.told).allMatch(response -> response.getSerializedSize() < 3 << 20);
    Response last = peer.told.remove(peer.told.size() - 1);
    assertThat(peer.told).isNotEmpty().allMatch(Response::getPartial);
    assertThat(peer.told).noneMatch(response -> response.getApplied() > 0);
    assertThat(last.getPartial()).isFalse();
    assertThat(last.getApplied()).isEqualTo(6);
    assertThat(last.getHeldBack()).isTrue();

    peer.told.clear();
    peer.goOn(6, putLarge(), putLarge(), putLarge());
    last = peer.told.get(peer.told.size() - 1);
    assertThat(last.getApplied()).isEqualTo(9);
    assertThat(last.getHeldBack()).isFalse();
  }

  @Test
  void whatWasAppliedIsSaidBehindALargeDelivery() {
    Payloads large =
        Payloads.newBuilder().setCount(1).setData(ByteString.copyFrom(largeInput())).build();
    new Peer(1)
        .say(
            Operation.newBuilder()
                .setDefinePool(DefinePool.newBuilder().setPool("p").setUid("u").setMaxAttempts(1))
                .build(),
            Operation.newBuilder()
                .setSubmitJob(
                    SubmitJob.newBuilder()
                        .setJobId(ByteString.copyFrom(new byte[16]))
                        .setPool("p")
                        .setChunk(1)
                        .setInputs(large))
                .build());
    Peer worker = new Peer(2, OpenSession.newBuilder().setPool("p").setWorker("w").setSlots(1));
    worker.told.clear();

    worker.say(Operation.newBuilder().setGiveCredit(GiveCredit.newBuilder().setWindow(1)).build());

    assertThat(worker.told).hasSize(2);
    assertThat(worker.told.get(0).getPartial()).isTrue();
    assertThat(worker.told.get(0).getDeliveries(0).hasAssign()).isTrue();
    assertThat(worker.told.get(1).getPartial()).isFalse();
    assertThat(worker.told.get(1).getApplied()).isEqualTo(1);
  }

  /** Of more than a response is to have, behind its length. */
  private static byte[] largeInput() {
    byte[] input = new byte[4 + (1 << 21) - 1];
    input[0] = input[1] = input[2] = (byte) 0xff;
    input[3] = 0;
    return input;
  }

  @Test
  void aSignOfLifeThatConfirmsMuchIsTakenToTheLog() {
    Peer peer = new Peer(1);
    peer.say(Operation.getDefaultInstance());
    int before = operations.get();
    peer.goOn(1);
    assertThat(replica.snapshot().getIndex()).as("nothing to speak of").isEqualTo(2);

    Operation[] refusedOnes = new Operation[1024];
    Arrays.fill(refusedOnes, Operation.getDefaultInstance());
    for (int i = 0; i < 2; i++) {
      loop.receive(
          Request.newBuilder()
              .setEpoch(1)
              .setBatch(
                  Batch.newBuilder()
                      .setSession(peer.session)
                      .setFirstSequence(2 + i * 1024L)
                      .addAllOperations(List.of(refusedOnes)))
              .build(),
          peer);
    }
    assertThat(replica.snapshot().getSessions(0).getRepliesCount()).isEqualTo(2049);
    peer.goOn(2049);
    assertThat(replica.snapshot().getSessions(0).getRepliesCount()).isZero();
    assertThat(operations.get() - before).isEqualTo(2048);
  }
}
