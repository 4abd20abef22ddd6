package dev.podpool;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A shared object as its queue sees it.
 *
 * @param kind what it is
 * @param name its name; null: it has none
 * @param id in place of a name, 32 hexadecimal digits; empty where it has one
 * @param sessions processes that have opened it
 * @param waiting operations that wait at it
 * @param holders who holds a lock, or permits of a semaphore
 * @param count of a semaphore, free permits; of a queue, items; of a map, entries; of a list or an
 *     array, elements; of a barrier, parties that wait; of an event, 1 where it is set
 * @param size what it was made with: permits, parties, most items, length; 0 where there is none
 * @param unfinished of a joinable queue, items that were put and are not done
 * @param broken a barrier
 * @param closed a queue
 * @param version of a map, a list or a value: rises with each change
 * @param timeToLive after the last process that has opened it; zero: until it is deleted, or for
 *     one without a name ten minutes
 */
public record ObjectInfo(
    Kind kind,
    @Nullable String name,
    String id,
    int sessions,
    int waiting,
    List<Holder> holders,
    long count,
    long size,
    long unfinished,
    boolean broken,
    boolean closed,
    long version,
    Duration timeToLive) {

  /** Kinds of shared objects. */
  public enum Kind {
    LOCK,
    SEMAPHORE,
    EVENT,
    CONDITION,
    BARRIER,
    QUEUE,
    PIPE,
    MAP,
    LIST,
    VALUE,
    ARRAY
  }

  /** Copies. */
  public ObjectInfo {
    holders = List.copyOf(holders);
  }

  /**
   * Who holds a lock or permits.
   *
   * @param principal who it is to the queue
   * @param session its session's number
   * @param count of permits; of a lock, 1
   */
  public record Holder(String principal, long session, long count) {}
}
