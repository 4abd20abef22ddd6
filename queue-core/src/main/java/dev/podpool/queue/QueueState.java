package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ConfirmItem;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ItemsPut;
import dev.podpool.protocol.ObjectQuery;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSnapshot;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PutItems;
import dev.podpool.protocol.QueueJoined;
import dev.podpool.protocol.QueueSnapshot;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.TaskDone;
import dev.podpool.protocol.WaiterSnapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A queue of items, joinable or not. An item that was taken is its session's, until the session has
 * confirmed it, or in a joinable queue is done with it; with the session's end it comes back.
 *
 * <p>Between two operations nobody waits who could go on: takers only where there is no item, or
 * where their sessions must confirm what they have been answered before; putters only where there
 * is no room, joiners only where something is unfinished.
 */
final class QueueState extends SharedObject {

  private static final Reply PUT =
      Reply.newBuilder().setItemsPut(ItemsPut.getDefaultInstance()).build();
  private static final Reply JOINED =
      Reply.newBuilder().setQueueJoined(QueueJoined.getDefaultInstance()).build();

  private final Takers takers = takers();
  private final Line putters = line();
  private final Line joiners = line();
  private final Backlog backlog = new Backlog();
  private final boolean isJoinable;
  private boolean closed;

  QueueState(long number, ObjectRef ref, ObjectSpec spec, SharedObjects objects) {
    super(number, ref, spec, objects);
    isJoinable = spec.getQueue().getJoinable();
  }

  @Override
  Reply.@Nullable Builder apply(Call call) {
    Operation operation = call.operation();
    return switch (operation.getKindCase()) {
      case PUT_ITEMS -> put(call, operation.getPutItems());
      case TAKE_ITEM -> take(call, operation.getTakeItem().getTimeoutMillis());
      case CONFIRM_ITEM -> confirm(call.session().id, operation.getConfirmItem());
      case TASK_DONE -> taskDone(call.session().id, operation.getTaskDone());
      case JOIN_QUEUE -> join(call, operation.getJoinQueue().getTimeoutMillis());
      case CLOSE_QUEUE -> close();
      default -> refused(Refusals.invalid("a " + operation.getKindCase() + " of " + title()));
    };
  }

  // ---- putting

  private Reply.@Nullable Builder put(Call call, PutItems put) {
    if (closed) {
      return refused(closedFor(0, put));
    }
    List<ByteString> items = put.getItemsList();
    Refusal refusal = tooLarge(items);
    if (refusal == null) {
      // Of all at once, so that one that has waited for room is not refused for space.
      refusal = objects.checkRoom(this, Backlog.bytes(items));
    }
    if (refusal == null && put.getTimeoutMillis() >= 0 && !hasRoomFor(items.size())) {
      refusal = checkWait(call);
    }
    if (refusal != null) {
      return refused(refusal);
    }
    int in = 0;
    while (in < items.size() && putters.isEmpty() && hasRoom()) {
      add(items.get(in++));
      settle();
    }
    if (in == items.size()) {
      return PUT.toBuilder();
    }
    if (put.getTimeoutMillis() < 0) {
      return refused(full(in, put));
    }
    Waiter waiter =
        objects
            .waits()
            .add(
                this,
                putters,
                call.session().id,
                call.sequence(),
                call.operation(),
                put.getTimeoutMillis());
    waiter.done = in;
    grow(waitingBytes(waiter.operation, in));
    return null;
  }

  private @Nullable Refusal tooLarge(List<ByteString> items) {
    for (ByteString item : items) {
      if (item.size() > SharedObjects.VALUE_BYTES_MAX) {
        return Refusals.invalid(
            "an item of "
                + item.size()
                + " bytes for "
                + title()
                + "; at most "
                + SharedObjects.VALUE_BYTES_MAX
                + ": put where it is kept in its place, or split it");
      }
    }
    return null;
  }

  private boolean hasRoom() {
    return fit(1);
  }

  /** Whether so many are in at once, even if nobody takes one meanwhile. */
  private boolean hasRoomFor(int items) {
    return putters.isEmpty() && fit(items);
  }

  private boolean fit(long more) {
    long max = spec.getQueue().getItemsMax();
    return max == 0 || Long.compareUnsigned(backlog.size() + more, max) <= 0;
  }

  private void add(ByteString item) {
    grow(Backlog.bytes(item));
    backlog.add(item);
  }

  /** What is counted for items that wait for room: all from {@code done} on. */
  private static long waitingBytes(Operation put, int done) {
    List<ByteString> items = put.getPutItems().getItemsList();
    return Backlog.bytes(items.subList(Math.min(done, items.size()), items.size()));
  }

  /**
   * For {@code putter}, which has waited longest, and goes on waiting for the next if it has one.
   */
  private void addNext(Waiter putter) {
    List<ByteString> items = putter.operation.getPutItems().getItemsList();
    backlog.add(items.get(putter.done++)); // it is counted since it waits
    if (putter.done == items.size()) {
      objects.waits().answer(putter, PUT.toBuilder());
    }
  }

  // ---- taking

  private Reply.@Nullable Builder take(Call call, long timeoutMillis) {
    if (!backlog.isEmpty()) {
      Reply.Builder taken = backlog.take(call.session().id);
      settle();
      return taken;
    }
    if (isOver()) {
      return refused(over());
    }
    return timeoutMillis < 0
        ? refused(timedOut(call.operation(), 0))
        : await(takers, call, timeoutMillis);
  }

  private Reply.@Nullable Builder confirm(long session, ConfirmItem confirm) {
    Backlog.Delivered taken = backlog.find(session, confirm.getDelivery());
    if (taken == null || taken.confirmed) {
      return refused(notHeld(confirm.getDelivery()));
    }
    if (confirm.getReturned()) {
      backlog.giveBack(taken);
    } else if (isJoinable) {
      backlog.confirm(taken);
    } else {
      forget(taken);
    }
    settle();
    return null;
  }

  private void forget(Backlog.Delivered taken) {
    backlog.remove(taken);
    grow(-Backlog.bytes(taken.item));
  }

  // ---- joining

  private Reply.@Nullable Builder taskDone(long session, TaskDone done) {
    if (!isJoinable) {
      return refused(notJoinable());
    }
    Backlog.Delivered taken =
        done.getDelivery() == 0
            ? backlog.oldestArrived(session)
            : backlog.find(session, done.getDelivery());
    if (taken == null) {
      return refused(notHeld(done.getDelivery()));
    }
    forget(taken);
    settle();
    return null;
  }

  /** Items that were put, and are not done with. */
  private long unfinished() {
    return (long) backlog.size() + backlog.deliveredSize();
  }

  private Reply.@Nullable Builder join(Call call, long timeoutMillis) {
    if (!isJoinable) {
      return refused(notJoinable());
    }
    if (unfinished() == 0) {
      return JOINED.toBuilder();
    }
    return timeoutMillis < 0
        ? refused(timedOut(call.operation(), 0))
        : await(joiners, call, timeoutMillis);
  }

  // ---- closing

  private Reply.@Nullable Builder close() {
    closed = true;
    for (Waiter putter = putters.first(); putter != null; putter = putters.first()) {
      grow(-waitingBytes(putter.operation, putter.done));
      objects.waits().refuse(putter, closedFor(putter.done, putter.operation.getPutItems()));
    }
    settle();
    return null;
  }

  /** Nothing can be taken, now or later: what is under way could still come back. */
  private boolean isOver() {
    return closed && backlog.isEmpty() && backlog.unconfirmed() == 0;
  }

  // ---- whoever can go on does

  private void settle() {
    while (true) {
      Waiter putter = putters.first();
      if (putter != null && hasRoom()) {
        addNext(putter);
        continue;
      }
      Waiter taker = backlog.isEmpty() ? null : takers.firstToTake();
      if (taker == null) {
        break;
      }
      objects.waits().answer(taker, backlog.take(taker.session));
    }
    if (isOver()) {
      for (Waiter taker = takers.first(); taker != null; taker = takers.first()) {
        objects.waits().refuse(taker, over());
      }
    }
    if (unfinished() == 0) {
      for (Waiter joiner = joiners.first(); joiner != null; joiner = joiners.first()) {
        objects.waits().answer(joiner, JOINED.toBuilder());
      }
    }
  }

  /** Those behind wait for what it has waited for: they go on waiting. */
  @Override
  void left(Waiter waiter) {
    if (waiter.operation.hasPutItems()) {
      grow(-waitingBytes(waiter.operation, waiter.done));
    }
  }

  @Override
  void timedOut(Waiter waiter) {
    objects.waits().refuse(waiter, timedOut(waiter.operation, waiter.done));
    left(waiter);
  }

  @Override
  void endSession(long session) {
    backlog.giveBackAll(session);
    settle();
  }

  @Override
  void goOn(long session) {
    takers.goOn(session);
    settle();
  }

  // ---- refusals

  private Refusal timedOut(Operation operation, int done) {
    return switch (operation.getKindCase()) {
      case PUT_ITEMS -> full(done, operation.getPutItems());
      case TAKE_ITEM ->
          Refusals.of(
              ErrorCode.TIMED_OUT_WAITING,
              title() + " has no item; wait longer, or look whether somebody puts any");
      default ->
          Refusals.of(
              ErrorCode.TIMED_OUT_WAITING,
              title()
                  + " has "
                  + unfinished()
                  + " unfinished items; wait longer, or look whether those who take them say that"
                  + " they are done");
    };
  }

  private Refusal full(int done, PutItems put) {
    return Refusals.of(
        ErrorCode.TIMED_OUT_WAITING,
        title()
            + " is full with "
            + Long.toUnsignedString(spec.getQueue().getItemsMax())
            + " items, and "
            + howMany(done, put)
            + "; wait longer, or take some");
  }

  private Refusal closedFor(int done, PutItems put) {
    return Refusals.of(
        ErrorCode.QUEUE_CLOSED,
        title() + " is closed, and " + howMany(done, put) + "; put the rest into another");
  }

  private static String howMany(int done, PutItems put) {
    return done + " of " + put.getItemsCount() + " are in";
  }

  private Refusal over() {
    return Refusals.of(
        ErrorCode.QUEUE_CLOSED, title() + " is closed, and all that was in it is taken");
  }

  private Refusal notHeld(long delivery) {
    return Refusals.of(
        ErrorCode.NOT_HELD,
        "this session has no "
            + (delivery == 0 ? "item" : "delivery " + Long.toUnsignedString(delivery))
            + " of "
            + title()
            + " to say that of: it was said too often, or the item has gone to another session when"
            + " this one's predecessor ended");
  }

  private Refusal notJoinable() {
    return Refusals.invalid(
        title() + " does not count what is unfinished; make a joinable one under another name");
  }

  // ---- what there is to know

  @Override
  void status(ObjectStatus.Builder into) {
    into.setCount(backlog.size()).setClosed(closed).setUnfinished(isJoinable ? unfinished() : 0);
  }

  @Override
  @Nullable Refusal read(ObjectQuery query, ReadResponse.Builder into) {
    if (!query.hasElements()) {
      return super.read(query, into);
    }
    var items = into.getElementsBuilder().setSize(backlog.size());
    Page page = new Page(query.getElements().getLimit());
    for (var next = backlog.items(query.getElements().getFirst()).iterator(); next.hasNext(); ) {
      ByteString item = next.next();
      if (!page.takes(item.size())) {
        break;
      }
      items.addElements(item);
    }
    return null;
  }

  // ---- snapshot

  @Override
  void save(ObjectSnapshot.Builder into) {
    into.setQueue(
        QueueSnapshot.newBuilder()
            .addAllItems(backlog.queuedItems())
            .addAllDelivered(backlog.deliveredItems())
            .setLastDelivery(backlog.lastDelivery())
            .setClosed(closed));
  }

  @Override
  void restore(ObjectSnapshot from) {
    QueueSnapshot queue = from.getQueue();
    backlog.restore(queue.getItemsList(), queue.getDeliveredList(), queue.getLastDelivery());
    closed = queue.getClosed();
    grow(backlog.bytes());
    for (WaiterSnapshot waiter : from.getWaitersList()) {
      if (waiter.getOperation().hasPutItems()) {
        grow(waitingBytes(waiter.getOperation(), waiter.getDone()));
      }
    }
  }
}
