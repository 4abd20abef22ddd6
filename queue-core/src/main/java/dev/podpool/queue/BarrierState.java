package dev.podpool.queue;

import dev.podpool.protocol.BarrierPassed;
import dev.podpool.protocol.BarrierSnapshot;
import dev.podpool.protocol.BarrierSpec;
import dev.podpool.protocol.BreakBarrier;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSnapshot;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import org.jspecify.annotations.Nullable;

/**
 * A meeting point: those that wait go on together when all parties are there, again and again. One
 * that leaves before breaks it for all, until it is reset.
 */
final class BarrierState extends SharedObject {

  // Always fewer than there are parties; none while it is broken.
  private final Line waiters = line();
  private boolean broken;

  BarrierState(long number, ObjectRef ref, ObjectSpec spec, SharedObjects objects) {
    super(number, ref, spec, objects);
  }

  static @Nullable Refusal check(BarrierSpec spec) {
    return spec.getParties() >= 1
        ? null
        : Refusals.invalid(
            "a barrier of "
                + Integer.toUnsignedString(spec.getParties())
                + " parties; from 1 to "
                + Integer.MAX_VALUE);
  }

  @Override
  Reply.@Nullable Builder apply(Call call) {
    return switch (call.operation().getKindCase()) {
      case AWAIT_BARRIER -> arrive(call, call.operation().getAwaitBarrier().getTimeoutMillis());
      case BREAK_BARRIER -> {
        breakUp(call.operation().getBreakBarrier());
        yield null;
      }
      default -> refused(misdirected(call));
    };
  }

  private Reply.@Nullable Builder arrive(Call call, long timeoutMillis) {
    if (broken) {
      return refused(brokenUp());
    }
    int toCome = spec.getBarrier().getParties() - 1 - waiters.size();
    if (toCome == 0) {
      letPass();
      return passed(0);
    }
    if (timeoutMillis < 0) {
      breakUp();
    }
    return await(waiters, call, timeoutMillis);
  }

  private void letPass() {
    int index = spec.getBarrier().getParties();
    for (Waiter next = waiters.first(); next != null; next = waiters.first()) {
      index--;
      objects.waits().answer(next, passed(index));
    }
  }

  private static Reply.Builder passed(int index) {
    return Reply.newBuilder().setBarrierPassed(BarrierPassed.newBuilder().setIndex(index));
  }

  private void breakUp(BreakBarrier how) {
    breakUp();
    broken = !how.getReset();
  }

  private void breakUp() {
    broken = true;
    for (Waiter next = waiters.first(); next != null; next = waiters.first()) {
      objects.waits().refuse(next, brokenUp());
    }
  }

  private Refusal brokenUp() {
    return Refusals.of(
        ErrorCode.BARRIER_BROKEN,
        title()
            + " is broken: a party gave up or ended, or it was aborted or reset; reset it, and have"
            + " all parties come again");
  }

  @Override
  Refusal timedOut() {
    return Refusals.of(
        ErrorCode.TIMED_OUT_WAITING,
        title()
            + ": not all of its "
            + spec.getBarrier().getParties()
            + " parties came in time, so it is broken; reset it, and wait longer");
  }

  /** It won't come back, so the others would wait for ever. */
  @Override
  void left(Waiter waiter) {
    breakUp();
  }

  @Override
  void status(ObjectStatus.Builder into) {
    into.setCount(waiters.size()).setBroken(broken);
  }

  @Override
  void save(ObjectSnapshot.Builder into) {
    into.setBarrier(BarrierSnapshot.newBuilder().setBroken(broken));
  }

  @Override
  void restore(ObjectSnapshot from) {
    broken = from.getBarrier().getBroken();
  }
}
