package dev.podpool.worker;

/**
 * How many items the worker asks the queue for: enough that no slot waits for the queue, few enough
 * that others get their share. Changes in steps of two, since each costs an operation.
 */
final class Credit {
  private static final long AHEAD_NANOS = 2 * Dispatcher.AHEAD_NANOS;
  private static final int SLOT_ITEMS_MAX = 2 * Dispatcher.SLOT_ITEMS_MAX;

  private int window;

  /**
   * What to ask for now.
   *
   * @param slots that can run items
   * @return the same as before unless it's worth telling
   */
  int update(int slots, long itemNanos) {
    if (slots == 0) {
      window = 0;
      return window;
    }
    long perSlot = Math.max(2, Math.min(SLOT_ITEMS_MAX, AHEAD_NANOS / itemNanos));
    // Of a step, so that small changes are none.
    int wanted = Math.toIntExact(slots * Long.highestOneBit(perSlot));
    if (wanted > window || wanted <= window / 4) {
      window = wanted;
    }
    return window;
  }
}
