package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.AcquireLock;
import dev.podpool.protocol.AcquirePermits;
import dev.podpool.protocol.AwaitBarrier;
import dev.podpool.protocol.AwaitCondition;
import dev.podpool.protocol.AwaitEvent;
import dev.podpool.protocol.BarrierSpec;
import dev.podpool.protocol.BreakBarrier;
import dev.podpool.protocol.CancelWait;
import dev.podpool.protocol.ConditionSpec;
import dev.podpool.protocol.DeleteObject;
import dev.podpool.protocol.EventSpec;
import dev.podpool.protocol.LockSpec;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectQuery;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.OpenObject;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReleaseLock;
import dev.podpool.protocol.ReleasePermits;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.SemaphoreSpec;
import dev.podpool.protocol.SetEvent;
import dev.podpool.protocol.SignalCondition;
import dev.podpool.protocol.StatusQuery;
import java.util.List;
import java.util.function.LongSupplier;

/** Locks, semaphores, events, conditions and barriers, one of each, in a script. */
final class Synchronizers {

  static final ObjectRef LOCK = ref(ObjectKind.LOCK);
  static final ObjectRef SEMAPHORE = ref(ObjectKind.SEMAPHORE);
  static final ObjectRef EVENT = ref(ObjectKind.EVENT);
  static final ObjectRef CONDITION = ref(ObjectKind.CONDITION);
  static final ObjectRef BARRIER = ref(ObjectKind.BARRIER);

  final QueueScript queue = new QueueScript();

  static ObjectRef ref(ObjectKind kind) {
    return ObjectRef.newBuilder().setKind(kind).setName("shared").build();
  }

  // ---- operations

  static Operation.Builder open(ObjectRef ref, ObjectSpec.Builder spec) {
    return Operation.newBuilder()
        .setOpenObject(OpenObject.newBuilder().setObject(ref).setSpec(spec));
  }

  static ObjectSpec.Builder lockSpec() {
    return ObjectSpec.newBuilder().setLock(LockSpec.getDefaultInstance());
  }

  static ObjectSpec.Builder semaphoreSpec(long permits, boolean bounded) {
    return ObjectSpec.newBuilder()
        .setSemaphore(SemaphoreSpec.newBuilder().setPermits(permits).setBounded(bounded));
  }

  static ObjectSpec.Builder eventSpec() {
    return ObjectSpec.newBuilder().setEvent(EventSpec.getDefaultInstance());
  }

  static ObjectSpec.Builder conditionSpec(ObjectRef lock) {
    return ObjectSpec.newBuilder().setCondition(ConditionSpec.newBuilder().setLock(lock));
  }

  static ObjectSpec.Builder barrierSpec(int parties) {
    return ObjectSpec.newBuilder().setBarrier(BarrierSpec.newBuilder().setParties(parties));
  }

  static Operation.Builder delete(ObjectRef ref) {
    return Operation.newBuilder().setDeleteObject(DeleteObject.newBuilder().setObject(ref));
  }

  static Operation.Builder cancel(long wait) {
    return Operation.newBuilder().setCancelWait(CancelWait.newBuilder().setWait(wait));
  }

  static Operation.Builder lock(long timeoutMillis) {
    return Operation.newBuilder()
        .setAcquireLock(AcquireLock.newBuilder().setLock(LOCK).setTimeoutMillis(timeoutMillis));
  }

  static Operation.Builder unlock(long token) {
    return Operation.newBuilder()
        .setReleaseLock(ReleaseLock.newBuilder().setLock(LOCK).setToken(token));
  }

  static Operation.Builder acquire(long permits, long timeoutMillis) {
    return Operation.newBuilder()
        .setAcquirePermits(
            AcquirePermits.newBuilder()
                .setSemaphore(SEMAPHORE)
                .setPermits(permits)
                .setTimeoutMillis(timeoutMillis));
  }

  static Operation.Builder release(long permits) {
    return Operation.newBuilder()
        .setReleasePermits(ReleasePermits.newBuilder().setSemaphore(SEMAPHORE).setPermits(permits));
  }

  static Operation.Builder set(boolean set) {
    return Operation.newBuilder().setSetEvent(SetEvent.newBuilder().setEvent(EVENT).setSet(set));
  }

  static Operation.Builder awaitEvent(long timeoutMillis) {
    return Operation.newBuilder()
        .setAwaitEvent(AwaitEvent.newBuilder().setEvent(EVENT).setTimeoutMillis(timeoutMillis));
  }

  static Operation.Builder awaitCondition(long token, long timeoutMillis) {
    return Operation.newBuilder()
        .setAwaitCondition(
            AwaitCondition.newBuilder()
                .setCondition(CONDITION)
                .setToken(token)
                .setTimeoutMillis(timeoutMillis));
  }

  static Operation.Builder signal(long token, int count) {
    return Operation.newBuilder()
        .setSignalCondition(
            SignalCondition.newBuilder().setCondition(CONDITION).setToken(token).setCount(count));
  }

  static Operation.Builder arrive(long timeoutMillis) {
    return Operation.newBuilder()
        .setAwaitBarrier(
            AwaitBarrier.newBuilder().setBarrier(BARRIER).setTimeoutMillis(timeoutMillis));
  }

  static Operation.Builder breakUp(boolean reset) {
    return Operation.newBuilder()
        .setBreakBarrier(BreakBarrier.newBuilder().setBarrier(BARRIER).setReset(reset));
  }

  /** Makes all five; the lock before its condition. */
  static List<Operation.Builder> openAll() {
    return List.of(
        open(LOCK, lockSpec()),
        open(CONDITION, conditionSpec(LOCK)),
        open(SEMAPHORE, semaphoreSpec(3, false)),
        open(EVENT, eventSpec()),
        open(BARRIER, barrierSpec(2)));
  }

  /** One of each, with numbers of {@code number}. */
  static List<Operation.Builder> anything(LongSupplier number, boolean flag) {
    return List.of(
        lock(number.getAsLong()),
        unlock(number.getAsLong()),
        acquire(number.getAsLong(), number.getAsLong()),
        release(number.getAsLong()),
        set(flag),
        awaitEvent(number.getAsLong()),
        awaitCondition(number.getAsLong(), number.getAsLong()),
        signal(number.getAsLong(), (int) number.getAsLong()),
        arrive(number.getAsLong()),
        breakUp(flag),
        cancel(number.getAsLong()),
        delete(flag ? LOCK : CONDITION),
        open(SEMAPHORE, semaphoreSpec(number.getAsLong(), flag)),
        open(BARRIER, barrierSpec((int) number.getAsLong())));
  }

  // ---- what they were answered

  void clients(String... names) {
    for (String name : names) {
      queue.client(name);
    }
  }

  String send(String name, Operation.Builder operation) {
    return queue.send(name, operation);
  }

  /** Sends what is to wait; its sequence, to ask for the answer. */
  long waits(String name, Operation.Builder operation) {
    assertThat(queue.send(name, operation)).isEqualTo("done");
    return queue.party(name).sequence;
  }

  String answer(String name, long sequence) {
    return queue.answer(name, sequence);
  }

  /** The last operation's token. */
  long token(String name) {
    return token(name, queue.party(name).sequence);
  }

  long token(String name, long sequence) {
    return reply(name, sequence).getLockGranted().getToken();
  }

  Reply reply(String name, long sequence) {
    return queue.party(name).replies.getOrDefault(sequence, Reply.getDefaultInstance());
  }

  long locked(String name) {
    assertThat(send(name, lock(0))).isEqualTo("LOCK_GRANTED");
    return token(name);
  }

  ObjectStatus status(ObjectRef ref) {
    return queue
        .machine
        .read(
            ReadRequest.newBuilder()
                .setObject(
                    ObjectQuery.newBuilder()
                        .setObject(ref)
                        .setStatus(StatusQuery.getDefaultInstance()))
                .build())
        .getObject();
  }
}
