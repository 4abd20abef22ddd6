package dev.podpool.queue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/** A queue as it would be explained: lists, and whoever can go on is looked for again and again. */
final class QueueModel {

  /** By the order in which they were put. */
  record Item(long number, String text, boolean again) {}

  private record Taken(String client, long delivery, Item item, boolean confirmed) {}

  private static final class Wait {
    final String kind;
    final String client;
    final long sequence;
    final long deadlineMillis;
    final List<String> items;

    Wait(String kind, String client, long sequence, long deadlineMillis, List<String> items) {
      this.kind = kind;
      this.client = client;
      this.sequence = sequence;
      this.deadlineMillis = deadlineMillis;
      this.items = items;
    }
  }

  final TreeMap<String, String> answers = new TreeMap<>();
  final List<Item> available = new ArrayList<>();
  long puts;
  long gone;
  private final List<Taken> taken = new ArrayList<>();
  private final List<Wait> waits = new ArrayList<>();
  private final int itemsMax;
  private final boolean joinable;
  private boolean closed;
  private long deliveries;

  QueueModel(int itemsMax, boolean joinable) {
    this.itemsMax = itemsMax;
    this.joinable = joinable;
  }

  // ---- operations

  void put(String client, long sequence, long nowMillis, long timeoutMillis, String... items) {
    if (closed) {
      answer(client, sequence, "QUEUE_CLOSED");
    } else if (items.length == 0) {
      answer(client, sequence, "put"); // none needs room
    } else {
      List<String> left = new ArrayList<>(List.of(items));
      await("put", client, sequence, nowMillis, timeoutMillis, left);
    }
  }

  void take(String client, long sequence, long nowMillis, long timeoutMillis) {
    await("take", client, sequence, nowMillis, timeoutMillis, List.of());
  }

  void join(String client, long sequence, long nowMillis, long timeoutMillis) {
    if (joinable) {
      await("join", client, sequence, nowMillis, timeoutMillis, List.of());
    } else {
      answer(client, sequence, "INVALID_ARGUMENT");
    }
  }

  void confirm(String client, long sequence, long delivery, boolean returned) {
    Taken found = find(client, delivery);
    if (found == null || found.confirmed()) {
      answer(client, sequence, "NOT_HELD");
      return;
    }
    taken.remove(found);
    if (returned) {
      comeBack(found);
    } else if (joinable) {
      taken.add(new Taken(client, delivery, found.item(), true));
    } else {
      gone++;
    }
    goOn();
  }

  private boolean isConfirmed(String client, long delivery) {
    Taken found = find(client, delivery);
    return found != null && found.confirmed();
  }

  void taskDone(String client, long sequence, long delivery) {
    if (!joinable) {
      answer(client, sequence, "INVALID_ARGUMENT");
      return;
    }
    List<Long> its = deliveriesOf(client);
    List<Long> arrived = its.stream().filter(each -> isConfirmed(client, each)).toList();
    long oldest = !arrived.isEmpty() ? arrived.get(0) : its.isEmpty() ? 0 : its.get(0);
    long named = delivery == 0 ? oldest : delivery;
    Taken found = find(client, named);
    if (found == null) {
      answer(client, sequence, "NOT_HELD");
      return;
    }
    taken.remove(found);
    gone++;
    goOn();
  }

  void close() {
    closed = true;
    for (Wait wait : List.copyOf(waits)) {
      if (wait.kind.equals("put")) {
        end(wait, "QUEUE_CLOSED");
      }
    }
    goOn();
  }

  void cancel(String client, long sequence) {
    for (Wait wait : List.copyOf(waits)) {
      if (wait.client.equals(client) && wait.sequence == sequence) {
        end(wait, "WAIT_CANCELLED");
      }
    }
  }

  void expire(long nowMillis) {
    for (Wait wait : List.copyOf(waits)) {
      if (wait.deadlineMillis <= nowMillis) {
        end(wait, "TIMED_OUT_WAITING");
      }
    }
  }

  /** The client's session ends. */
  void end(String client) {
    waits.removeIf(wait -> wait.client.equals(client));
    for (Taken each : List.copyOf(taken)) {
      if (each.client().equals(client)) {
        taken.remove(each);
        comeBack(each);
      }
    }
    goOn();
  }

  /** Ascending. */
  List<Long> deliveriesOf(String client) {
    return taken.stream()
        .filter(each -> each.client().equals(client))
        .map(Taken::delivery)
        .sorted()
        .toList();
  }

  // ---- how it goes on

  private void await(
      String kind, String client, long sequence, long now, long timeout, List<String> items) {
    long deadline = timeout > 0 ? now + timeout : Long.MAX_VALUE;
    Wait wait = new Wait(kind, client, sequence, deadline, items);
    waits.add(wait);
    goOn();
    if (timeout < 0 && waits.contains(wait)) {
      end(wait, "TIMED_OUT_WAITING");
    }
  }

  private void goOn() {
    boolean again = true;
    while (again) {
      again = putOne() || takeOne();
    }
    for (Wait wait : List.copyOf(waits)) {
      boolean over = closed && available.isEmpty() && taken.stream().allMatch(Taken::confirmed);
      if (wait.kind.equals("take") && over) {
        end(wait, "QUEUE_CLOSED");
      }
      if (wait.kind.equals("join") && puts == gone) {
        end(wait, "joined");
      }
    }
  }

  private boolean putOne() {
    Wait first = first("put");
    if (first == null) {
      return false;
    }
    if (itemsMax > 0 && available.size() >= itemsMax) {
      return false;
    }
    available.add(new Item(puts++, first.items.remove(0), false));
    if (first.items.isEmpty()) {
      end(first, "put");
    }
    return true;
  }

  private boolean takeOne() {
    Wait first = first("take");
    if (first == null || available.isEmpty()) {
      return false;
    }
    Item item = available.remove(0);
    taken.add(new Taken(first.client, ++deliveries, item, false));
    end(first, item.text() + " " + deliveries + (item.again() ? " again" : ""));
    return true;
  }

  private void comeBack(Taken back) {
    available.add(new Item(back.item().number(), back.item().text(), true));
    available.sort(Comparator.comparingLong(Item::number));
  }

  private Wait first(String kind) {
    return waits.stream().filter(wait -> wait.kind.equals(kind)).findFirst().orElse(null);
  }

  private Taken find(String client, long delivery) {
    return taken.stream()
        .filter(each -> each.client().equals(client) && each.delivery() == delivery)
        .findFirst()
        .orElse(null);
  }

  private void end(Wait wait, String words) {
    waits.remove(wait);
    answer(wait.client, wait.sequence, words);
  }

  private void answer(String client, long sequence, String words) {
    answers.put(client + " " + sequence, words);
  }
}
