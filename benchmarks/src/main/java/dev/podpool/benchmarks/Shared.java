package dev.podpool.benchmarks;

import dev.podpool.Podpool;
import dev.podpool.SharedLock;
import dev.podpool.SharedMap;
import dev.podpool.SharedQueue;
import java.util.List;

/** The figures of what processes share, here of Podpool; {@link RedisFigures} has Redis'. */
final class Shared {

  static final List<String> FIGURES = List.of("lock", "queue", "mapget", "mapput");

  private Shared() {}

  /** What {@code figure} measures, done once. */
  static Trips.Trip of(Podpool podpool, String figure) {
    return switch (figure) {
      case "lock" -> {
        SharedLock lock = podpool.lock();
        yield () -> pair(lock);
      }
      case "queue" -> {
        SharedQueue<String> queue = podpool.queue(String.class);
        yield () -> {
          queue.put("item");
          queue.get();
        };
      }
      case "mapget" -> {
        SharedMap<String, String> map = podpool.sharedMap(String.class, String.class);
        map.put("key", "value");
        yield () -> map.get("key");
      }
      case "mapput" -> {
        SharedMap<String, String> map = podpool.sharedMap(String.class, String.class);
        yield () -> map.put("key", "value");
      }
      default -> throw new IllegalArgumentException("no figure " + figure);
    };
  }

  @SuppressWarnings("LockNotBeforeTry") // nothing is done under it
  private static void pair(SharedLock lock) {
    lock.lock();
    lock.unlock();
  }
}
