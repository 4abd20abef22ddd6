package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.DeliveredItem;
import dev.podpool.protocol.ItemTaken;
import dev.podpool.protocol.QueuedItem;
import dev.podpool.protocol.Reply;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Items on their way from those who put them to those who take them, in the order in which they
 * were put: those that can be taken, and those that were taken and may come back.
 *
 * <p>What comes back stands before all that was never taken, and among its like in the order of its
 * first delivery, which is the order in which it was put.
 */
final class Backlog {

  // What an item takes beside its bytes: there may be very many that are very small.
  private static final int ITEM_BYTES = 64;

  /** An item that {@code session} has taken. */
  static final class Delivered {
    final long delivery;
    final long session;
    final ByteString item;
    final long firstDelivery;
    boolean confirmed;

    Delivered(long delivery, long session, ByteString item, long firstDelivery) {
      this.delivery = delivery;
      this.session = session;
      this.item = item;
      this.firstDelivery = firstDelivery;
    }
  }

  // By their first delivery.
  private final TreeMap<Long, ByteString> returned = new TreeMap<>();
  private final ArrayDeque<ByteString> fresh = new ArrayDeque<>();
  private final TreeMap<Long, Delivered> delivered = new TreeMap<>();
  // The same by who has them.
  private final LinkedHashMap<Long, TreeMap<Long, Delivered>> bySession = new LinkedHashMap<>();
  private int unconfirmed;
  private long lastDelivery;

  /** What {@code item} counts for while it is kept. */
  static long bytes(ByteString item) {
    return ITEM_BYTES + (long) item.size();
  }

  static long bytes(List<ByteString> items) {
    return items.stream().mapToLong(Backlog::bytes).sum();
  }

  // ---- what can be taken

  void add(ByteString item) {
    fresh.add(item);
  }

  /** How many can be taken. */
  int size() {
    return returned.size() + fresh.size();
  }

  boolean isEmpty() {
    return returned.isEmpty() && fresh.isEmpty();
  }

  /** Those that can be taken, from the one at {@code first} on. */
  Stream<ByteString> items(long first) {
    Stream<ByteString> items = Stream.concat(returned.values().stream(), fresh.stream());
    return first < 0 ? Stream.empty() : items.skip(first);
  }

  /** Hands out the first; only where there is one. */
  Reply.Builder take(long session) {
    Map.Entry<Long, ByteString> again = returned.pollFirstEntry();
    long delivery = ++lastDelivery;
    Delivered taken =
        again == null
            ? new Delivered(delivery, session, fresh.remove(), delivery)
            : new Delivered(delivery, session, again.getValue(), again.getKey());
    keep(taken);
    return Reply.newBuilder()
        .setItemTaken(
            ItemTaken.newBuilder()
                .setItem(taken.item)
                .setDelivery(delivery)
                .setRedelivered(again != null));
  }

  private void keep(Delivered taken) {
    delivered.put(taken.delivery, taken);
    bySession.computeIfAbsent(taken.session, any -> new TreeMap<>()).put(taken.delivery, taken);
    unconfirmed += taken.confirmed ? 0 : 1;
  }

  // ---- what was taken

  /** How many were taken, and are neither gone nor back. */
  int deliveredSize() {
    return delivered.size();
  }

  /** How many of those have not arrived yet. */
  int unconfirmed() {
    return unconfirmed;
  }

  /** Null: {@code session} does not have that. */
  @Nullable Delivered find(long session, long delivery) {
    Delivered found = delivered.get(delivery);
    return found != null && found.session == session ? found : null;
  }

  /** What {@code session} took first of what it has; null: it has none. */
  @Nullable Delivered oldest(long session) {
    TreeMap<Long, Delivered> its = bySession.get(session);
    return its == null ? null : its.firstEntry().getValue();
  }

  /**
   * As {@link #oldest}, of what has arrived; only where nothing has, of all. What has not may be on
   * its way back, as it came too late for who wanted it.
   */
  @Nullable Delivered oldestArrived(long session) {
    TreeMap<Long, Delivered> its = bySession.get(session);
    return its == null
        ? null
        : its.values().stream()
            .filter(taken -> taken.confirmed)
            .findFirst()
            .orElse(oldest(session));
  }

  void confirm(Delivered taken) {
    unconfirmed -= taken.confirmed ? 0 : 1;
    taken.confirmed = true;
  }

  /** It is gone for good. */
  void remove(Delivered taken) {
    unconfirmed -= taken.confirmed ? 0 : 1;
    delivered.remove(taken.delivery);
    TreeMap<Long, Delivered> its = bySession.get(taken.session);
    if (its != null && its.remove(taken.delivery) != null && its.isEmpty()) {
      bySession.remove(taken.session);
    }
  }

  void giveBack(Delivered taken) {
    remove(taken);
    returned.put(taken.firstDelivery, taken.item);
  }

  /** All that {@code session} has. */
  void giveBackAll(long session) {
    for (Delivered taken = oldest(session); taken != null; taken = oldest(session)) {
      giveBack(taken);
    }
  }

  /** Nobody will ever take what is there, or confirm what was taken. */
  void clear() {
    returned.clear();
    fresh.clear();
    delivered.clear();
    bySession.clear();
    unconfirmed = 0;
  }

  long bytes() {
    long bytes = items(0).mapToLong(Backlog::bytes).sum();
    for (Delivered taken : delivered.values()) {
      bytes += bytes(taken.item);
    }
    return bytes;
  }

  // ---- snapshot

  long lastDelivery() {
    return lastDelivery;
  }

  List<QueuedItem> queuedItems() {
    List<QueuedItem> items = new ArrayList<>();
    returned.forEach(
        (first, item) ->
            items.add(QueuedItem.newBuilder().setItem(item).setFirstDelivery(first).build()));
    fresh.forEach(item -> items.add(QueuedItem.newBuilder().setItem(item).build()));
    return items;
  }

  List<DeliveredItem> deliveredItems() {
    return delivered.values().stream()
        .map(
            taken ->
                DeliveredItem.newBuilder()
                    .setDelivery(taken.delivery)
                    .setSession(taken.session)
                    .setItem(taken.item)
                    .setConfirmed(taken.confirmed)
                    .setFirstDelivery(taken.firstDelivery)
                    .build())
        .toList();
  }

  void restore(List<QueuedItem> items, List<DeliveredItem> taken, long last) {
    for (QueuedItem item : items) {
      if (item.getFirstDelivery() == 0) {
        fresh.add(item.getItem());
      } else {
        returned.put(item.getFirstDelivery(), item.getItem());
      }
    }
    for (DeliveredItem each : taken) {
      Delivered kept =
          new Delivered(
              each.getDelivery(), each.getSession(), each.getItem(), each.getFirstDelivery());
      kept.confirmed = each.getConfirmed();
      keep(kept);
    }
    lastDelivery = last;
  }
}
