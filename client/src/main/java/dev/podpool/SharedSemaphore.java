package dev.podpool;

import dev.podpool.protocol.AcquirePermits;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReleasePermits;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.SemaphoreSpec;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Permits that processes share, as {@code multiprocessing.Semaphore} and {@code BoundedSemaphore};
 * methods are those of {@link java.util.concurrent.Semaphore}. First come, first served: a request
 * for many is not overtaken by later ones for few, not even by {@link #tryAcquire()}.
 *
 * <p>Permits are held by the process, and are free again when it ends or is not heard of for a
 * whole session term (10 s). {@link #release} then tells that they were lost. Anybody may release,
 * without having acquired: what others hold is released then, that of who has held it longest
 * first.
 */
public final class SharedSemaphore extends SharedObject {

  private final Runnable lost = this::lost;
  // Guards both; not the handle, on which anybody may synchronize: the connection must not wait.
  private final Object counts = new Object();
  // Acquired through this handle and not released; and those that a session's end has freed.
  private long held;
  private long lostPermits;

  SharedSemaphore(ObjectLink link, ObjectRef ref, @Nullable ObjectSpec spec) {
    super(link, ref, spec);
  }

  static ObjectRef ref(@Nullable String name) {
    return ref(ObjectKind.SEMAPHORE, name);
  }

  static ObjectSpec spec(int permits, boolean bounded) {
    if (permits < 0) {
      throw new IllegalArgumentException(permits + " permits; at least 0");
    }
    return ObjectSpec.newBuilder()
        .setSemaphore(SemaphoreSpec.newBuilder().setPermits(permits).setBounded(bounded))
        .build();
  }

  // ---- acquiring

  /** Waits for one permit. */
  public void acquire() throws InterruptedException {
    acquire(1);
  }

  /**
   * Waits for that many permits, and gets them all at once.
   *
   * @param permits 0: returns at once
   * @throws IllegalArgumentException below 0, or more than a bounded one has
   */
  public void acquire(int permits) throws InterruptedException {
    var unused = await(permits, 0);
  }

  /** {@link #acquire()}, which interrupts do not end. */
  public void acquireUninterruptibly() {
    acquireUninterruptibly(1);
  }

  /** {@link #acquire(int)}, which interrupts do not end. */
  public void acquireUninterruptibly(int permits) {
    if (atLeastNone(permits) > 0) {
      var unused = isGranted(request(permits, 0).build(), permits);
    }
  }

  /** Takes one permit if there is one now, and nobody waits for it. */
  public boolean tryAcquire() {
    return tryAcquire(1);
  }

  /** Takes that many permits if they are free now, and nobody waits. */
  public boolean tryAcquire(int permits) {
    return atLeastNone(permits) == 0 || isGranted(request(permits, -1).build(), permits);
  }

  /** {@link #tryAcquire(int, long, TimeUnit)} of one. */
  public boolean tryAcquire(long time, TimeUnit unit) throws InterruptedException {
    return tryAcquire(1, time, unit);
  }

  /**
   * Waits for that many permits.
   *
   * @param time is measured by the queue; while that is away, time stands still
   * @return false if they did not come free in time; none is taken then
   */
  public boolean tryAcquire(int permits, long time, TimeUnit unit) throws InterruptedException {
    return await(permits, timeoutMillis(time, unit));
  }

  private boolean await(int permits, long timeoutMillis) throws InterruptedException {
    return atLeastNone(permits) == 0
        || isGranted(
            link()
                .await(
                    request(permits, timeoutMillis),
                    reply -> noted(reply, permits),
                    reply -> giveBack(permits)));
  }

  private static int atLeastNone(int permits) {
    if (permits < 0) {
      throw new IllegalArgumentException(permits + " permits; at least 0");
    }
    return permits;
  }

  private Operation.Builder request(int permits, long timeoutMillis) {
    return Operation.newBuilder()
        .setAcquirePermits(
            AcquirePermits.newBuilder()
                .setSemaphore(ref())
                .setPermits(permits)
                .setTimeoutMillis(timeoutMillis));
  }

  private boolean isGranted(Operation request, int permits) {
    return isGranted(link().awaitUninterruptibly(request, reply -> noted(reply, permits)));
  }

  private static boolean isGranted(Reply reply) {
    if (reply.getRefusal().getCode() == ErrorCode.INVALID_ARGUMENT) {
      throw new IllegalArgumentException(QueueLink.text(reply.getRefusal()));
    }
    return !ObjectLink.isTimedOut(reply);
  }

  /** Before the connection hears of anything else: if the session ends next, they are lost. */
  private void noted(Reply reply, int permits) {
    if (reply.hasPermitsGranted()) {
      synchronized (counts) {
        held += permits;
        link().hold(lost);
      }
    }
  }

  private void giveBack(int permits) {
    if (isForgotten(permits)) {
      link().send(give(permits));
    }
  }

  private Operation give(int permits) {
    return Operation.newBuilder()
        .setReleasePermits(ReleasePermits.newBuilder().setSemaphore(ref()).setPermits(permits))
        .build();
  }

  /** The session has ended, and what was held is free. */
  private void lost() {
    link().letGo(lost);
    synchronized (counts) {
      lostPermits += held;
      held = 0;
    }
  }

  // ---- releasing

  /** {@link #release(int)} of one. */
  public void release() {
    release(1);
  }

  /**
   * Gives permits back: those of this process, then of others; beyond what anybody holds there are
   * more of them from now on.
   *
   * @param permits 0: does nothing
   * @throws IllegalArgumentException below 0
   * @throws IllegalStateException if there would be more than a bounded one was made with, or more
   *     than {@link Integer#MAX_VALUE}; nothing is released
   * @throws LockLostException if so many that were acquired through this handle were lost
   *     meanwhile, and are free already: others may have had them. Nothing is released
   * @throws OutcomeUnknownException if the session ended before the queue answered
   */
  public void release(int permits) {
    if (atLeastNone(permits) == 0) {
      return;
    }
    forget(permits);
    Reply reply = link().call(give(permits));
    if (reply.getRefusal().getCode() == ErrorCode.TOO_MANY_PERMITS) {
      throw new IllegalStateException(QueueLink.text(reply.getRefusal()));
    }
    if (reply.hasRefusal()) {
      throw ObjectLink.exception(reply);
    }
  }

  private void forget(int permits) {
    if (!isForgotten(permits)) {
      throw new LockLostException(
          permits
              + " permits of "
              + this
              + " were lost: the session that had acquired them ended, and they are free; look at"
              + " what they protect");
    }
  }

  /** Whether they are held no longer; false: they were lost. */
  private boolean isForgotten(int permits) {
    synchronized (counts) {
      if (lostPermits >= permits) {
        lostPermits -= permits;
        return false; // to release them would be to take them from others
      }
      held = Math.max(0, held - permits);
      if (held == 0) {
        link().letGo(lost);
      }
      return true;
    }
  }

  /** How many are free, now. */
  public int availablePermits() {
    return (int) status().getCount();
  }
}
