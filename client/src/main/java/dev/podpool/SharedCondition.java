package dev.podpool;

import dev.podpool.protocol.AwaitCondition;
import dev.podpool.protocol.ConditionSpec;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectQuery;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.SignalCondition;
import dev.podpool.protocol.StatusQuery;
import java.time.Duration;
import java.util.Date;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A condition of a {@link SharedLock}, as {@code multiprocessing.Condition}. To wait and to signal
 * the lock must be held, through the handle that this was made with; a wait gives it back, and has
 * it again when it ends. Who waits longest is signalled first. A wait may end without a signal (see
 * {@link Condition}): look at what you wait for again, or use {@link #awaitFor(BooleanSupplier)}.
 *
 * <p>All methods throw {@link IllegalMonitorStateException} if the lock is not held here, and
 * {@link LockLostException} if it was lost, by a session that ended before or in the wait; the lock
 * is not held then. Where the condition is deleted in the wait they throw {@link
 * NotFoundException}, with the lock held, unless that is deleted too.
 */
public final class SharedCondition extends SharedObject implements Condition {

  private final ObjectRef itsLock;
  private @Nullable SharedLock lock; // null until it is needed; guarded by this

  /** Null {@code name}: a new one. */
  SharedCondition(SharedLock lock, @Nullable String name) {
    super(
        lock.link(),
        ref(ObjectKind.CONDITION, name),
        ObjectSpec.newBuilder()
            .setCondition(ConditionSpec.newBuilder().setLock(lock.ref()))
            .build());
    this.itsLock = lock.ref();
    this.lock = lock;
  }

  private SharedCondition(ObjectLink link, ObjectRef ref, ObjectRef itsLock) {
    super(link, ref, null);
    this.itsLock = itsLock;
  }

  /** One that another process has made. */
  static SharedCondition of(ObjectLink link, ObjectRef ref) {
    ObjectQuery query =
        ObjectQuery.newBuilder().setObject(ref).setStatus(StatusQuery.getDefaultInstance()).build();
    return new SharedCondition(
        link, ref, link.read(query).getObject().getSpec().getCondition().getLock());
  }

  /** The lock that it is of: the handle that waits give back. */
  public synchronized SharedLock lock() {
    if (lock == null) {
      // Not before: the handle that this process locks by may arrive behind this one.
      lock = link().lock(itsLock, false);
    }
    return lock;
  }

  // ---- waiting

  /**
   * Waits for a signal.
   *
   * @throws InterruptedException with the lock held, for which it waits before. If it was signalled
   *     before it was interrupted, it returns, and the thread stays interrupted
   */
  @Override
  public void await() throws InterruptedException {
    var unused = waitAtMost(0);
  }

  @Override
  public void awaitUninterruptibly() {
    SharedLock.Hold before = lock().letGo();
    try {
      var unused =
          isSignalled(
              before, link().awaitUninterruptibly(request(before, 0).build(), lock()::noted));
    } catch (RuntimeException e) {
      lock().lose(before);
      throw e;
    }
  }

  /**
   * Waits for a signal.
   *
   * @param nanos are rounded up to milliseconds, and measured by the queue; the wait for the lock
   *     comes on top
   * @return what is left of {@code nanos}, by this machine's clock; at most 0 if it was not
   *     signalled in time
   */
  @Override
  public long awaitNanos(long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    boolean signalled = waitAtMost(atMostMillis(nanos));
    long left = end - System.nanoTime();
    return signalled ? left : Math.min(0, left);
  }

  /** As {@link #awaitNanos}; false if it was not signalled in time. */
  @Override
  public boolean await(long time, TimeUnit unit) throws InterruptedException {
    return waitAtMost(atMostMillis(unit.toNanos(time)));
  }

  /** As {@link #await(long, TimeUnit)}, until this machine's clock shows {@code deadline}. */
  @Override
  @SuppressWarnings("JavaUtilDate") // as in Condition
  public boolean awaitUntil(Date deadline) throws InterruptedException {
    return waitAtMost(
        timeoutMillis(deadline.getTime() - System.currentTimeMillis(), TimeUnit.MILLISECONDS));
  }

  /**
   * Waits until {@code condition} is true, which is asked with the lock held, first before any
   * wait.
   */
  public void awaitFor(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      await();
    }
  }

  /**
   * {@link #awaitFor(BooleanSupplier)}, for {@code atMost}.
   *
   * @return what {@code condition} said last
   */
  public boolean awaitFor(BooleanSupplier condition, Duration atMost) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.NANOSECONDS.convert(atMost);
    while (!condition.getAsBoolean()) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      var unused = awaitNanos(left);
    }
    return true;
  }

  /** Rounded up: a wait of less than a millisecond is one. */
  private static long atMostMillis(long nanos) {
    return nanos <= 0 ? -1 : 1 + (nanos - 1) / 1_000_000;
  }

  /** Whether it was signalled. */
  private boolean waitAtMost(long timeoutMillis) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    SharedLock.Hold before = lock().letGo();
    boolean interrupted = false;
    boolean signalled = false;
    try {
      ObjectLink.Ended ended = link().awaitToTheEnd(request(before, timeoutMillis), lock()::noted);
      interrupted = ended.interrupted();
      signalled = isSignalled(before, ended.reply());
    } catch (RuntimeException e) {
      lock().lose(before);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      throw e;
    }
    if (interrupted) {
      if (!signalled) {
        throw new InterruptedException();
      }
      // As the interrupt came second, the signal must not be lost.
      Thread.currentThread().interrupt();
    }
    return signalled;
  }

  private Operation.Builder request(SharedLock.Hold before, long timeoutMillis) {
    return Operation.newBuilder()
        .setAwaitCondition(
            AwaitCondition.newBuilder()
                .setCondition(ref())
                .setToken(before.token())
                .setTimeoutMillis(timeoutMillis));
  }

  /** The lock is held again, unless this throws. */
  private boolean isSignalled(SharedLock.Hold before, Reply reply) {
    if (!reply.hasRefusal()) {
      lock().getBack(before, reply.getLockGranted().getToken());
      return reply.getLockGranted().getSignalled();
    }
    if (reply.getRefusal().getCode() == ErrorCode.OBJECT_DELETED) {
      Long grant = lock().lockAgain();
      if (grant != null) {
        lock().getBack(before, grant);
      }
    } else if (reply.getRefusal().getCode() != ErrorCode.LOCK_LOST) {
      lock().keep(before); // nothing has changed
    }
    throw ObjectLink.exception(reply);
  }

  // ---- signalling

  /** Wakes who waits longest, if anybody does. */
  @Override
  public void signal() {
    signal(1);
  }

  /**
   * Wakes the {@code count} that wait longest, or as many as there are.
   *
   * @throws IllegalArgumentException below 1
   */
  public void signal(int count) {
    if (count < 1) {
      throw new IllegalArgumentException(count + " to be signalled; at least 1");
    }
    send(count);
  }

  /** Wakes all that wait. */
  @Override
  public void signalAll() {
    send(0);
  }

  private void send(int count) {
    Reply reply =
        link()
            .call(
                Operation.newBuilder()
                    .setSignalCondition(
                        SignalCondition.newBuilder()
                            .setCondition(ref())
                            .setToken(lock().fencingToken())
                            .setCount(count))
                    .build());
    if (reply.hasRefusal()) {
      throw ObjectLink.exception(reply);
    }
  }
}
