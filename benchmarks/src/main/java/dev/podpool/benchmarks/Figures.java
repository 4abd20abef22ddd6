package dev.podpool.benchmarks;

import dev.podpool.AsyncResult;
import dev.podpool.JobOptions;
import dev.podpool.Pool;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** One figure of {@code Pool.local}, in a JVM of its own. Prints one number. */
final class Figures {

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

  public static void main(String[] arguments) throws InterruptedException {
    System.out.println(
        switch (arguments[0]) {
          case "dispatch" -> dispatch();
          case "singles" -> singles();
          case "chunked" -> chunked();
          case "trip" -> trip();
          case "fiber" -> fiber();
          default -> throw new IllegalArgumentException("no figure " + arguments[0]);
        });
  }

  private static double dispatch() throws InterruptedException {
    List<Integer> items = IntStream.range(0, 200_000).boxed().toList();
    try (Pool pool = Pool.local(4)) {
      Pool one = pool.with(JobOptions.defaults().withChunkSize(1));
      return items.size() / seconds(() -> one.map(Figures::nop, items));
    }
  }

  private static double singles() throws InterruptedException {
    try (Pool pool = Pool.local(4)) {
      return 50_000
          / seconds(
              () -> {
                List<AsyncResult<Integer>> results = new ArrayList<>();
                for (int n = 0; n < 50_000; n++) {
                  results.add(pool.applyAsync(Figures::nop, n));
                }
                results.forEach(AsyncResult::join);
              });
    }
  }

  private static double chunked() throws InterruptedException {
    List<Integer> items = IntStream.range(0, 1_000_000).boxed().toList();
    try (Pool pool = Pool.local(4)) {
      return items.size() / seconds(() -> pool.map(Figures::square, items));
    }
  }

  private static double trip() throws InterruptedException {
    try (Pool pool = Pool.local(1)) {
      for (int i = 0; i < 2_000; i++) {
        pool.apply(Figures::nop, 1);
      }
      double[] micros = new double[5_000];
      for (int i = 0; i < micros.length; i++) {
        long start = System.nanoTime();
        pool.apply(Figures::nop, 1);
        micros[i] = (System.nanoTime() - start) / 1e3;
      }
      Arrays.sort(micros);
      return micros[micros.length / 2];
    }
  }

  private static double fiber() throws InterruptedException {
    List<Integer> items = IntStream.range(0, 5_000).boxed().toList();
    try (Pool pool = Pool.local(5)) {
      Pool one = pool.with(JobOptions.defaults().withChunkSize(1));
      return seconds(() -> one.map(Figures::nap, items));
    }
  }

  /** The median of three, after one to warm up: as in cpython_pool.py. */
  private static double seconds(Run run) throws InterruptedException {
    run.run();
    double[] seconds = new double[3];
    for (int i = 0; i < seconds.length; i++) {
      long start = System.nanoTime();
      run.run();
      seconds[i] = (System.nanoTime() - start) / 1e9;
    }
    Arrays.sort(seconds);
    return seconds[1];
  }
}
