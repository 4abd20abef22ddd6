package dev.podpool.queue.boot;

import dev.podpool.Change;
import dev.podpool.Podpool;
import dev.podpool.SharedArray;
import dev.podpool.SharedCondition;
import dev.podpool.SharedEvent;
import dev.podpool.SharedJoinableQueue;
import dev.podpool.SharedList;
import dev.podpool.SharedLock;
import dev.podpool.SharedMap;
import dev.podpool.SharedQueue;
import dev.podpool.SharedReentrantLock;
import dev.podpool.SharedSemaphore;
import dev.podpool.SharedValue;
import dev.podpool.Versioned;
import dev.podpool.testing.history.History;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One shared object of each kind, what clients do with it, and its sequential model. */
final class Histories {

  /** What one client does with one object. */
  interface Player {

    /** One thing, at random. */
    void play(SplittableRandom random) throws Exception;

    /** The client is gone, in some moment between the two; {@link Long#MAX_VALUE}: or later. */
    default void gone(long start, long end) {}
  }

  /** An object: who asks for it by {@code podpool}, as {@code who}, gets a player. */
  interface Kind {
    Player join(Podpool podpool, String who);

    void check();
  }

  private final AtomicInteger numbers = new AtomicInteger();

  /** Each with a history of its own. */
  List<Kind> kinds() {
    return List.of(
        kind("map", new Entries(0, new TreeMap<>()), this::map),
        kind("value", 0L, this::value),
        kind("list", List.<Integer>of(), this::list),
        kind("array", List.of(0, 0), this::array),
        kind("lock", new Held("", 0, 0), this::lock),
        kind("reentrant lock", new Held("", 0, 0), this::reentrantLock),
        kind("semaphore", new Permits(2, Map.of()), this::semaphore),
        kind("event", false, this::event),
        kind("queue", List.<Integer>of(), this::queue),
        kind("joinable queue", new Work(0, List.of(), Map.of(), 0), this::joinableQueue),
        kind("queue of a lock and conditions", List.<Integer>of(), this::monitor));
  }

  private interface Joining<S> {
    Player join(History<S> history, Podpool podpool, String who);
  }

  private static <S> Kind kind(String name, S initial, Joining<S> joining) {
    History<S> history = new History<>(name, initial);
    return new Kind() {
      @Override
      public Player join(Podpool podpool, String who) {
        return joining.join(history, podpool, who);
      }

      @Override
      public void check() {
        history.check();
        System.out.println(name + ": " + history.size() + " operations are linearizable");
      }
    };
  }

  private static <T extends @Nullable Object> @Nullable T where(boolean possible, T after) {
    return possible ? after : null;
  }

  private static Duration aWhile(SplittableRandom random) {
    return Duration.ofMillis(1 + random.nextInt(30));
  }

  // ---- data

  private record Entries(long version, TreeMap<String, Versioned<Long>> entries) {

    /** With another entry, or without it; either raises the version. */
    Entries with(String key, @Nullable Long value) {
      TreeMap<String, Versioned<Long>> after = new TreeMap<>(entries);
      if (value == null) {
        after.remove(key);
      } else {
        after.put(key, new Versioned<>(value, version + 1));
      }
      return new Entries(version + 1, after);
    }

    @Nullable Long get(String key) {
      Versioned<Long> entry = entries.get(key);
      return entry == null ? null : entry.value();
    }
  }

  private Player map(History<Entries> history, Podpool podpool, String who) {
    SharedMap<String, Long> map = podpool.sharedMap("map", String.class, Long.class);
    return random -> {
      String key = "k" + random.nextInt(3);
      long number = numbers.incrementAndGet();
      switch (random.nextInt(8)) {
        case 0 ->
            history.call(
                who,
                "put(" + key + ", " + number + ")",
                () -> map.put(key, number),
                (s, before) -> where(Objects.equals(s.get(key), before), s.with(key, number)));
        case 1 ->
            history.call(
                who,
                "remove(" + key + ")",
                () -> map.remove(key),
                (s, before) ->
                    where(
                        Objects.equals(s.get(key), before),
                        before == null ? s : s.with(key, null)));
        case 2 ->
            history.call(
                who,
                "putIfAbsent(" + key + ", " + number + ")",
                () -> map.putIfAbsent(key, number),
                (s, before) ->
                    where(
                        Objects.equals(s.get(key), before),
                        before == null ? s.with(key, number) : s));
        case 3 ->
            history.call(
                who,
                "addAndGet(" + key + ", 1)",
                () -> map.addAndGet(key, 1),
                (s, sum) -> {
                  Long before = s.get(key);
                  return where((before == null ? 0 : before) + 1 == sum, s.with(key, sum));
                });
        case 4 -> {
          Versioned<Long> seen =
              history.call(
                  who,
                  "getVersioned(" + key + ")",
                  () -> map.getVersioned(key),
                  (s, entry) -> where(isThere(s, key, entry), s));
          history.call(
              who,
              "putIfVersion(%s, %d, %d)".formatted(key, seen.version(), number),
              () -> map.putIfVersion(key, seen.version(), number),
              (s, change) -> changed(s, key, seen.version(), number, change));
        }
        case 5 ->
            history.call(who, "size()", map::size, (s, size) -> where(s.entries.size() == size, s));
        default ->
            history.call(
                who,
                "get(" + key + ")",
                () -> map.get(key),
                (s, value) -> where(Objects.equals(s.get(key), value), s));
      }
    };
  }

  private static boolean isThere(Entries s, String key, Versioned<Long> entry) {
    Versioned<Long> there = s.entries.get(key);
    return there == null ? !entry.isPresent() : there.equals(entry);
  }

  private static @Nullable Entries changed(
      Entries s, String key, long version, long number, Change<Long> change) {
    Versioned<Long> there = s.entries.get(key);
    boolean fits = version == (there == null ? 0 : there.version());
    if (fits != change.made()) {
      return null;
    }
    return fits ? s.with(key, number) : s;
  }

  private Player value(History<Long> history, Podpool podpool, String who) {
    SharedValue<Long> value = podpool.sharedValue("value", Long.class, 0L);
    return random -> {
      long number = random.nextInt(3);
      switch (random.nextInt(5)) {
        case 0 ->
            history.call(
                who,
                "set(" + number + ")",
                () -> value.set(number),
                (s, before) -> where(s.equals(before), number));
        case 1 ->
            history.call(
                who,
                "compareAndSet(1, " + number + ")",
                () -> value.compareAndSet(1L, number),
                (s, made) -> where(made == (s == 1), made ? number : s));
        case 2 ->
            history.call(
                who,
                "addAndGet(1)",
                () -> value.addAndGet(1),
                (s, sum) -> where(s + 1 == sum, s + 1));
        default -> history.call(who, "get()", value::get, (s, got) -> where(s.equals(got), s));
      }
    };
  }

  private Player list(History<List<Integer>> history, Podpool podpool, String who) {
    SharedList<Integer> list = podpool.sharedList("list", Integer.class);
    return random -> {
      int number = numbers.incrementAndGet();
      switch (random.nextInt(5)) {
        case 0 ->
            history.call(who, "add(" + number + ")", () -> list.add(number), s -> with(s, number));
        case 1 ->
            history.call(
                who,
                "set(0, " + number + ")",
                () -> orNull(() -> list.set(0, number)),
                (s, before) ->
                    s.isEmpty()
                        ? where(before == null, s)
                        : where(s.get(0).equals(before), first(s, number)));
        case 2 ->
            history.call(
                who,
                "remove(0)",
                () -> orNull(() -> list.remove(0)),
                (s, before) ->
                    s.isEmpty()
                        ? where(before == null, s)
                        : where(s.get(0).equals(before), rest(s)));
        case 3 -> history.call(who, "size()", list::size, (s, size) -> where(s.size() == size, s));
        default ->
            history.call(
                who,
                "get(1)",
                () -> orNull(() -> list.get(1)),
                (s, got) -> where(Objects.equals(s.size() > 1 ? s.get(1) : null, got), s));
      }
    };
  }

  private static <T> @Nullable T orNull(Callable<T> call) throws Exception {
    try {
      return call.call();
    } catch (IndexOutOfBoundsException e) {
      return null;
    }
  }

  private static List<Integer> with(List<Integer> s, int number) {
    List<Integer> after = new ArrayList<>(s);
    after.add(number);
    return after;
  }

  private static List<Integer> first(List<Integer> s, int number) {
    List<Integer> after = new ArrayList<>(s);
    after.set(0, number);
    return after;
  }

  private static <T> List<T> rest(List<T> s) {
    return List.copyOf(s.subList(1, s.size()));
  }

  private Player array(History<List<Integer>> history, Podpool podpool, String who) {
    SharedArray<Integer> array = podpool.sharedArray("array", Integer.class, 2, 0);
    return random -> {
      int number = numbers.incrementAndGet();
      int index = random.nextInt(2);
      if (random.nextBoolean()) {
        history.call(
            who,
            "set(" + index + ", " + number + ")",
            () -> array.set(index, number),
            (s, before) -> {
              List<Integer> after = new ArrayList<>(s);
              return where(after.set(index, number).equals(before), after);
            });
      } else {
        history.call(
            who,
            "get(" + index + ")",
            () -> array.get(index),
            (s, got) -> where(s.get(index).equals(got), s));
      }
    };
  }

  // ---- locks and the like

  /** By nobody: "". {@code token} is the last that was seen. */
  private record Held(String by, int depth, long token) {

    @Nullable Held takenBy(String who, long newToken) {
      return where(depth == 0 && newToken > token, new Held(who, 1, newToken));
    }

    Held withoutThoseOf(String who) {
      return by.equals(who) ? new Held("", 0, token) : this;
    }
  }

  private static final long NOT_TAKEN = 0;

  private static @Nullable Held locked(Held s, String who, long token) {
    return token == NOT_TAKEN ? where(s.depth > 0, s) : s.takenBy(who, token);
  }

  private Player lock(History<Held> history, Podpool podpool, String who) {
    SharedLock lock = podpool.lock("lock");
    return new Player() {
      @Override
      public void play(SplittableRandom random) throws Exception {
        if (lock.isHeldHere()) {
          history.call(
              who, "unlock()", lock::unlock, s -> where(s.by.equals(who), s.withoutThoseOf(who)));
          return;
        }
        take(history, lock, who, random);
      }

      @Override
      public void gone(long start, long end) {
        history.add(who + " is gone", start, end, s -> s.withoutThoseOf(who));
      }
    };
  }

  private static void take(
      History<Held> history, SharedLock lock, String who, SplittableRandom random)
      throws Exception {
    switch (random.nextInt(4)) {
      case 0 ->
          history.call(
              who,
              "tryLock()",
              () -> lock.tryLock() ? lock.fencingToken() : NOT_TAKEN,
              (s, token) -> locked(s, who, token));
      case 1 ->
          history.call(
              who, "isLocked()", lock::isLocked, (s, held) -> where(held == (s.depth > 0), s));
      default -> {
        Duration time = aWhile(random);
        history.call(
            who,
            "tryLock(" + time + ")",
            () ->
                lock.tryLock(time.toMillis(), TimeUnit.MILLISECONDS)
                    ? lock.fencingToken()
                    : NOT_TAKEN,
            (s, token) -> locked(s, who, token));
      }
    }
  }

  private Player reentrantLock(History<Held> history, Podpool podpool, String who) {
    SharedReentrantLock lock = podpool.reentrantLock("reentrant");
    return new Player() {
      @Override
      public void play(SplittableRandom random) throws Exception {
        if (!lock.isHeldHere()) {
          take(history, lock, who, random);
        } else if (random.nextInt(3) == 0) {
          history.call(
              who,
              "lock() again",
              () -> {
                lock.lock();
                return lock.fencingToken();
              },
              (s, token) ->
                  where(
                      s.by.equals(who) && s.token == token, new Held(s.by, s.depth + 1, s.token)));
        } else {
          history.call(
              who,
              "unlock()",
              () -> {
                lock.unlock();
                return lock.holdCount();
              },
              (s, depth) ->
                  where(
                      s.by.equals(who) && s.depth - 1 == depth,
                      depth == 0 ? s.withoutThoseOf(who) : new Held(who, depth, s.token)));
        }
      }

      @Override
      public void gone(long start, long end) {
        history.add(who + " is gone", start, end, s -> s.withoutThoseOf(who));
      }
    };
  }

  private record Permits(int free, Map<String, Integer> held) {

    Permits moved(String who, int count) {
      Map<String, Integer> after = new TreeMap<>(held);
      after.merge(who, count, Integer::sum);
      return new Permits(free - count, after);
    }

    Permits withoutThoseOf(String who) {
      return moved(who, -held.getOrDefault(who, 0));
    }
  }

  private Player semaphore(History<Permits> history, Podpool podpool, String who) {
    SharedSemaphore semaphore = podpool.boundedSemaphore("semaphore", 2);
    return new Player() {
      private int held;

      @Override
      public void play(SplittableRandom random) throws Exception {
        Duration time = aWhile(random);
        if (held > 0 && random.nextInt(3) > 0) {
          held--;
          history.call(who, "release()", semaphore::release, s -> s.moved(who, -1));
          return;
        }
        switch (random.nextInt(4)) {
          case 0 ->
              history.call(
                  who,
                  "availablePermits()",
                  semaphore::availablePermits,
                  (s, free) -> where(s.free == free, s));
          case 1 -> acquired("tryAcquire()", semaphore::tryAcquire);
          default ->
              acquired(
                  "tryAcquire(" + time + ")",
                  () -> semaphore.tryAcquire(time.toMillis(), TimeUnit.MILLISECONDS));
        }
      }

      private void acquired(String what, Callable<Boolean> acquire) throws Exception {
        boolean done =
            history.call(
                who,
                what,
                acquire,
                (s, acquired) -> where(acquired == (s.free > 0), acquired ? s.moved(who, 1) : s));
        held += done ? 1 : 0;
      }

      @Override
      public void gone(long start, long end) {
        history.add(who + " is gone", start, end, s -> s.withoutThoseOf(who));
      }
    };
  }

  private Player event(History<Boolean> history, Podpool podpool, String who) {
    SharedEvent event = podpool.event("event");
    return random -> {
      Duration time = aWhile(random);
      switch (random.nextInt(5)) {
        case 0 -> history.call(who, "set()", event::set, s -> true);
        case 1, 2 -> history.call(who, "clear()", event::clear, s -> false);
        case 3 -> history.call(who, "isSet()", event::isSet, (s, set) -> where(s.equals(set), s));
        default ->
            history.call(
                who,
                "await(" + time + ")",
                () -> event.await(time),
                (s, set) -> where(s.equals(set), s));
      }
    };
  }

  // ---- queues

  private static final int QUEUE_SIZE = 3;
  private static final int NONE = -1;

  private Player queue(History<List<Integer>> history, Podpool podpool, String who) {
    SharedQueue<Integer> queue = podpool.queue("queue", Integer.class, QUEUE_SIZE);
    return random -> {
      Duration time = aWhile(random);
      int number = numbers.incrementAndGet();
      switch (random.nextInt(6)) {
        case 0 ->
            history.call(
                who,
                "offer(" + number + ")",
                () -> queue.offer(number),
                (s, put) -> put(s, number, put));
        case 1, 2 ->
            history.call(
                who,
                "put(%d, %s)".formatted(number, time),
                () -> inTime(() -> queue.put(number, time)),
                (s, put) -> put(s, number, put));
        case 3 -> history.call(who, "getNowait()", () -> got(queue::getNowait), Histories::taken);
        case 4 -> history.call(who, "size()", queue::size, (s, size) -> where(s.size() == size, s));
        default ->
            history.call(
                who, "get(" + time + ")", () -> got(() -> queue.get(time)), Histories::taken);
      }
    };
  }

  private static @Nullable List<Integer> put(List<Integer> s, int number, boolean put) {
    return where(put == (s.size() < QUEUE_SIZE), put ? with(s, number) : s);
  }

  private static @Nullable List<Integer> taken(List<Integer> s, int item) {
    if (item == NONE) {
      return where(s.isEmpty(), s);
    }
    return !s.isEmpty() && s.get(0) == item ? rest(s) : null;
  }

  private interface Put {
    void put() throws Exception;
  }

  private static boolean inTime(Put put) throws Exception {
    try {
      put.put();
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  private static int got(Callable<Integer> get) throws Exception {
    try {
      return get.call();
    } catch (TimeoutException | NoSuchElementException e) {
      return NONE;
    }
  }

  private record Item(int put, int number) {}

  /** What is there, in the order in which it was put, and what each has taken, in that order. */
  private record Work(int puts, List<Item> items, Map<String, List<Item>> taken, int unfinished) {

    Work put(int number) {
      List<Item> after = new ArrayList<>(items);
      after.add(new Item(puts, number));
      return new Work(puts + 1, after, taken, unfinished + 1);
    }

    Work taken(String who) {
      Map<String, List<Item>> after = new TreeMap<>(taken);
      List<Item> own = new ArrayList<>(after.getOrDefault(who, List.of()));
      own.add(items.get(0));
      after.put(who, own);
      return new Work(puts, rest(items), after, unfinished);
    }

    @Nullable Work done(String who) {
      List<Item> own = taken.getOrDefault(who, List.of());
      if (own.isEmpty()) {
        return null;
      }
      Map<String, List<Item>> after = new TreeMap<>(taken);
      after.put(who, rest(own));
      return new Work(puts, items, after, unfinished - 1);
    }

    Work withoutThoseOf(String who) {
      List<Item> back = new ArrayList<>(items);
      Map<String, List<Item>> after = new TreeMap<>(taken);
      List<Item> own = after.remove(who);
      back.addAll(own == null ? List.of() : own);
      back.sort(Comparator.comparingInt(Item::put));
      return new Work(puts, back, after, unfinished);
    }
  }

  private Player joinableQueue(History<Work> history, Podpool podpool, String who) {
    SharedJoinableQueue<Integer> queue = podpool.joinableQueue("joinable", Integer.class);
    return new Player() {
      private int taken;

      @Override
      public void play(SplittableRandom random) throws Exception {
        Duration time = aWhile(random);
        int number = numbers.incrementAndGet();
        if (taken > 0 && random.nextInt(3) > 0) {
          taken--;
          history.call(who, "taskDone()", queue::taskDone, s -> s.done(who));
          return;
        }
        switch (random.nextInt(6)) {
          case 0, 1 ->
              history.call(who, "put(" + number + ")", () -> queue.put(number), s -> s.put(number));
          case 2 ->
              history.call(
                  who,
                  "unfinished()",
                  queue::unfinished,
                  (s, unfinished) -> where(s.unfinished == unfinished, s));
          case 3 ->
              history.call(
                  who,
                  "join(" + time + ")",
                  () -> queue.join(time),
                  (s, all) -> where(all == (s.unfinished == 0), s));
          default -> {
            int item =
                history.call(
                    who,
                    "get(" + time + ")",
                    () -> got(() -> queue.get(time)),
                    (s, got) -> {
                      if (got == NONE) {
                        return where(s.items.isEmpty(), s);
                      }
                      return !s.items.isEmpty() && s.items.get(0).number == got
                          ? s.taken(who)
                          : null;
                    });
            taken += item == NONE ? 0 : 1;
          }
        }
      }

      @Override
      public void gone(long start, long end) {
        history.add(who + " is gone", start, end, s -> s.withoutThoseOf(who));
      }
    };
  }

  /** A bounded buffer, as it is written with a lock and conditions: only right if these are. */
  private Player monitor(History<List<Integer>> history, Podpool podpool, String who) {
    SharedLock lock = podpool.lock("monitor");
    SharedCondition notEmpty = podpool.condition("not-empty", lock);
    SharedCondition notFull = podpool.condition("not-full", lock);
    SharedList<Integer> items = podpool.sharedList("monitored", Integer.class).guardedBy(lock);
    return random -> {
      Duration time = aWhile(random);
      int number = numbers.incrementAndGet();
      if (random.nextBoolean()) {
        history.call(
            who,
            "put(%d, %s)".formatted(number, time),
            () -> {
              lock.lock();
              try {
                if (!notFull.awaitFor(() -> items.size() < QUEUE_SIZE, time)) {
                  return false;
                }
                items.add(number);
                notEmpty.signal();
                return true;
              } finally {
                lock.unlock();
              }
            },
            (s, put) -> put(s, number, put));
      } else {
        history.call(
            who,
            "get(" + time + ")",
            () -> {
              lock.lock();
              try {
                if (!notEmpty.awaitFor(() -> !items.isEmpty(), time)) {
                  return NONE;
                }
                int item = items.remove(0);
                notFull.signal();
                return item;
              } finally {
                lock.unlock();
              }
            },
            Histories::taken);
      }
    };
  }
}
