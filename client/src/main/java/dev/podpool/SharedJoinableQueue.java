package dev.podpool;

import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ItemTaken;
import dev.podpool.protocol.JoinQueue;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.TaskDone;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A queue that knows what is done, as {@code multiprocessing.JoinableQueue}. Whoever takes an item
 * says {@link #taskDone} when it is done with it. If its process ends before, another takes the
 * item, before all others: what is done to an item may be done twice, so make it idempotent.
 *
 * @param <E> the type of one item
 */
public final class SharedJoinableQueue<E extends @Nullable Object> extends SharedQueue<E> {

  SharedJoinableQueue(
      ObjectLink link, ObjectRef ref, @Nullable ObjectSpec spec, ValueCodec<E> codec) {
    super(link, ref, spec, codec);
  }

  @Override
  void arrived(ItemTaken taken) {
    link().taken().add(ref(), taken.getDelivery());
  }

  /**
   * One item is done with: of those that this thread has taken and not done, the one that it took
   * first. Where it has none, as it was given what another thread took, the one that this process
   * took first. Say it in the thread that took the item: only so is it that item that is not taken
   * again if the process ends.
   *
   * @throws IllegalStateException if there is none: this was called more often than {@link #get},
   *     or the item has gone to another process, for this one was not heard of for too long
   * @throws OutcomeUnknownException if the session ended before the queue answered
   */
  public void taskDone() {
    long delivery = link().taken().next(ref());
    if (delivery == 0) {
      throw tooOften(
          "this process has taken nothing of " + this + " that is not done; get() first");
    }
    Reply reply =
        link()
            .call(
                Operation.newBuilder()
                    .setTaskDone(TaskDone.newBuilder().setQueue(ref()).setDelivery(delivery))
                    .build());
    if (reply.getRefusal().getCode() == ErrorCode.NOT_HELD) {
      throw tooOften(QueueLink.text(reply.getRefusal()));
    }
    check(reply);
  }

  private static IllegalStateException tooOften(String why) {
    return new IllegalStateException("taskDone() called too many times: " + why);
  }

  /** Waits until as many items are done as were put. */
  public void join() throws InterruptedException {
    check(link().await(join(0), reply -> {}));
  }

  /**
   * As {@link #join()}, and gives up in time.
   *
   * @return false if something was unfinished all the time
   */
  public boolean join(Duration timeout) throws InterruptedException {
    return !ObjectLink.isTimedOut(link().await(join(timeoutMillis(timeout)), reply -> {}));
  }

  private Operation.Builder join(long timeoutMillis) {
    return Operation.newBuilder()
        .setJoinQueue(JoinQueue.newBuilder().setQueue(ref()).setTimeoutMillis(timeoutMillis));
  }

  /** Items that were put and are not done with, now. */
  public long unfinished() {
    return status().getUnfinished();
  }
}
