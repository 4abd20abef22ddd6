package dev.podpool.queue;

import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.EventIsSet;
import dev.podpool.protocol.EventSnapshot;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSnapshot;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import org.jspecify.annotations.Nullable;

/** Set or not. Whoever waits when it is set goes on, even if it is cleared right after. */
final class EventState extends SharedObject {

  private final Line waiters = line();
  private boolean set;

  EventState(long number, ObjectRef ref, ObjectSpec spec, SharedObjects objects) {
    super(number, ref, spec, objects);
  }

  @Override
  Reply.@Nullable Builder apply(Call call) {
    return switch (call.operation().getKindCase()) {
      case SET_EVENT -> {
        set(call.operation().getSetEvent().getSet());
        yield null;
      }
      case AWAIT_EVENT ->
          set ? isSet() : await(waiters, call, call.operation().getAwaitEvent().getTimeoutMillis());
      default -> refused(misdirected(call));
    };
  }

  private void set(boolean now) {
    set = now;
    if (set) {
      for (Waiter next = waiters.first(); next != null; next = waiters.first()) {
        objects.waits().answer(next, isSet());
      }
    }
  }

  private static Reply.Builder isSet() {
    return Reply.newBuilder().setEventIsSet(EventIsSet.getDefaultInstance());
  }

  @Override
  Refusal timedOut() {
    return Refusals.of(
        ErrorCode.TIMED_OUT_WAITING, title() + " was not set in time; wait longer, or set it");
  }

  @Override
  void status(ObjectStatus.Builder into) {
    into.setCount(set ? 1 : 0);
  }

  @Override
  void save(ObjectSnapshot.Builder into) {
    into.setEvent(EventSnapshot.newBuilder().setSet(set));
  }

  @Override
  void restore(ObjectSnapshot from) {
    set = from.getEvent().getSet();
  }
}
