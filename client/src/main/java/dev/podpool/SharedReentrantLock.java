package dev.podpool;

import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A {@link SharedLock} that belongs to a thread, as {@code multiprocessing.RLock}: the thread that
 * has it may lock it again, and no other may unlock it. It is free when it was unlocked as often.
 *
 * <p>The owner is a thread and this handle. Two handles of one lock are two owners, in one process
 * too: a thread that has locked it through one and locks it through the other waits for itself.
 * Keep one for each process.
 */
public final class SharedReentrantLock extends SharedLock {

  // Also of a thread that has lost it and does not know it, while another has it.
  @SuppressWarnings("ThreadLocalUsage") // the owner is a thread and this handle
  private final ThreadLocal<@Nullable Hold> held = new ThreadLocal<>();

  SharedReentrantLock(ObjectLink link, ObjectRef ref, @Nullable ObjectSpec spec) {
    super(link, ref, spec);
  }

  @Override
  @Nullable Hold held() {
    return held.get();
  }

  @Override
  void hold(@Nullable Hold now) {
    if (now == null) {
      held.remove();
    } else {
      held.set(now);
    }
  }

  @Override
  void lose(Hold before) {
    if (held.get() == null) {
      hold(before);
    }
  }

  @Override
  IllegalMonitorStateException notHeld() {
    return new IllegalMonitorStateException(
        this
            + " is not held by thread '"
            + Thread.currentThread().getName()
            + "' through this handle; only the thread that has locked it may do that");
  }

  /** Whether this thread has it, which it then has once more. */
  private boolean isLockedAgain() {
    Hold outer = held.get();
    if (outer == null) {
      return false;
    }
    held.set(new Hold(outer.token(), Math.addExact(outer.depth(), 1)));
    return true;
  }

  /** {@inheritDoc} At once where this thread has it. */
  @Override
  public void lock() {
    if (!isLockedAgain()) {
      super.lock();
    }
  }

  @Override
  public void lockInterruptibly() throws InterruptedException {
    checkInterrupt();
    if (!isLockedAgain()) {
      super.lockInterruptibly();
    }
  }

  @Override
  public boolean tryLock() {
    return isLockedAgain() || super.tryLock();
  }

  @Override
  public boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
    checkInterrupt();
    return isLockedAgain() || super.tryLock(time, unit);
  }

  private static void checkInterrupt() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }

  /**
   * Undoes one lock of this thread's; gives it back with the first.
   *
   * @throws IllegalMonitorStateException if this thread has not locked it through this handle
   * @throws LockLostException when it is given back, if it was lost meanwhile: others may have held
   *     it
   * @throws OutcomeUnknownException if the session ended before the queue answered
   */
  @Override
  public void unlock() {
    Hold now = held.get();
    if (now != null && now.depth() > 1) {
      held.set(new Hold(now.token(), now.depth() - 1));
    } else {
      super.unlock();
    }
  }

  /** {@link #unlock}: only its owner may, as in Python. */
  @Override
  public void releaseAny() {
    unlock();
  }

  /** Whether this thread has locked it through this handle, as far as it knows. */
  @Override
  public boolean isHeldHere() {
    return held.get() != null;
  }

  /** How often this thread has locked it and not unlocked it yet. */
  public int holdCount() {
    Hold now = held.get();
    return now == null ? 0 : now.depth();
  }
}
