package dev.podpool.benchmarks;

import java.util.List;
import java.util.UUID;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** The figures of {@link Shared} with Redis, by Jedis: one caller on one connection. */
final class RedisFigures {

  // As the pattern is documented:
  // https://redis.io/docs/latest/develop/clients/patterns/distributed-locks
  private static final String UNLOCK =
      "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end";
  private static final long LOCKED_MILLIS_MAX = 30_000;

  private RedisFigures() {}

  /** Argument: the figure's name. */
  public static void main(String[] arguments) throws Exception {
    try (RedisServer server = RedisServer.start();
        Jedis redis = new Jedis("127.0.0.1", server.port())) {
      Trips.print(arguments[0], of(redis, arguments[0]));
    }
  }

  private static Trips.Trip of(Jedis redis, String figure) {
    return switch (figure) {
      case "lock" -> {
        String unlock = redis.scriptLoad(UNLOCK);
        yield () -> {
          String token = UUID.randomUUID().toString();
          expect("OK", redis.set("lock", token, new SetParams().nx().px(LOCKED_MILLIS_MAX)));
          expect(1L, redis.evalsha(unlock, List.of("lock"), List.of(token)));
        };
      }
      case "queue" ->
          () -> {
            redis.lpush("queue", "item");
            expect(List.of("queue", "item"), redis.brpop(0, "queue"));
          };
      case "mapget" -> {
        redis.hset("map", "key", "value");
        yield () -> expect("value", redis.hget("map", "key"));
      }
      case "mapput" -> () -> redis.hset("map", "key", "value");
      default -> throw new IllegalArgumentException("no figure " + figure);
    };
  }

  private static void expect(Object expected, Object answer) {
    if (!expected.equals(answer)) {
      throw new IllegalStateException("Redis answered " + answer + " instead of " + expected);
    }
  }
}
