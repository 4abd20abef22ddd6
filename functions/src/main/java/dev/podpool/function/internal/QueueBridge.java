package dev.podpool.function.internal;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * How code in a pool's process reaches the pool's queue: by way of its supervisor. Bytes only, so
 * that it is the same for whatever loader the caller comes from; what they mean is the protocol's.
 * Thread-safe, and blocks nobody.
 */
public abstract class QueueBridge {
  private static volatile @Nullable QueueBridge installed;
  private final List<Runnable> last = new CopyOnWriteArrayList<>();

  /** This process's; null where it is not a pool's, or its pool shares nothing. */
  public static @Nullable QueueBridge installed() {
    return installed;
  }

  /** Makes {@code bridge} this process's. Once, before any code of others runs. */
  public static void install(QueueBridge bridge) {
    installed = bridge;
  }

  /** {@code action} is run when the function of a process has returned, before the process ends. */
  public final void atEnd(Runnable action) {
    last.add(action);
  }

  /** Runs what {@link #atEnd} was given. Once. */
  public final void end() {
    last.forEach(Runnable::run);
  }

  /** A session of its own at the queue, which begins with what is sent first in it. */
  public abstract Session open(Listener listener);

  /**
   * Asks a question.
   *
   * @param question a ReadRequest
   */
  public abstract void read(byte[] question, Answer answer);

  /** A session. What is sent once it has ended is dropped. */
  public interface Session {

    /**
     * Sends an operation. All are applied in the order in which they are sent, and each is answered
     * once, unless the session ends before.
     *
     * @param call names it for the answer; used once
     * @param operation an Operation
     */
    void send(long call, byte[] operation);
  }

  /** Told by one thread, which must not be held up. */
  public interface Listener {

    /**
     * {@code call} is applied, and this is the answer.
     *
     * @param reply a Reply; an empty one says that it is done
     */
    void replied(long call, byte[] reply);

    /**
     * The queue has something for the session.
     *
     * @param delivery a Delivery
     */
    void delivered(byte[] delivery);

    /**
     * The session is over: what is not answered is not known to be applied.
     *
     * @param refusal a Refusal
     */
    void ended(byte[] refusal);
  }

  /** As {@link Listener}, of one question: one of the two is called, once. */
  public interface Answer {

    /**
     * The answer.
     *
     * @param response a ReadResponse
     */
    void answered(byte[] response);

    /**
     * There is none.
     *
     * @param forGood whether asking again is of no use
     */
    void failed(String why, boolean forGood);
  }
}
