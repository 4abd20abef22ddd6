package dev.podpool.examples.tutorial;

import dev.podpool.AsyncResult;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** 23. What a pool's functions return, by {@code map}, {@code apply} and {@code applyAsync}. */
public final class Squares {

  private Squares() {}

  static int square(int n) {
    return n * n;
  }

  /** The number of processes in the pool. */
  public static void main(String... arguments) throws Exception {
    Tutorial tutorial = Tutorial.of(arguments);
    int workers = tutorial.number("workers", 5);
    try (Podpool podpool = tutorial.podpool();
        Pool pool = tutorial.pool(podpool, workers)) {
      List<Integer> numbers = IntStream.range(0, 10).boxed().toList();
      System.out.println(pool.map(Squares::square, numbers));

      List<Integer> squares = new ArrayList<>();
      for (int n : numbers) {
        squares.add(pool.apply(Squares::square, n)); // waits for each
      }
      System.out.println(squares);

      List<AsyncResult<Integer>> results = new ArrayList<>();
      for (int n : numbers) {
        results.add(pool.applyAsync(Squares::square, n));
      }
      System.out.println(results.stream().map(AsyncResult::join).toList());
    }
  }
}
