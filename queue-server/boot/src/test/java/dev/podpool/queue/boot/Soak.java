package dev.podpool.queue.boot;

import dev.podpool.ConnectOptions;
import dev.podpool.OutcomeUnknownException;
import dev.podpool.Podpool;
import dev.podpool.PodpoolException;
import dev.podpool.Pool;
import dev.podpool.SharedLock;
import dev.podpool.SharedMap;
import dev.podpool.SharedQueue;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Clients that map, put and get, count and lock, each over and over, and keep account of what they
 * were told: what was acknowledged and is not there is lost, and what took effect twice is doubled.
 */
final class Soak {

  private static final ConnectOptions OPTIONS = ConnectOptions.defaults().withCodeInWorkers();
  private static final int ITEMS_MAX = 500;
  private static final int THINK_MILLIS_MAX = 5;
  private static final int CONSUMERS = 2;
  // Longer than a session's term: what one took that nobody hears of comes back then.
  private static final Duration NOTHING_COMES = Duration.ofSeconds(15);

  private final Path directory;
  private final SplittableRandom random;
  private final List<Thread> threads = new ArrayList<>();
  private final List<Thread> consumers = new ArrayList<>();
  private volatile boolean over; // nothing is begun but to get
  private volatile boolean nothingComes; // nothing is put any more
  private volatile boolean drained;

  // ---- the account; guarded by this

  private final Map<String, Long> acknowledged = new TreeMap<>();
  private final Map<String, Long> slowestMillis = new TreeMap<>();
  private final Map<String, Long> told = new TreeMap<>();
  private final List<String> lost = new ArrayList<>();
  private final List<String> doubled = new ArrayList<>();
  private long lastNanos = System.nanoTime();
  private long stallNanos;

  // Numbers that were put and got.
  private final BitSet put = new BitSet();
  private final BitSet got = new BitSet();
  private @Nullable SharedLock holder;
  private long lastToken;

  Soak(Path directory, SplittableRandom random) {
    this.directory = directory;
    this.random = random;
  }

  private interface Load {
    /** Does its thing once. */
    void run(Podpool podpool, SplittableRandom random) throws Exception;
  }

  static int square(int n) {
    return n * n;
  }

  void start() {
    for (int i = 0; i < 2; i++) {
      threads.add(start("map", this::map));
      threads.add(start("lock", this::lock));
      threads.add(start("count", new Counting("counter-" + i)));
    }
    threads.add(start("put", new Putting()));
    for (int i = 0; i < CONSUMERS; i++) {
      consumers.add(start("get", this::get));
    }
  }

  private Thread start(String kind, Load load) {
    SplittableRandom own = random.split();
    return Thread.ofPlatform()
        .name("soak-" + kind)
        .uncaughtExceptionHandler((thread, e) -> end(kind, e))
        .start(() -> repeat(kind, load, own));
  }

  /** With a new connection where one was given up. */
  private void repeat(String kind, Load load, SplittableRandom own) {
    while (!isOver(kind)) {
      try (Podpool podpool = Podpool.connect(directory, OPTIONS)) {
        while (!isOver(kind)) {
          load.run(podpool, own);
          Thread.sleep(own.nextInt(THINK_MILLIS_MAX)); // what a program does between two calls
        }
      } catch (Exception e) {
        tell(kind, e);
      }
    }
  }

  private synchronized void end(String kind, Throwable e) {
    lost.add(kind + " ended: " + e);
  }

  private boolean isOver(String kind) {
    return kind.equals("get") ? drained : over;
  }

  private synchronized void tell(String kind, Exception e) {
    told.merge(kind + ": " + e, 1L, Long::sum);
  }

  private synchronized void acknowledge(String kind, long startNanos) {
    long now = System.nanoTime();
    acknowledged.merge(kind, 1L, Long::sum);
    slowestMillis.merge(kind, TimeUnit.NANOSECONDS.toMillis(now - startNanos), Math::max);
    stallNanos = Math.max(stallNanos, now - lastNanos);
    lastNanos = now;
  }

  // ---- what they do

  private void map(Podpool podpool, SplittableRandom own) throws Exception {
    List<Integer> inputs = own.ints(1 + own.nextInt(ITEMS_MAX), 0, 1000).boxed().toList();
    List<Integer> results;
    long start = System.nanoTime();
    try (Pool pool = podpool.pool("p")) {
      results = pool.map(Soak::square, inputs);
    }
    acknowledge("map", start);
    if (!results.equals(inputs.stream().map(Soak::square).toList())) {
      synchronized (this) {
        lost.add("results: " + inputs + " gave " + results);
      }
    }
  }

  private final class Putting implements Load {

    private int next;

    @Override
    public void run(Podpool podpool, SplittableRandom own) throws Exception {
      SharedQueue<Integer> queue = queue(podpool);
      int number = next++;
      long start = System.nanoTime();
      try {
        queue.put(number);
      } catch (PodpoolException e) {
        // It is there or not.
        tell("put", e);
        return;
      }
      acknowledge("put", start);
      synchronized (Soak.this) {
        put.set(number);
      }
    }
  }

  private static SharedQueue<Integer> queue(Podpool podpool) {
    return podpool.queue("soak", Integer.class);
  }

  private void get(Podpool podpool, SplittableRandom own) throws Exception {
    SharedQueue<Integer> queue = queue(podpool);
    long start = System.nanoTime();
    int number;
    try {
      number = queue.get(NOTHING_COMES);
    } catch (TimeoutException e) {
      drained = nothingComes;
      return;
    }
    acknowledge("get", start);
    synchronized (this) {
      if (got.get(number)) {
        doubled.add("item " + number);
      }
      got.set(number);
    }
  }

  private final class Counting implements Load {

    private final String key;
    private long sum;
    private int inDoubt;

    Counting(String key) {
      this.key = key;
    }

    @Override
    public void run(Podpool podpool, SplittableRandom own) {
      SharedMap<String, Long> map = podpool.sharedMap("soak", String.class, Long.class);
      long start = System.nanoTime();
      long now;
      try {
        now = map.addAndGet(key, 1);
      } catch (OutcomeUnknownException e) {
        inDoubt++;
        tell("count", e);
        return;
      }
      acknowledge("count", start);
      if (now <= sum || now > sum + 1 + inDoubt) {
        synchronized (Soak.this) {
          (now <= sum ? lost : doubled)
              .add("%s: %d after %d, with %d in doubt".formatted(key, now, sum, inDoubt));
        }
      }
      sum = now;
      inDoubt = 0;
    }
  }

  private void lock(Podpool podpool, SplittableRandom own) throws InterruptedException {
    SharedLock lock = podpool.lock("soak");
    long start = System.nanoTime();
    lock.lock();
    acknowledge("lock", start);
    synchronized (this) {
      long token = lock.fencingToken();
      if (token <= lastToken || holder != null && holder.isHeldHere()) {
        doubled.add("lock with token %d after %d".formatted(token, lastToken));
      }
      lastToken = token;
      holder = lock;
    }
    Thread.sleep(own.nextInt(THINK_MILLIS_MAX)); // what is done under the lock
    synchronized (this) {
      holder = null;
    }
    lock.unlock();
  }

  // ---- the end

  /** No more is begun; what was put is got. */
  void end() throws InterruptedException {
    over = true;
    for (Thread thread : threads) {
      thread.join();
    }
    nothingComes = true;
    for (Thread consumer : consumers) {
      consumer.join();
    }
    synchronized (this) {
      BitSet missing = (BitSet) put.clone();
      missing.andNot(got);
      missing.stream().forEach(number -> lost.add("item " + number));
    }
  }

  /** How often each kind was. */
  synchronized Map<String, Long> acknowledged() {
    return Map.copyOf(acknowledged);
  }

  synchronized List<String> lost() {
    return List.copyOf(lost);
  }

  synchronized List<String> doubled() {
    return List.copyOf(doubled);
  }

  /** For people. */
  synchronized String account() {
    return "acknowledged %s%nslowest, ms %s%nlongest without any acknowledgement %,d ms%nlost %d, doubled %d%nerrors that callers were told %s"
        .formatted(
            acknowledged,
            slowestMillis,
            TimeUnit.NANOSECONDS.toMillis(stallNanos),
            lost.size(),
            doubled.size(),
            told);
  }
}
