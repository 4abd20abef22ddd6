package dev.podpool.queue;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Waiters that get an item each, in the order of their arrival; those of a session that has its
 * fill are passed over until it has confirmed, and then stand where they stood.
 *
 * <p>Who is passed over follows from the state of the sessions, and so is no state of its own.
 */
final class Takers extends Line {

  private final Sessions sessions;
  // By their places, without those that were passed over.
  private final TreeMap<Long, Waiter> next = new TreeMap<>();
  private final LinkedHashMap<Long, TreeMap<Long, Waiter>> passedOver = new LinkedHashMap<>();
  private long lastPlace;

  Takers(Sessions sessions) {
    this.sessions = sessions;
  }

  /** Who has waited longest of those that can be given something; null: there is none. */
  @Nullable Waiter firstToTake() {
    while (!next.isEmpty()) {
      Map.Entry<Long, Waiter> first = next.firstEntry();
      Waiter waiter = first.getValue();
      SessionState session = sessions.find(waiter.session);
      if (session == null || !session.hasItsFill()) {
        return waiter;
      }
      next.remove(first.getKey());
      passedOver.computeIfAbsent(waiter.session, any -> new TreeMap<>()).put(waiter.place, waiter);
    }
    return null;
  }

  /** {@code session} can be given something again. */
  void goOn(long session) {
    TreeMap<Long, Waiter> its = passedOver.remove(session);
    if (its != null) {
      next.putAll(its);
    }
  }

  @Override
  void add(Waiter waiter) {
    super.add(waiter);
    waiter.place = ++lastPlace;
    next.put(waiter.place, waiter);
  }

  @Override
  void remove(Waiter waiter) {
    super.remove(waiter);
    if (next.remove(waiter.place) == null) {
      TreeMap<Long, Waiter> its = passedOver.get(waiter.session);
      if (its != null && its.remove(waiter.place) != null && its.isEmpty()) {
        passedOver.remove(waiter.session);
      }
    }
  }
}
