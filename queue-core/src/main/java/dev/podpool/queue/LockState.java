package dev.podpool.queue;

import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.LockGranted;
import dev.podpool.protocol.LockSnapshot;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSnapshot;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.ReleaseLock;
import dev.podpool.protocol.Reply;
import org.jspecify.annotations.Nullable;

/**
 * A lock: one grant at a time, each with a token larger than all before. What a grant's session
 * does after its end is for whoever checks the token.
 */
final class LockState extends SharedObject {

  // AcquireLock, and AwaitCondition once it has been signalled.
  private final Line acquirers = line();
  private long token;
  private long holder;

  LockState(long number, ObjectRef ref, ObjectSpec spec, SharedObjects objects) {
    super(number, ref, spec, objects);
  }

  boolean isHeldBy(long grant) {
    return grant != 0 && grant == token;
  }

  @Override
  Reply.@Nullable Builder apply(Call call) {
    return switch (call.operation().getKindCase()) {
      case ACQUIRE_LOCK -> acquire(call, call.operation().getAcquireLock().getTimeoutMillis());
      case RELEASE_LOCK -> release(call.operation().getReleaseLock());
      default ->
          refused(Refusals.invalid("a " + call.operation().getKindCase() + " of " + title()));
    };
  }

  private Reply.@Nullable Builder acquire(Call call, long timeoutMillis) {
    return token == 0 ? grant(call.session().id, false) : await(acquirers, call, timeoutMillis);
  }

  private Reply.Builder grant(long session, boolean signalled) {
    token = objects.nextToken();
    holder = session;
    return Reply.newBuilder()
        .setLockGranted(LockGranted.newBuilder().setToken(token).setSignalled(signalled));
  }

  private Reply.@Nullable Builder release(ReleaseLock release) {
    if (release.getAny()) {
      if (token == 0) {
        return refused(
            Refusals.of(ErrorCode.NOT_HELD, title() + " is not held; acquire it before"));
      }
    } else if (!isHeldBy(release.getToken())) {
      return refused(lost(release.getToken()));
    }
    free();
    return null;
  }

  Refusal lost(long grant) {
    return Refusals.of(
        ErrorCode.LOCK_LOST,
        title()
            + " is not held by grant "
            + Long.toUnsignedString(grant)
            + (token == 0 ? "; nobody holds it" : ", but by " + Long.toUnsignedString(token))
            + ": it was released, or its holder's session ended; acquire it again");
  }

  /** Whoever holds it does so no longer; who has waited longest does. */
  void free() {
    token = 0;
    holder = 0;
    Waiter next = acquirers.first();
    if (next != null) {
      objects.waits().answer(next, grant(next.session, next.signalled));
    }
  }

  /** {@code waiter} was at one of this lock's conditions, and needs the lock to go on. */
  void reacquire(Waiter waiter) {
    objects.waits().move(waiter, this, acquirers);
    if (token == 0) {
      objects.waits().answer(waiter, grant(waiter.session, waiter.signalled));
    }
  }

  @Override
  void endSession(long session) {
    if (token != 0 && holder == session) {
      free();
    }
  }

  @Override
  void status(ObjectStatus.Builder into) {
    if (token != 0) {
      into.setToken(token).addHolders(objects.holder(holder, 1));
    }
  }

  @Override
  void save(ObjectSnapshot.Builder into) {
    into.setLock(LockSnapshot.newBuilder().setToken(token).setHolder(holder));
  }

  @Override
  void restore(ObjectSnapshot from) {
    token = from.getLock().getToken();
    holder = from.getLock().getHolder();
  }
}
