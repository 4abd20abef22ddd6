package dev.podpool.benchmarks;

import dev.podpool.AsyncResult;
import dev.podpool.JobOptions;
import dev.podpool.Pool;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** One figure in a JVM of its own. Prints lines of a name and a number. */
final class Figures {

  private static final int DISPATCHED = 200_000;
  private static final int SINGLES = 50_000;
  private static final int RUNS = 5;
  // A queue lives long, and so do those who use it: C2 takes this long to have seen it all.
  private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(30);

  private interface Run {
    void run() throws InterruptedException;
  }

  private Figures() {}

  static int nop(int n) {
    return n;
  }

  static int square(int n) {
    return n * n;
  }

  static int nap(int n) throws InterruptedException {
    Thread.sleep(1); // the work
    return n;
  }

  /** Arguments: {@code local}, {@code durable} or {@code cluster}, and the figure's name. */
  public static void main(String[] arguments) throws Exception {
    String figure = arguments[1];
    try (Pools pools = pools(arguments[0])) {
      switch (figure) {
        case "dispatch" -> dispatch(pools, pools.open(4, 1), figure);
        case "slots" -> dispatch(pools, pools.open(1, 4), figure);
        case "singles" -> singles(pools);
        case "chunked" -> chunked(pools);
        case "trip" -> trip(pools);
        case "fiber" -> fiber(pools);
        case "start" -> start((DurablePools) pools);
        case "idle" -> idle((DurablePools) pools);
        case "lock", "queue", "mapget", "mapput" ->
            Trips.print(figure, Shared.of(pools.podpool(), figure));
        default -> throw new IllegalArgumentException("no figure " + figure);
      }
    }
  }

  private static Pools pools(String where) throws IOException, InterruptedException {
    return switch (where) {
      case "local" -> new LocalPools();
      case "cluster" -> new ClusterPools();
      default -> new DurablePools();
    };
  }

  private static void dispatch(Pools pools, Pool pool, String name) throws Exception {
    List<Integer> items = IntStream.range(0, DISPATCHED).boxed().toList();
    Pool one = pool.with(JobOptions.defaults().withChunkSize(1));
    rate(name, pools, DISPATCHED, () -> one.map(Figures::nop, items));
  }

  private static void singles(Pools pools) throws Exception {
    Pool pool = pools.open(4, 1);
    Run run =
        () -> {
          List<AsyncResult<Integer>> results = new ArrayList<>();
          for (int n = 0; n < SINGLES; n++) {
            results.add(pool.applyAsync(Figures::nop, n));
          }
          results.forEach(AsyncResult::join);
        };
    rate("singles", pools, SINGLES, run);
  }

  /** What {@code run} of so many items does in a second, at first and when warm; what it costs. */
  private static void rate(String name, Pools pools, int items, Run run) throws Exception {
    Trips.print(name + ".first", items / warmUp(run));
    Cost before = pools.cost();
    Trips.print(name, items / seconds(run));
    cost(name, before, pools.cost(), (long) items * RUNS);
  }

  private static void cost(String name, Cost before, Cost after, long items) {
    Cost spent = after.since(before);
    if (spent.entries() > 0) {
      Trips.print(name + ".syncs_per_1000", 1e3 * spent.entries() / items);
      Trips.print(name + ".queue_bytes_allocated", (double) spent.bytesAllocated() / items);
    }
    spent
        .cpuNanos()
        .forEach((kind, nanos) -> Trips.print(name + ".cpu_us." + kind, nanos / 1e3 / items));
  }

  private static void chunked(Pools pools) throws Exception {
    List<Integer> items = IntStream.range(0, 1_000_000).boxed().toList();
    Pool pool = pools.open(4, 1);
    rate("chunked", pools, items.size(), () -> pool.map(Figures::square, items));
  }

  private static void trip(Pools pools) throws Exception {
    Pool pool = pools.open(1, 1);
    Trips.Trip trip = () -> pool.apply(Figures::nop, 1);
    Trips.print("trip.first_1000", Trips.median(Trips.micros(1_000, trip)));
    Trips.print("trip", trip);
  }

  private static void fiber(Pools pools) throws Exception {
    List<Integer> items = IntStream.range(0, 5_000).boxed().toList();
    Pool one = pools.open(5, 1).with(JobOptions.defaults().withChunkSize(1));
    Run run = () -> one.map(Figures::nap, items);
    Trips.print("fiber.first", warmUp(run));
    Trips.print("fiber", seconds(run));
  }

  /** From the manifest of a worker to the result of an item that waited for it. */
  private static void start(DurablePools pools) throws Exception {
    Pool pool = pools.open(0, 1);
    AsyncResult<Integer> result = pool.applyAsync(Figures::nop, 1);
    long start = System.nanoTime();
    pools.apply(1, 1);
    result.get();
    Trips.print("start", (System.nanoTime() - start) / 1e9);
  }

  /** What it costs to wait, in thousandths of one core. */
  private static void idle(DurablePools pools) throws Exception {
    idle("idle", pools, 4, 1);
    idle("idle_slots", pools, 1, 4);
  }

  private static void idle(String name, DurablePools pools, int workers, int slots)
      throws Exception {
    pools.open(workers, slots).apply(Figures::nop, 1);
    Thread.sleep(5_000); // what starting and ending have left behind
    Cost before = pools.cost();
    long start = System.nanoTime();
    Thread.sleep(10_000); // the idling
    double seconds = (System.nanoTime() - start) / 1e9;
    pools
        .cost()
        .since(before)
        .cpuNanos()
        .forEach((kind, nanos) -> Trips.print(name + ".millicores." + kind, nanos / 1e6 / seconds));
  }

  /** Runs it until all that it takes is compiled; what the first took. */
  private static double warmUp(Run run) throws InterruptedException {
    long start = System.nanoTime();
    run.run();
    double first = (System.nanoTime() - start) / 1e9;
    while (System.nanoTime() - start < WARM_UP_NANOS) {
      run.run();
    }
    return first;
  }

  /** The median of some, as in cpython_pool.py. */
  private static double seconds(Run run) throws InterruptedException {
    double[] seconds = new double[RUNS];
    for (int i = 0; i < RUNS; i++) {
      long start = System.nanoTime();
      run.run();
      seconds[i] = (System.nanoTime() - start) / 1e9;
    }
    Arrays.sort(seconds);
    return Trips.median(seconds);
  }
}
