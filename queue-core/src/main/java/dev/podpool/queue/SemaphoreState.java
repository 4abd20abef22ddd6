package dev.podpool.queue;

import dev.podpool.protocol.AcquirePermits;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSnapshot;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.PermitsGranted;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.SemaphoreSnapshot;
import dev.podpool.protocol.SemaphoreSpec;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Permits, given in the order of arrival: a request for many that comes first is not overtaken by
 * one for few.
 *
 * <p>Invariant: free and held ones are together those it was made with, and those that were
 * released beyond what was held.
 */
final class SemaphoreState extends SharedObject {

  /** Free and held together. */
  static final long PERMITS_MAX = Integer.MAX_VALUE;

  private final Line acquirers = line();
  // By session; who has held some for longest comes first.
  private final LinkedHashMap<Long, Long> held = new LinkedHashMap<>();
  private long heldInAll;
  private long free;

  SemaphoreState(long number, ObjectRef ref, ObjectSpec spec, SharedObjects objects) {
    super(number, ref, spec, objects);
    free = spec.getSemaphore().getPermits();
  }

  static @Nullable Refusal check(SemaphoreSpec spec) {
    return spec.getPermits() >= 0 && spec.getPermits() <= PERMITS_MAX
        ? null
        : Refusals.invalid(
            "a semaphore of "
                + Long.toUnsignedString(spec.getPermits())
                + " permits; from 0 to "
                + PERMITS_MAX);
  }

  @Override
  Reply.@Nullable Builder apply(Call call) {
    return switch (call.operation().getKindCase()) {
      case ACQUIRE_PERMITS -> acquire(call, call.operation().getAcquirePermits());
      case RELEASE_PERMITS ->
          release(call.session().id, call.operation().getReleasePermits().getPermits());
      default -> refused(misdirected(call));
    };
  }

  private Reply.@Nullable Builder acquire(Call call, AcquirePermits acquire) {
    long permits = acquire.getPermits();
    long most = spec.getSemaphore().getBounded() ? spec.getSemaphore().getPermits() : PERMITS_MAX;
    if (permits < 1 || permits > most) {
      return refused(
          Refusals.invalid(
              Long.toUnsignedString(permits)
                  + " permits of "
                  + title()
                  + "; at least 1, and it never has more than "
                  + most));
    }
    return acquirers.isEmpty() && permits <= free
        ? grant(call.session().id, permits)
        : await(acquirers, call, acquire.getTimeoutMillis());
  }

  private Reply.Builder grant(long session, long permits) {
    free -= permits;
    heldInAll += permits;
    held.merge(session, permits, Long::sum);
    return Reply.newBuilder().setPermitsGranted(PermitsGranted.getDefaultInstance());
  }

  private Reply.@Nullable Builder release(long session, long permits) {
    if (permits < 0 || permits > PERMITS_MAX) {
      return refused(
          Refusals.invalid(
              "a release of "
                  + Long.toUnsignedString(permits)
                  + " permits of "
                  + title()
                  + "; from 0 to "
                  + PERMITS_MAX));
    }
    long extra = Math.max(0, permits - heldInAll);
    long most = spec.getSemaphore().getBounded() ? spec.getSemaphore().getPermits() : PERMITS_MAX;
    if (extra > 0 && free + heldInAll + extra > most) {
      return refused(
          Refusals.of(
              ErrorCode.TOO_MANY_PERMITS,
              title()
                  + " has at most "
                  + most
                  + " permits, of which "
                  + heldInAll
                  + " are held, and "
                  + permits
                  + " were to be released; release only what was acquired"));
    }
    long left = permits - extra;
    left -= takeFrom(session, left);
    Iterator<Map.Entry<Long, Long>> others = held.entrySet().iterator();
    while (left > 0) {
      Map.Entry<Long, Long> longest = others.next();
      long taken = Math.min(left, longest.getValue());
      left -= taken;
      if (taken == longest.getValue()) {
        others.remove();
      } else {
        longest.setValue(longest.getValue() - taken);
      }
    }
    heldInAll -= permits - extra;
    free += permits;
    serve();
    return null;
  }

  /** How many of {@code most} the session held, which holds them no longer. */
  private long takeFrom(long session, long most) {
    long its = held.getOrDefault(session, 0L);
    long taken = Math.min(its, most);
    if (taken == its) {
      held.remove(session);
    } else {
      held.put(session, its - taken);
    }
    return taken;
  }

  /** Whoever stands first has what it needs, or nobody goes on. */
  private void serve() {
    Waiter next = acquirers.first();
    while (next != null && next.operation.getAcquirePermits().getPermits() <= free) {
      objects
          .waits()
          .answer(next, grant(next.session, next.operation.getAcquirePermits().getPermits()));
      next = acquirers.first();
    }
  }

  @Override
  void left(Waiter waiter) {
    serve();
  }

  @Override
  void endSession(long session) {
    long its = takeFrom(session, Long.MAX_VALUE);
    heldInAll -= its;
    free += its;
    serve();
  }

  @Override
  void status(ObjectStatus.Builder into) {
    into.setCount(free);
    held.forEach((session, permits) -> into.addHolders(objects.holder(session, permits)));
  }

  @Override
  void save(ObjectSnapshot.Builder into) {
    SemaphoreSnapshot.Builder state = SemaphoreSnapshot.newBuilder().setFree(free);
    held.forEach(
        (session, permits) ->
            state.addHeld(
                SemaphoreSnapshot.Held.newBuilder().setSession(session).setPermits(permits)));
    into.setSemaphore(state);
  }

  @Override
  void restore(ObjectSnapshot from) {
    free = from.getSemaphore().getFree();
    for (SemaphoreSnapshot.Held its : from.getSemaphore().getHeldList()) {
      held.put(its.getSession(), its.getPermits());
      heldInAll += its.getPermits();
    }
  }
}
