package dev.podpool.sim;

import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.testing.history.History;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The objects that sharers have in common, what was seen of each, and what each is when one thing
 * happens at a time. What a sharer holds is given back at some time after it has gone, and it gets
 * nothing from then on.
 */
final class Shared {

  static final int PERMITS = 2;
  static final int PARTIES = 2;
  static final int ITEMS_MAX = 3;
  static final List<String> KEYS = List.of("a", "b");

  static final ObjectRef LOCK = ref(ObjectKind.LOCK);
  static final ObjectRef SEMAPHORE = ref(ObjectKind.SEMAPHORE);
  static final ObjectRef EVENT = ref(ObjectKind.EVENT);
  static final ObjectRef CONDITION = ref(ObjectKind.CONDITION);
  static final ObjectRef BARRIER = ref(ObjectKind.BARRIER);
  static final ObjectRef QUEUE = ref(ObjectKind.QUEUE);
  static final ObjectRef JOINABLE = QUEUE.toBuilder().setName("joinable").build();
  static final ObjectRef MAP = ref(ObjectKind.MAP);
  static final ObjectRef LIST = ref(ObjectKind.LIST);
  static final ObjectRef VALUE = ref(ObjectKind.VALUE);

  /** What there is to use. */
  enum Kind {
    LOCK,
    SEMAPHORE,
    EVENT,
    BARRIER,
    QUEUE,
    JOINABLE_QUEUE,
    PIPE,
    MAP,
    LIST,
    VALUE
  }

  /** What is used in this run: few kinds, much used, show other things than all of them. */
  final List<Kind> kinds;

  final History<Held> lock = new History<>("lock", new Held("", 0, 0, Set.of()));
  final History<Permits> semaphore =
      new History<>("semaphore", new Permits(PERMITS, Map.of(), Set.of()));
  final History<Boolean> event = new History<>("event", false);
  final History<Work> queue = new History<>("queue", Work.NONE);
  final History<Work> joinable = new History<>("joinable queue", Work.NONE);
  final Map<String, History<Long>> entries = new TreeMap<>();
  final History<List<Long>> list = new History<>("list", List.of());
  final History<Long> value = new History<>("value", 0L);

  /** Of barriers that were passed: by the first, by the last, and by who did not hear of it. */
  int passedFirst;

  int passedLast;
  int mayHavePassed;

  private long now;

  Shared(World world) {
    List<Kind> all = List.of(Kind.values());
    List<Kind> some = all.stream().filter(kind -> world.oneIn(3)).toList();
    kinds = some.isEmpty() ? all : some;
    KEYS.forEach(key -> entries.put(key, new History<>("entry " + key, ABSENT)));
  }

  private static ObjectRef ref(ObjectKind kind) {
    return ObjectRef.newBuilder().setKind(kind).setName("shared").build();
  }

  /** One after another, where the simulated clock stands still for many. */
  long now() {
    return ++now;
  }

  /**
   * {@code who} has ended, with all that it holds; for the queue it may have so at any time since
   * {@code start}.
   */
  void gone(String who, long start) {
    String what = who + " is gone";
    lock.addInDoubt(what, start, state -> state.withoutThoseOf(who));
    semaphore.addInDoubt(what, start, state -> state.withoutThoseOf(who));
    queue.addInDoubt(what, start, state -> state.withoutThoseOf(who));
    joinable.addInDoubt(what, start, state -> state.withoutThoseOf(who));
  }

  void check() {
    lock.check();
    semaphore.check();
    event.check();
    queue.check();
    joinable.check();
    entries.values().forEach(History::check);
    list.check();
    value.check();
    Contract.require(
        Math.abs(passedFirst - passedLast) <= mayHavePassed,
        "a barrier lets all of its parties pass, or none");
  }

  // ---- models

  static final long ABSENT = Long.MIN_VALUE;

  private static Set<String> with(Set<String> set, String who) {
    Set<String> after = new TreeSet<>(set);
    after.add(who);
    return after;
  }

  /** {@code token} is 0 where nobody knows it; {@code last} is the highest that was seen. */
  record Held(String by, long token, long last, Set<String> gone) {

    @Nullable Held taken(String who, long newToken) {
      return by.isEmpty() && newToken > last && !gone.contains(who)
          ? new Held(who, newToken, newToken, gone)
          : null;
    }

    @Nullable Held takenUnheard(String who) {
      return by.isEmpty() && !gone.contains(who) ? new Held(who, 0, last, gone) : null;
    }

    @Nullable Held released(String who, long itsToken) {
      return by.equals(who) && token == itsToken ? free() : null;
    }

    Held free() {
      return new Held("", 0, last, gone);
    }

    Held withoutThoseOf(String who) {
      Held left = by.equals(who) ? free() : this;
      return new Held(left.by, left.token, last, with(gone, who));
    }
  }

  record Permits(int free, Map<String, Integer> held, Set<String> gone) {

    @Nullable Permits moved(String who, int count) {
      int own = held.getOrDefault(who, 0) + count;
      if (free - count < 0 || own < 0 || (count > 0 && gone.contains(who))) {
        return null;
      }
      Map<String, Integer> after = new TreeMap<>(held);
      after.put(who, own);
      return new Permits(free - count, after, gone);
    }

    Permits withoutThoseOf(String who) {
      Map<String, Integer> after = new TreeMap<>(held);
      Integer own = after.remove(who);
      return new Permits(free + (own == null ? 0 : own), after, with(gone, who));
    }
  }

  /** {@code delivery} is 0 where nobody knows it. */
  record Taken(Item item, long delivery) {}

  record Item(int put, String text) {}

  /** What can be taken, in the order in which it was put, and what each has taken. */
  record Work(int puts, List<Item> items, Map<String, List<Taken>> taken, Set<String> gone) {

    static final Work NONE = new Work(0, List.of(), Map.of(), Set.of());

    @Nullable Work put(String text) {
      if (items.size() >= ITEMS_MAX) {
        return null;
      }
      List<Item> after = new ArrayList<>(items);
      after.add(new Item(puts, text));
      return new Work(puts + 1, after, taken, gone);
    }

    /** {@code text} is null where nobody knows what it was. */
    @Nullable Work take(String who, @Nullable String text, long delivery) {
      if (items.isEmpty()
          || gone.contains(who)
          || (text != null && !items.get(0).text.equals(text))) {
        return null;
      }
      Map<String, List<Taken>> after = new TreeMap<>(taken);
      List<Taken> own = new ArrayList<>(after.getOrDefault(who, List.of()));
      own.add(new Taken(items.get(0), delivery));
      after.put(who, own);
      return new Work(puts, List.copyOf(items.subList(1, items.size())), after, gone);
    }

    /** Of that delivery; null if {@code who} has none such. */
    @Nullable Work done(String who, long delivery) {
      Map<String, List<Taken>> after = new TreeMap<>(taken);
      List<Taken> own = new ArrayList<>(after.getOrDefault(who, List.of()));
      if (!own.removeIf(each -> each.delivery == delivery)) {
        return null;
      }
      after.put(who, own);
      return new Work(puts, items, after, gone);
    }

    /** What was taken is where it was. */
    Work withoutThoseOf(String who) {
      Map<String, List<Taken>> after = new TreeMap<>(taken);
      List<Taken> own = after.remove(who);
      List<Item> back = new ArrayList<>(items);
      if (own != null) {
        own.forEach(each -> back.add(each.item));
        back.sort(Comparator.comparingInt(Item::put));
      }
      return new Work(puts, back, after, with(gone, who));
    }

    int unfinished() {
      return items.size() + taken.values().stream().mapToInt(List::size).sum();
    }
  }
}
