package dev.podpool;

import dev.podpool.protocol.AcquireLock;
import dev.podpool.protocol.LockGuard;
import dev.podpool.protocol.LockSpec;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReleaseLock;
import dev.podpool.protocol.Reply;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * A lock between processes, as {@code multiprocessing.Lock}: one holder at a time, first come,
 * first served. It is the handle that holds it, not a thread: the thread that unlocks need not be
 * the one that has locked, and one that locks twice waits for itself.
 *
 * <p>Where it differs from a {@link Lock} within one JVM: it can be lost. If this process is not
 * heard of for a whole session term (10 s), others may have the lock while this one still runs.
 * {@link #onLost} and {@link #unlock} tell; {@link #fencingToken} lets whatever is protected see
 * it.
 */
public class SharedLock extends SharedObject implements Lock {

  static final ObjectSpec SPEC =
      ObjectSpec.newBuilder().setLock(LockSpec.getDefaultInstance()).build();

  private final Set<Runnable> onLost = new CopyOnWriteArraySet<>();
  // The last grant, whose loss is to be told: with it those before are no grants any more.
  private final AtomicReference<@Nullable Watch> watched = new AtomicReference<>();
  // Whoever has locked it by this handle last; null: it was unlocked by this handle since.
  private volatile @Nullable Grant current;

  // A thread's own, which it unlocks, whoever has locked it since.
  @SuppressWarnings("ThreadLocalUsage") // what a thread has locked by this handle
  private final ThreadLocal<@Nullable Grant> own = new ThreadLocal<>();

  /** What a thread has locked. */
  private static final class Grant {
    final Hold hold;
    volatile boolean unlocked; // by whatever thread

    Grant(Hold hold) {
      this.hold = hold;
    }
  }

  /**
   * A grant that is lost when its session ends.
   *
   * @param end what is run then
   */
  private record Watch(long token, Runnable end) {}

  /**
   * What a wait at a condition gives back, and gets again.
   *
   * @param depth how often the owner has locked it
   */
  record Hold(long token, int depth) {}

  SharedLock(ObjectLink link, ObjectRef ref, @Nullable ObjectSpec spec) {
    super(link, ref, spec);
  }

  static ObjectRef ref(@Nullable String name) {
    return ref(ObjectKind.LOCK, name);
  }

  // ---- acquiring

  /** Waits for the lock, however long that takes. Interrupts do not end it. */
  @Override
  public void lock() {
    Reply reply = link().awaitUninterruptibly(acquire(0).build(), this::noted);
    if (reply.hasRefusal()) {
      throw ObjectLink.exception(reply);
    }
    granted(reply);
  }

  @Override
  public void lockInterruptibly() throws InterruptedException {
    Reply reply = link().await(acquire(0), this::noted, this::giveBack);
    if (reply.hasRefusal()) {
      throw ObjectLink.exception(reply);
    }
    granted(reply);
  }

  @Override
  public boolean tryLock() {
    return isGranted(link().awaitUninterruptibly(acquire(-1).build(), this::noted));
  }

  /**
   * Waits for the lock.
   *
   * @param time is measured by the queue; while that is away, time stands still
   * @return false if it did not come free in time
   */
  @Override
  public boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
    return isGranted(link().await(acquire(timeoutMillis(time, unit)), this::noted, this::giveBack));
  }

  private Operation.Builder acquire(long timeoutMillis) {
    return Operation.newBuilder()
        .setAcquireLock(AcquireLock.newBuilder().setLock(ref()).setTimeoutMillis(timeoutMillis));
  }

  private boolean isGranted(Reply reply) {
    if (ObjectLink.isTimedOut(reply)) {
      return false;
    }
    granted(reply);
    return true;
  }

  private void granted(Reply reply) {
    hold(new Hold(reply.getLockGranted().getToken(), 1));
  }

  /** Before the connection hears of anything else: if the session ends next, that is not missed. */
  final void noted(Reply reply) {
    if (reply.hasLockGranted()) {
      watch(reply.getLockGranted().getToken());
    }
  }

  private void watch(long token) {
    Watch watch = new Watch(token, () -> lost(token));
    Watch before = watched.getAndSet(watch);
    if (before != null) {
      link().letGo(before.end());
    }
    link().hold(watch.end());
  }

  /** Nobody needs to know any more if the grant is lost. */
  private void forget(long token) {
    Watch watch = watched.get();
    if (watch != null && watch.token() == token && watched.compareAndSet(watch, null)) {
      link().letGo(watch.end());
    }
  }

  /** What the caller holds; null: nothing. */
  @Nullable Hold held() {
    Grant grant = grant();
    return grant == null ? null : grant.hold;
  }

  /**
   * A thread's own, as long as nobody has unlocked it: if it was lost, another may have locked this
   * handle since. Any other thread's is that of the handle.
   */
  private @Nullable Grant grant() {
    Grant mine = own.get();
    return mine == null || mine.unlocked ? current : mine;
  }

  /** The caller holds that from now on; null: nothing. */
  void hold(@Nullable Hold now) {
    if (now == null) {
      Grant grant = grant();
      if (grant != null) {
        grant.unlocked = true;
        if (grant == current) {
          current = null; // else another's, which has locked it since this was lost
        }
      }
      own.remove();
    } else {
      Grant grant = new Grant(now);
      own.set(grant);
      current = grant;
    }
  }

  private void giveBack(Reply reply) {
    forget(reply.getLockGranted().getToken());
    link().send(release(reply.getLockGranted().getToken()));
  }

  private Operation release(long grant) {
    return Operation.newBuilder()
        .setReleaseLock(ReleaseLock.newBuilder().setLock(ref()).setToken(grant))
        .build();
  }

  // ---- releasing

  /**
   * Gives the lock back: what this thread has locked, if it has, else what another thread has
   * through this handle. What another has locked since this thread has lost it stays locked.
   *
   * @throws IllegalMonitorStateException if this handle has not locked it
   * @throws LockLostException if it was lost meanwhile: others may have held it
   * @throws OutcomeUnknownException if the session ended before the queue answered
   */
  @Override
  public void unlock() {
    Hold held = letGo();
    Reply reply = link().call(release(held.token()));
    if (reply.hasRefusal()) {
      throw ObjectLink.exception(reply);
    }
  }

  /**
   * The caller no longer holds what it held.
   *
   * @throws IllegalMonitorStateException if that is nothing
   */
  final Hold letGo() {
    Hold held = checkHeld();
    forget(held.token());
    hold(null);
    return held;
  }

  private Hold checkHeld() {
    Hold held = held();
    if (held == null) {
      throw notHeld();
    }
    return held;
  }

  IllegalMonitorStateException notHeld() {
    return new IllegalMonitorStateException(
        this
            + " is not held by this handle; lock it first (releaseAny() frees it, whoever has it)");
  }

  // ---- for conditions

  /** After {@link #letGo}: it is held again, by another grant, which is {@link #noted}. */
  final void getBack(Hold before, long grant) {
    hold(new Hold(grant, before.depth()));
  }

  /** After {@link #letGo}: it was held all the while. */
  final void keep(Hold before) {
    watch(before.token());
    hold(before);
  }

  /**
   * After {@link #letGo}: it is not held any more, as this thread's {@link #unlock} shall find, and
   * not unlock what another has locked by this handle meanwhile. Nothing where it is held again.
   */
  void lose(Hold before) {
    if (own.get() == null) {
      Grant grant = new Grant(before);
      own.set(grant);
      if (current == null) {
        current = grant;
      }
    }
  }

  /** Waits for the lock as {@link #lock} does, without holding it yet. Null: there is none. */
  final @Nullable Long lockAgain() {
    Reply reply = link().awaitUninterruptibly(acquire(0).build(), this::noted);
    return reply.hasRefusal() ? null : reply.getLockGranted().getToken();
  }

  /**
   * Gives the lock back whoever holds it, as any process may in Python. That one is not asked, and
   * finds it lost.
   *
   * @throws IllegalMonitorStateException if nobody holds it
   */
  public void releaseAny() {
    Watch before = watched.get();
    Reply reply =
        link()
            .call(
                Operation.newBuilder()
                    .setReleaseLock(ReleaseLock.newBuilder().setLock(ref()).setAny(true))
                    .build());
    if (reply.hasRefusal()) {
      throw new IllegalMonitorStateException(QueueLink.text(reply.getRefusal()));
    }
    if (before != null) {
      forget(before.token()); // that was it, or it was lost before
    }
  }

  // ---- what there is to know

  /** Lets a change be made only while this handle holds the lock. */
  final LockGuard guard() {
    return LockGuard.newBuilder().setLock(ref()).setToken(fencingToken()).build();
  }

  /**
   * A number that rises with every grant of this lock: whoever keeps the largest that it has seen,
   * and refuses smaller ones, is safe from a holder that has lost the lock and does not know it.
   *
   * @throws IllegalMonitorStateException if this handle does not hold the lock
   */
  public long fencingToken() {
    return checkHeld().token();
  }

  /** Whether this handle has locked it, as far as it knows. */
  public boolean isHeldHere() {
    return held() != null;
  }

  /** Whether somebody holds it, now. */
  public boolean isLocked() {
    return status().getToken() != 0;
  }

  /** Who holds it, for people; null: nobody. */
  public @Nullable String holder() {
    ObjectStatus status = status();
    return status.getHoldersCount() == 0
        ? null
        : status.getHolders(0).getPrincipal() + ", session " + status.getHolders(0).getSession();
  }

  /**
   * {@code action} is run when it becomes known that the lock was lost while this handle held it;
   * in a thread of the connection's, so it must not block. {@link #unlock} throws all the same.
   */
  public void onLost(Runnable action) {
    onLost.add(action);
  }

  private void lost(long token) {
    forget(token); // the grant stays, for unlock to find it refused
    onLost.forEach(Runnable::run);
  }

  /** A condition of this lock, without a name; {@link Podpool#condition} gives one with a name. */
  @Override
  public SharedCondition newCondition() {
    return new SharedCondition(this, null);
  }
}
