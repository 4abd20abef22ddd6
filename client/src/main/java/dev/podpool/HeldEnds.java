package dev.podpool;

import dev.podpool.protocol.PipeEnd;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which handles hold which ends of pipes in one session: to the queue it is the session that holds
 * an end, from the first of them until the last is closed. Thread-safe; but what is sent of a
 * change goes in the order of the changes, so both are done under its lock.
 */
final class HeldEnds {

  private final ConcurrentHashMap<PipeEnd, Set<Connection<?>>> byEnd = new ConcurrentHashMap<>();

  /** Whatever was held is not any more. By the connection's thread, which waits for no lock. */
  void sessionEnded() {
    byEnd.clear();
  }

  /** {@code handle} holds {@code end} from now on. */
  void add(PipeEnd end, Connection<?> handle) {
    byEnd.compute(
        end,
        (same, handles) -> {
          Set<Connection<?>> all =
              handles == null ? Collections.newSetFromMap(new IdentityHashMap<>()) : handles;
          all.add(handle);
          return all;
        });
  }

  /**
   * {@code handle} does not hold {@code end} any more.
   *
   * @return whether no other does; false, too, if its session has ended, which held it
   */
  boolean removeLast(PipeEnd end, Connection<?> handle) {
    boolean[] wasLast = new boolean[1];
    byEnd.computeIfPresent(
        end,
        (same, handles) -> {
          wasLast[0] = handles.remove(handle) && handles.isEmpty();
          return handles.isEmpty() ? null : handles;
        });
    return wasLast[0];
  }
}
