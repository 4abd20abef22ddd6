package dev.podpool.queue;

import dev.podpool.protocol.AwaitCondition;
import dev.podpool.protocol.ConditionSpec;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSnapshot;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.SignalCondition;
import org.jspecify.annotations.Nullable;

/**
 * A condition of a lock: who waits has given the lock back, and goes from here to the lock's line,
 * whether it is signalled, late, or called off. So it goes on with the lock, or not at all.
 */
final class ConditionState extends SharedObject {

  // AwaitCondition, not signalled yet.
  private final Line waiters = line();

  ConditionState(long number, ObjectRef ref, ObjectSpec spec, SharedObjects objects) {
    super(number, ref, spec, objects);
    objects.add(this);
  }

  static @Nullable Refusal check(ConditionSpec spec, SharedObjects objects) {
    return objects.lock(spec.getLock()) == null ? SharedObjects.unknown(spec.getLock()) : null;
  }

  ObjectRef lockRef() {
    return spec.getCondition().getLock();
  }

  @Override
  Reply.@Nullable Builder apply(Call call) {
    return switch (call.operation().getKindCase()) {
      case AWAIT_CONDITION -> await(call, call.operation().getAwaitCondition());
      case SIGNAL_CONDITION -> signal(call.operation().getSignalCondition());
      default -> refused(misdirected(call));
    };
  }

  private Reply.@Nullable Builder await(Call call, AwaitCondition await) {
    LockState lock = objects.lock(lockRef());
    Refusal refusal = check(lock, await.getToken());
    if (refusal == null) {
      refusal = checkWait(call);
    }
    if (lock == null || refusal != null) {
      return refused(refusal == null ? SharedObjects.unknown(lockRef()) : refusal);
    }
    // Who waits here will hold the lock, which must hear of the end of its session.
    objects.opened(lock, call.session());
    Waiter waiter =
        objects
            .waits()
            .add(
                this,
                waiters,
                call.session().id,
                call.sequence(),
                call.operation(),
                Math.max(0, await.getTimeoutMillis()));
    lock.free();
    if (await.getTimeoutMillis() < 0) {
      wake(waiter, false);
    }
    return null;
  }

  private Reply.@Nullable Builder signal(SignalCondition signal) {
    Refusal refusal = check(objects.lock(lockRef()), signal.getToken());
    if (refusal != null) {
      return refused(refusal);
    }
    long left = signal.getCount() == 0 ? Long.MAX_VALUE : Integer.toUnsignedLong(signal.getCount());
    for (Waiter next = waiters.first(); next != null && left > 0; next = waiters.first()) {
      wake(next, true);
      left--;
    }
    return null;
  }

  private @Nullable Refusal check(@Nullable LockState lock, long token) {
    if (lock == null) {
      return SharedObjects.unknown(lockRef());
    }
    return lock.isHeldBy(token) ? null : lock.lost(token);
  }

  private void wake(Waiter waiter, boolean signalled) {
    waiter.signalled = signalled;
    LockState lock = objects.lock(lockRef());
    if (lock == null) { // who waits is told before it goes
      throw new IllegalStateException(title() + " has waiters, and no lock");
    }
    lock.reacquire(waiter);
  }

  @Override
  void timedOut(Waiter waiter) {
    wake(waiter, false);
  }

  @Override
  void calledOff(Waiter waiter) {
    wake(waiter, false);
  }

  /** Nobody gets the lock any more. One made again under its name is as good for later waits. */
  void lockDeleted() {
    Refusal gone =
        Refusals.of(
            ErrorCode.OBJECT_DELETED,
            "the lock of " + title() + " was deleted while you waited for a signal");
    for (Waiter next = waiters.first(); next != null; next = waiters.first()) {
      objects.waits().refuse(next, gone);
    }
  }

  @Override
  void gone() {
    objects.remove(this);
  }

  @Override
  void save(ObjectSnapshot.Builder into) {} // who waits is all there is

  @Override
  void restore(ObjectSnapshot from) {}
}
