package dev.podpool;

import static java.util.Comparator.comparing;

import dev.podpool.protocol.ObjectRef;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * The deliveries of joinable queues that this process has taken and is not done with, by the
 * threads that have taken them. All handles of one connection share it. Thread-safe.
 *
 * <p>One of a session that has ended stays: the queue refuses it, and no other is done in its
 * place.
 */
final class TakenItems {

  // None of these is empty. Deliveries rise in the order of taking. Guarded by this.
  private final Map<ObjectRef, Map<Thread, TreeSet<Long>>> byQueue = new HashMap<>();

  /** This thread has taken {@code delivery} of {@code queue}. */
  synchronized void add(ObjectRef queue, long delivery) {
    byQueue
        .computeIfAbsent(queue, any -> new HashMap<>())
        .computeIfAbsent(Thread.currentThread(), any -> new TreeSet<>())
        .add(delivery);
  }

  /**
   * Removes one of {@code queue}: what this thread took first; where it has none, what others took
   * first, as they may have given it to this one.
   *
   * @return 0 if there is none
   */
  synchronized long next(ObjectRef queue) {
    Map<Thread, TreeSet<Long>> byThread = byQueue.get(queue);
    if (byThread == null) {
      return 0;
    }
    TreeSet<Long> own = byThread.get(Thread.currentThread());
    TreeSet<Long> from =
        own != null ? own : Collections.min(byThread.values(), comparing(TreeSet::first));
    long next = from.first();
    from.remove(next);
    if (from.isEmpty()) {
      byThread.values().remove(from);
    }
    if (byThread.isEmpty()) {
      byQueue.remove(queue);
    }
    return next;
  }

  /** A thread that has ended asks for nothing any more that it took in a session before. */
  synchronized void sessionEnded() {
    byQueue.values().forEach(its -> its.keySet().removeIf(thread -> !thread.isAlive()));
    byQueue.values().removeIf(Map::isEmpty);
  }
}
