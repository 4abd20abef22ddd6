package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.AcquireLock;
import dev.podpool.protocol.AcquirePermits;
import dev.podpool.protocol.AwaitBarrier;
import dev.podpool.protocol.AwaitCondition;
import dev.podpool.protocol.AwaitEvent;
import dev.podpool.protocol.BarrierSpec;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.ConfirmMessage;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.ExpireSession;
import dev.podpool.protocol.HoldEnd;
import dev.podpool.protocol.JoinQueue;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSnapshot;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PutItems;
import dev.podpool.protocol.QueueSpec;
import dev.podpool.protocol.ReceiveMessage;
import dev.podpool.protocol.ReleaseLock;
import dev.podpool.protocol.ReleasePermits;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.SendMessage;
import dev.podpool.protocol.SetEvent;
import dev.podpool.protocol.SignalCondition;
import dev.podpool.protocol.TakeItem;
import dev.podpool.protocol.TaskDone;
import dev.podpool.protocol.Tick;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Very many that wait at one object, each in a session of its own: all are served in their order,
 * one wake each, and nothing is left of them.
 */
@Timeout(180) // seconds; a few on a machine that does nothing else
class ManyWaitersTest {

  private static final int WAITERS = 10_000;
  private static final long TIMEOUT_MILLIS = 1_000;
  private static final ObjectRef LOCK = Specs.named(ObjectKind.LOCK);

  private final QueueMachine machine = new QueueMachine();
  private final Map<Long, Long> sequences = new HashMap<>();
  // Sessions that got a late answer, in that order.
  private final List<Long> woken = new ArrayList<>();
  private final List<Reply> wakes = new ArrayList<>();
  private long nowMillis = 1;
  private long nonces;
  private long owner; // who has what the others wait for

  /** What they wait for. */
  enum Scene {
    LOCK,
    PERMIT,
    EVENT,
    SIGNAL,
    BARRIER,
    ITEM,
    ROOM,
    JOIN,
    MESSAGE,
    PIPE_ROOM
  }

  // ---- a machine and its sessions

  private Recorded apply(Batch.Builder batch) {
    Recorded effects = new Recorded();
    machine.apply(Entry.newBuilder().setTimeMillis(nowMillis).addBatches(batch).build(), effects);
    return effects;
  }

  private long open() {
    ByteString nonce =
        ByteString.copyFrom(ByteBuffer.allocate(16).putLong(++nonces).putLong(7).flip());
    apply(
        Batch.newBuilder()
            .addOperations(
                Operation.newBuilder().setOpenSession(OpenSession.newBuilder().setNonce(nonce))));
    sequences.put(nonces, 0L);
    return nonces; // they are numbered as they are opened
  }

  /** The answer; the default where it was done, or waits. */
  private Reply send(long session, Operation.Builder operation) {
    long sequence = sequences.merge(session, 1L, Long::sum);
    Recorded effects =
        apply(
            Batch.newBuilder()
                .setSession(session)
                .setFirstSequence(sequence)
                .setConfirmed(sequence - 1)
                .addOperations(operation));
    Reply answer = Reply.getDefaultInstance();
    for (Recorded.Effect effect : effects.all) {
      if (effect instanceof Recorded.Replied replied) {
        boolean isAnswer =
            replied.session() == session && replied.reply().getSequence() == sequence;
        answer = isAnswer ? replied.reply() : answer;
        if (!isAnswer) {
          wake(replied);
        }
      }
    }
    assertThat(answer.hasRefusal()).as("%s", answer.getRefusal()).isFalse();
    return answer;
  }

  private void wake(Recorded.Replied replied) {
    woken.add(replied.session());
    wakes.add(replied.reply());
    apply(
        Batch.newBuilder()
            .setSession(replied.session())
            .addConfirmedWakes(replied.reply().getSequence()));
  }

  private void passMillis(long millis) {
    nowMillis += millis;
    Recorded effects =
        apply(
            Batch.newBuilder()
                .addOperations(Operation.newBuilder().setTick(Tick.getDefaultInstance())));
    for (Recorded.Effect effect : effects.all) {
      if (effect instanceof Recorded.Replied replied) {
        wake(replied);
      }
    }
  }

  private void expire(long session) {
    apply(
        Batch.newBuilder()
            .addOperations(
                Operation.newBuilder()
                    .setExpireSession(ExpireSession.newBuilder().setSession(session))));
  }

  // ---- the scenes

  private static ObjectKind kind(Scene scene) {
    return switch (scene) {
      case LOCK -> ObjectKind.LOCK;
      case PERMIT -> ObjectKind.SEMAPHORE;
      case EVENT -> ObjectKind.EVENT;
      case SIGNAL -> ObjectKind.CONDITION;
      case BARRIER -> ObjectKind.BARRIER;
      case ITEM, ROOM, JOIN -> ObjectKind.QUEUE;
      case MESSAGE, PIPE_ROOM -> ObjectKind.PIPE;
    };
  }

  private static ObjectRef ref(Scene scene) {
    return Specs.named(kind(scene));
  }

  private static ObjectSpec.Builder spec(Scene scene) {
    ObjectSpec.Builder spec = Specs.of(kind(scene));
    return switch (scene) {
      case BARRIER -> spec.setBarrier(BarrierSpec.newBuilder().setParties(WAITERS + 1));
      case ROOM -> spec.setQueue(QueueSpec.newBuilder().setItemsMax(1));
      case JOIN -> spec.setQueue(QueueSpec.newBuilder().setJoinable(true));
      default -> spec;
    };
  }

  private static Operation.Builder acquire(long timeoutMillis) {
    return Operation.newBuilder()
        .setAcquireLock(AcquireLock.newBuilder().setLock(LOCK).setTimeoutMillis(timeoutMillis));
  }

  private static Operation.Builder release(long token) {
    return Operation.newBuilder()
        .setReleaseLock(ReleaseLock.newBuilder().setLock(LOCK).setToken(token));
  }

  private static Operation.Builder put(ObjectRef queue, int number, long timeoutMillis) {
    return Operation.newBuilder()
        .setPutItems(
            PutItems.newBuilder()
                .setQueue(queue)
                .addItems(ByteString.copyFromUtf8("" + number))
                .setTimeoutMillis(timeoutMillis));
  }

  private static Operation.Builder take(ObjectRef queue, long timeoutMillis) {
    return Operation.newBuilder()
        .setTakeItem(TakeItem.newBuilder().setQueue(queue).setTimeoutMillis(timeoutMillis));
  }

  private static Operation.Builder message(ObjectRef pipe, int number) {
    return Operation.newBuilder()
        .setSendMessage(
            SendMessage.newBuilder()
                .setPipe(pipe)
                .setEnd(2)
                .setMessage(ByteString.copyFromUtf8("" + number)));
  }

  private static Operation.Builder receive(ObjectRef pipe, long timeoutMillis) {
    return Operation.newBuilder()
        .setReceiveMessage(
            ReceiveMessage.newBuilder().setPipe(pipe).setEnd(1).setTimeoutMillis(timeoutMillis));
  }

  private void hold(long session, ObjectRef pipe, int end) {
    send(
        session, Operation.newBuilder().setHoldEnd(HoldEnd.newBuilder().setPipe(pipe).setEnd(end)));
  }

  private long token;

  /** Makes it, and leaves nothing for others. */
  private void prepare(Scene scene) {
    ObjectRef ref = ref(scene);
    owner = open();
    send(owner, Specs.open(LOCK, Specs.of(ObjectKind.LOCK)));
    send(owner, Specs.open(ref, spec(scene)));
    switch (scene) {
      case LOCK -> token = send(owner, acquire(0)).getLockGranted().getToken();
      case PERMIT ->
          send(
              owner,
              Operation.newBuilder()
                  .setAcquirePermits(AcquirePermits.newBuilder().setSemaphore(ref).setPermits(1)));
      case ROOM -> send(owner, put(ref, -1, 0));
      case JOIN -> {
        send(owner, put(ref, -1, 0));
        send(owner, take(ref, 0));
      }
      case MESSAGE -> hold(owner, ref, 2);
      case PIPE_ROOM -> {
        hold(owner, ref, 1);
        hold(owner, ref, 2);
        for (int i = 0; i < 64; i++) {
          send(owner, message(ref, i));
        }
      }
      case EVENT, SIGNAL, BARRIER, ITEM -> {}
    }
  }

  private void await(Scene scene, long session, int number, long timeoutMillis) {
    ObjectRef ref = ref(scene);
    Operation.Builder operation = Operation.newBuilder();
    switch (scene) {
      case LOCK -> operation = acquire(timeoutMillis);
      case PERMIT ->
          operation.setAcquirePermits(
              AcquirePermits.newBuilder()
                  .setSemaphore(ref)
                  .setPermits(1)
                  .setTimeoutMillis(timeoutMillis));
      case EVENT ->
          operation.setAwaitEvent(
              AwaitEvent.newBuilder().setEvent(ref).setTimeoutMillis(timeoutMillis));
      case SIGNAL ->
          operation.setAwaitCondition(
              AwaitCondition.newBuilder()
                  .setCondition(ref)
                  .setToken(send(session, acquire(0)).getLockGranted().getToken())
                  .setTimeoutMillis(timeoutMillis));
      case BARRIER ->
          operation.setAwaitBarrier(
              AwaitBarrier.newBuilder().setBarrier(ref).setTimeoutMillis(timeoutMillis));
      case ITEM -> operation = take(ref, timeoutMillis);
      case ROOM -> operation = put(ref, number, timeoutMillis);
      case JOIN ->
          operation.setJoinQueue(
              JoinQueue.newBuilder().setQueue(ref).setTimeoutMillis(timeoutMillis));
      case MESSAGE -> {
        hold(session, ref, 1);
        operation = receive(ref, timeoutMillis);
      }
      case PIPE_ROOM -> {
        hold(session, ref, 2);
        operation = message(ref, 64 + number);
      }
    }
    operation.setWait(number + 1L);
    assertThat(send(session, operation)).isEqualTo(Reply.getDefaultInstance()); // it waits
  }

  private static boolean isForAll(Scene scene) {
    return scene == Scene.EVENT || scene == Scene.BARRIER || scene == Scene.JOIN;
  }

  /** Lets the next of them go on, or all. */
  private void serve(Scene scene, int number) {
    ObjectRef ref = ref(scene);
    switch (scene) {
      case LOCK -> {
        send(number == 0 ? owner : woken.get(number - 1), release(token));
        token = wakes.get(number).getLockGranted().getToken();
      }
      case PERMIT ->
          send(
              number == 0 ? owner : woken.get(number - 1),
              Operation.newBuilder()
                  .setReleasePermits(ReleasePermits.newBuilder().setSemaphore(ref).setPermits(1)));
      case EVENT ->
          send(
              owner,
              Operation.newBuilder().setSetEvent(SetEvent.newBuilder().setEvent(ref).setSet(true)));
      case SIGNAL -> {
        long mine = send(owner, acquire(0)).getLockGranted().getToken();
        var signal = SignalCondition.newBuilder().setCondition(ref).setToken(mine).setCount(1);
        send(owner, Operation.newBuilder().setSignalCondition(signal));
        assertThat(woken).as("it needs the lock").hasSize(number);
        send(owner, release(mine));
        assertThat(wakes.get(number).getLockGranted().getSignalled()).isTrue();
        send(woken.get(number), release(wakes.get(number).getLockGranted().getToken()));
      }
      case BARRIER ->
          send(
              owner,
              Operation.newBuilder().setAwaitBarrier(AwaitBarrier.newBuilder().setBarrier(ref)));
      case ITEM -> {
        send(owner, put(ref, number, 0));
        assertThat(wakes.get(number).getItemTaken().getItem().toStringUtf8())
            .isEqualTo("" + number);
      }
      case ROOM ->
          assertThat(send(owner, take(ref, 0)).getItemTaken().getItem().toStringUtf8())
              .isEqualTo("" + (number - 1));
      case JOIN ->
          send(owner, Operation.newBuilder().setTaskDone(TaskDone.newBuilder().setQueue(ref)));
      case MESSAGE -> {
        send(owner, message(ref, number));
        // Those that are not confirmed have their room in the pipe.
        confirm(woken.get(number), ref, wakes.get(number).getItemTaken().getDelivery());
      }
      case PIPE_ROOM -> {
        var taken = send(owner, receive(ref, 0)).getItemTaken();
        assertThat(taken.getItem().toStringUtf8()).isEqualTo("" + number);
        confirm(owner, ref, taken.getDelivery());
      }
    }
  }

  private void confirm(long session, ObjectRef pipe, long delivery) {
    var confirm = ConfirmMessage.newBuilder().setPipe(pipe).setEnd(1).setDelivery(delivery);
    send(session, Operation.newBuilder().setConfirmMessage(confirm));
  }

  private List<Long> allWait(Scene scene, long timeoutMillis) {
    prepare(scene);
    List<Long> sessions = LongStream.range(0, WAITERS).map(i -> open()).boxed().toList();
    for (int i = 0; i < WAITERS; i++) {
      await(scene, sessions.get(i), i, timeoutMillis);
    }
    assertThat(woken).isEmpty();
    return sessions;
  }

  private void nothingIsLeft(Scene scene) {
    assertThat(machine.objects().waits().isEmpty()).isTrue();
    assertThat(
            machine.snapshot().getObjectsList().stream()
                .filter(object -> object.getObject().equals(ref(scene)))
                .mapToInt(ObjectSnapshot::getWaitersCount)
                .sum())
        .isZero();
    assertThat(machine.snapshot().getSessionsList())
        .allMatch(session -> session.getWakesCount() == 0);
  }

  // ---- what must hold

  @ParameterizedTest
  @EnumSource
  void allAreServedInTheOrderOfTheirArrivalOnceEach(Scene scene) {
    List<Long> sessions = allWait(scene, 0);
    if (isForAll(scene)) {
      serve(scene, 0);
    } else {
      for (int i = 0; i < WAITERS; i++) {
        serve(scene, i);
        assertThat(woken).as("one at a time").hasSize(i + 1);
      }
    }
    assertThat(woken).isEqualTo(sessions);
    nothingIsLeft(scene);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "PIPE_ROOM") // which has no time-out
  void whoseTimePassesGoesOnceAndInOrder(Scene scene) {
    List<Long> sessions = allWait(scene, TIMEOUT_MILLIS);
    passMillis(TIMEOUT_MILLIS - 1);
    assertThat(woken).isEmpty();
    passMillis(1);
    if (scene == Scene.SIGNAL) { // with the lock, one after the other
      for (int i = 0; i < WAITERS; i++) {
        send(woken.get(i), release(wakes.get(i).getLockGranted().getToken()));
      }
    }
    assertThat(woken).isEqualTo(sessions);
    nothingIsLeft(scene);
  }

  @ParameterizedTest
  @EnumSource
  void sessionsThatEndLeaveNothing(Scene scene) {
    List<Long> sessions = allWait(scene, 0);
    sessions.forEach(this::expire);
    nothingIsLeft(scene);
  }
}
