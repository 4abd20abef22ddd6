package dev.podpool.benchmarks;

import org.redisson.Redisson;
import org.redisson.api.RBlockingQueue;
import org.redisson.api.RLock;
import org.redisson.api.RMap;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;

/** The figures of {@link Shared} with Redis, by Redisson's objects: one caller. */
final class RedissonFigures {

  private RedissonFigures() {}

  /** Argument: the figure's name. */
  public static void main(String[] arguments) throws Exception {
    try (RedisServer server = RedisServer.start()) {
      Config config = new Config();
      config.setCodec(StringCodec.INSTANCE);
      config.useSingleServer().setAddress("redis://127.0.0.1:" + server.port());
      RedissonClient redisson = Redisson.create(config);
      try {
        Trips.print(arguments[0], of(redisson, arguments[0]));
      } finally {
        redisson.shutdown();
      }
    }
  }

  private static Trips.Trip of(RedissonClient redisson, String figure) {
    return switch (figure) {
      case "lock" -> {
        RLock lock = redisson.getLock("lock");
        yield () -> pair(lock);
      }
      case "queue" -> {
        RBlockingQueue<String> queue = redisson.getBlockingQueue("queue");
        yield () -> {
          queue.put("item");
          queue.take();
        };
      }
      case "mapget" -> {
        RMap<String, String> map = redisson.getMap("map");
        map.put("key", "value");
        yield () -> map.get("key");
      }
      case "mapput" -> {
        RMap<String, String> map = redisson.getMap("map");
        yield () -> map.put("key", "value");
      }
      default -> throw new IllegalArgumentException("no figure " + figure);
    };
  }

  @SuppressWarnings("LockNotBeforeTry") // nothing is done under it
  private static void pair(RLock lock) {
    lock.lock();
    lock.unlock();
  }
}
