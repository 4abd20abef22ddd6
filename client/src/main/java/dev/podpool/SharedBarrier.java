package dev.podpool;

import dev.podpool.protocol.AwaitBarrier;
import dev.podpool.protocol.BarrierSpec;
import dev.podpool.protocol.BreakBarrier;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Reply;
import java.time.Duration;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A meeting point of a fixed number of parties, as {@code multiprocessing.Barrier}: all that wait
 * go on when the last one has come, and the next may meet. With the contract of {@link
 * java.util.concurrent.CyclicBarrier}: it breaks for all if one of them is late, interrupted or
 * gone. It is broken too when a waiting process ends, or is not heard of for a whole session term
 * (10 s).
 */
public final class SharedBarrier extends SharedObject {

  SharedBarrier(ObjectLink link, ObjectRef ref, @Nullable ObjectSpec spec) {
    super(link, ref, spec);
  }

  static ObjectRef ref(@Nullable String name) {
    return ref(ObjectKind.BARRIER, name);
  }

  static ObjectSpec spec(int parties) {
    if (parties < 1) {
      throw new IllegalArgumentException(parties + " parties; at least 1");
    }
    return ObjectSpec.newBuilder().setBarrier(BarrierSpec.newBuilder().setParties(parties)).build();
  }

  /**
   * Waits until all parties are here.
   *
   * @return how many had yet to come: all but one for the first … 0 for the last, each once
   * @throws BrokenBarrierException if it is broken, or breaks or is reset meanwhile
   * @throws InterruptedException it is broken then, unless all had come
   * @throws OutcomeUnknownException if the session ended before the queue answered: it is broken,
   *     or all had come
   */
  public int await() throws InterruptedException, BrokenBarrierException {
    return passed(arrive(0));
  }

  /**
   * Waits until all parties are here.
   *
   * @param atMost is measured by the queue; while that is away, time stands still. 0 or less: only
   *     the last party passes
   * @return as {@link #await()}
   * @throws TimeoutException if they did not come in time; it is broken then
   */
  public int await(Duration atMost)
      throws InterruptedException, BrokenBarrierException, TimeoutException {
    Reply reply = arrive(timeoutMillis(atMost));
    if (reply.getRefusal().getCode() == ErrorCode.TIMED_OUT_WAITING) {
      throw new TimeoutException(QueueLink.text(reply.getRefusal()));
    }
    return passed(reply);
  }

  private Reply arrive(long timeoutMillis) throws InterruptedException {
    return link()
        .await(
            Operation.newBuilder()
                .setAwaitBarrier(
                    AwaitBarrier.newBuilder().setBarrier(ref()).setTimeoutMillis(timeoutMillis)),
            late -> {});
  }

  private static int passed(Reply reply) throws BrokenBarrierException {
    if (reply.getRefusal().getCode() == ErrorCode.BARRIER_BROKEN) {
      throw new BrokenBarrierException(QueueLink.text(reply.getRefusal()));
    }
    if (reply.hasRefusal()) {
      throw ObjectLink.exception(reply);
    }
    return reply.getBarrierPassed().getIndex();
  }

  /** Breaks it, for those that wait and all that come until it is {@link #reset}. */
  public void abort() {
    breakUp(false);
  }

  /** Makes it whole. Those that wait find it broken. */
  public void reset() {
    breakUp(true);
  }

  private void breakUp(boolean reset) {
    Reply reply =
        link()
            .call(
                Operation.newBuilder()
                    .setBreakBarrier(BreakBarrier.newBuilder().setBarrier(ref()).setReset(reset))
                    .build());
    if (reply.hasRefusal()) {
      throw ObjectLink.exception(reply);
    }
  }

  /** How many must come. */
  public int parties() {
    return status().getSpec().getBarrier().getParties();
  }

  /** How many wait, now. */
  public int waiting() {
    return (int) status().getCount();
  }

  /** Whether it is broken, now. */
  public boolean isBroken() {
    return status().getBroken();
  }
}
