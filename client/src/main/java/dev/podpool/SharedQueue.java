package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.CloseQueue;
import dev.podpool.protocol.ConfirmItem;
import dev.podpool.protocol.Elements;
import dev.podpool.protocol.ElementsQuery;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ItemTaken;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PutItems;
import dev.podpool.protocol.QueueSpec;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.TakeItem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A queue of items between processes, as {@code multiprocessing.Queue}, and without a maximum as
 * its {@code SimpleQueue}. What one process puts is taken in that order; who waits is served in the
 * order of arrival. null is an item like others. An item is at most 1 MiB as JSON.
 *
 * <p>An item that was put is on the queue's disk when {@link #put} returns. One that is taken is
 * there again, before all others, if the process that was to get it ends before it has arrived, and
 * may be if that is killed within 20 ms of it. In a process that has got it, it ends with the
 * process: {@link SharedJoinableQueue} has it taken again by another.
 *
 * <p>Methods that put or take throw {@link QueueClosedException} as {@link #close} says. Time-outs
 * are measured by the queue; while that is away, time stands still.
 *
 * @param <E> the type of one item
 */
public class SharedQueue<E extends @Nullable Object> extends SharedObject {

  private final ValueCodec<E> codec;

  SharedQueue(ObjectLink link, ObjectRef ref, @Nullable ObjectSpec spec, ValueCodec<E> codec) {
    super(link, ref, spec);
    this.codec = codec;
  }

  static ObjectRef ref(@Nullable String name) {
    return ref(ObjectKind.QUEUE, name);
  }

  /**
   * @param itemsMax 0: no maximum
   * @throws IllegalArgumentException below 0
   */
  static ObjectSpec spec(int itemsMax, boolean joinable) {
    if (itemsMax < 0) {
      throw new IllegalArgumentException(
          "maxSize " + itemsMax + " is below 0; give 0 for no maximum");
    }
    return ObjectSpec.newBuilder()
        .setQueue(QueueSpec.newBuilder().setItemsMax(itemsMax).setJoinable(joinable))
        .build();
  }

  // ---- putting

  /**
   * Puts {@code item}, and waits for room where there is none.
   *
   * @throws InterruptedException if it was not put; a put that can't be called off any more is
   *     waited for
   * @throws dev.podpool.function.EncodeException if it is larger than 1 MiB
   * @throws OutcomeUnknownException if the session ended before the queue answered
   */
  public void put(E item) throws InterruptedException {
    check(link().awaitOutcome(put(item, 0)));
  }

  /**
   * As {@link #put(Object)}, and gives up in time.
   *
   * @throws TimeoutException if there was no room in time: the item is not in the queue
   */
  public void put(E item, Duration timeout) throws InterruptedException, TimeoutException {
    if (!isInTime(link().awaitOutcome(put(item, timeoutMillis(timeout))))) {
      throw new TimeoutException(this + " was full for " + timeout);
    }
  }

  /**
   * Puts {@code item} if there is room now, as {@code put_nowait}.
   *
   * @return false: it is full
   */
  public boolean offer(E item) {
    return isInTime(link().call(put(item, -1).build()));
  }

  private Operation.Builder put(E item, long timeoutMillis) {
    return Operation.newBuilder()
        .setPutItems(
            PutItems.newBuilder()
                .setQueue(ref())
                .addItems(codec.encode(item))
                .setTimeoutMillis(timeoutMillis));
  }

  // ---- taking

  /** Takes the next item, and waits where there is none. */
  public E get() throws InterruptedException {
    Reply reply = link().await(take(0), this::giveBack);
    check(reply);
    return received(reply);
  }

  /**
   * As {@link #get()}, and gives up in time.
   *
   * @throws TimeoutException if nothing came in time
   */
  public E get(Duration timeout) throws InterruptedException, TimeoutException {
    Reply reply = link().await(take(timeoutMillis(timeout)), this::giveBack);
    if (!isInTime(reply)) {
      throw new TimeoutException(this + " was empty for " + timeout);
    }
    return received(reply);
  }

  /**
   * Takes the next item if there is one.
   *
   * @throws NoSuchElementException if there is none
   */
  public E getNowait() {
    Reply reply = link().call(take(-1).build());
    if (!isInTime(reply)) {
      throw new NoSuchElementException(this + " is empty");
    }
    return received(reply);
  }

  private Operation.Builder take(long timeoutMillis) {
    return Operation.newBuilder()
        .setTakeItem(TakeItem.newBuilder().setQueue(ref()).setTimeoutMillis(timeoutMillis));
  }

  private E received(Reply reply) {
    ItemTaken taken = reply.getItemTaken();
    // Before it is decoded: one that can't be here is not for others either.
    link().sendLater(confirm(taken, false));
    arrived(taken);
    return codec.decode(taken.getItem());
  }

  /** This thread has got {@code taken}. */
  void arrived(ItemTaken taken) {}

  private void giveBack(Reply reply) {
    link().send(confirm(reply.getItemTaken(), true));
  }

  private Operation confirm(ItemTaken taken, boolean returned) {
    return Operation.newBuilder()
        .setConfirmItem(
            ConfirmItem.newBuilder()
                .setQueue(ref())
                .setDelivery(taken.getDelivery())
                .setReturned(returned))
        .build();
  }

  // ---- answers

  private static boolean isInTime(Reply reply) {
    if (reply.getRefusal().getCode() == ErrorCode.TIMED_OUT_WAITING) {
      return false;
    }
    check(reply);
    return true;
  }

  /** Throws what {@code reply} was refused with. */
  static void check(Reply reply) {
    if (reply.hasRefusal()) {
      throw reply.getRefusal().getCode() == ErrorCode.QUEUE_CLOSED
          ? new QueueClosedException(QueueLink.text(reply.getRefusal()))
          : ObjectLink.exception(reply);
    }
  }

  // ---- what there is to know

  /** How many items can be taken, now. */
  public int size() {
    return (int) Math.min(Integer.MAX_VALUE, status().getCount());
  }

  public boolean isEmpty() {
    return size() == 0;
  }

  /** Whether it holds as many as it may, now. */
  public boolean isFull() {
    return remainingCapacity() == 0;
  }

  /** How many more have room, now; {@link Integer#MAX_VALUE} where there is no maximum. */
  final int remainingCapacity() {
    ObjectStatus status = status();
    long max = status.getSpec().getQueue().getItemsMax();
    // What came back from a process that ended may be one too many.
    return max == 0 ? Integer.MAX_VALUE : (int) Math.max(0, max - status.getCount());
  }

  /**
   * Those that can be taken, from the next on.
   *
   * @param limit at most so many; 0 for all
   */
  final List<E> items(int limit) {
    List<E> items = new ArrayList<>();
    while (true) {
      ElementsQuery.Builder query =
          ElementsQuery.newBuilder()
              .setFirst(items.size())
              .setLimit(limit == 0 ? 0 : limit - items.size());
      Elements some = link().read(query().setElements(query).build()).getElements();
      for (ByteString item : some.getElementsList()) {
        items.add(codec.decode(item));
      }
      if (some.getElementsCount() == 0 || items.size() >= some.getSize() || items.size() == limit) {
        return items;
      }
    }
  }

  /**
   * It as a {@link BlockingQueue}, of the same items. That has no place for null: putting one is a
   * {@link NullPointerException}, and so is taking one that was put otherwise. Its iterators see
   * what was there when they were made, and remove nothing.
   */
  public BlockingQueue<E> asBlockingQueue() {
    return new BlockingQueueView<>(this);
  }

  // ---- closing

  /**
   * Has nothing more put, by anybody. What is there is taken as before; whoever takes after the
   * last, and whoever puts or waits for room, gets a {@link QueueClosedException}. Again: does
   * nothing.
   */
  public void close() {
    check(
        link()
            .call(
                Operation.newBuilder()
                    .setCloseQueue(CloseQueue.newBuilder().setQueue(ref()))
                    .build()));
  }
}
