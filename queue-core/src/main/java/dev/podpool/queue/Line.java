package dev.podpool.queue;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import org.jspecify.annotations.Nullable;

/** Waiters in the order of their arrival. One that leaves from the middle costs no more. */
class Line {

  private final LinkedHashSet<Waiter> waiters = new LinkedHashSet<>();

  /** Who has waited longest; null: nobody waits. */
  final @Nullable Waiter first() {
    return waiters.isEmpty() ? null : waiters.iterator().next();
  }

  final boolean isEmpty() {
    return waiters.isEmpty();
  }

  final int size() {
    return waiters.size();
  }

  final Collection<Waiter> all() {
    return Collections.unmodifiableCollection(waiters);
  }

  void add(Waiter waiter) {
    waiters.add(waiter);
  }

  void remove(Waiter waiter) {
    waiters.remove(waiter);
  }
}
