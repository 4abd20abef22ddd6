package dev.podpool.queue;

import java.util.Comparator;
import java.util.TreeSet;
import java.util.function.ToLongFunction;

/** Things with a deadline in log time; between equal deadlines, in a fixed order. */
final class Timers<T> {

  private final ToLongFunction<T> deadlineMillis;
  private final TreeSet<T> byDeadline;

  Timers(ToLongFunction<T> deadlineMillis, Comparator<T> order) {
    this.deadlineMillis = deadlineMillis;
    this.byDeadline = new TreeSet<>(Comparator.comparingLong(deadlineMillis).thenComparing(order));
  }

  /** {@code millis} after {@code nowMillis}; what is too far away to count is {@code MAX_VALUE}. */
  static long later(long nowMillis, long millis) {
    return millis > Long.MAX_VALUE - nowMillis ? Long.MAX_VALUE : nowMillis + millis;
  }

  /** {@code timed} is due at its deadline, unless that is 0. The deadline must not change here. */
  void add(T timed) {
    if (deadlineMillis.applyAsLong(timed) > 0) {
      byDeadline.add(timed);
    }
  }

  void remove(T timed) {
    if (deadlineMillis.applyAsLong(timed) > 0) {
      byDeadline.remove(timed);
    }
  }

  boolean isDue(long nowMillis) {
    return !byDeadline.isEmpty() && nextMillis() <= nowMillis;
  }

  /** The earliest deadline; {@link Long#MAX_VALUE} where there is none. */
  long nextMillis() {
    return byDeadline.isEmpty() ? Long.MAX_VALUE : deadlineMillis.applyAsLong(byDeadline.first());
  }

  /** Takes the one with the earliest deadline. Only where there is one. */
  T take() {
    T first = byDeadline.first();
    byDeadline.remove(first);
    return first;
  }
}
