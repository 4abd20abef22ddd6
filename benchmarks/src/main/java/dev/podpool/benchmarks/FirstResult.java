package dev.podpool.benchmarks;

import dev.podpool.Pool;
import java.util.List;

/** A fresh program's first results: first_result.py takes the time until it prints. */
public final class FirstResult {

  private FirstResult() {}

  static int square(int n) {
    return n * n;
  }

  /** No arguments. */
  public static void main(String[] arguments) throws InterruptedException {
    try (Pool pool = Pool.local(5)) {
      System.out.println(pool.map(FirstResult::square, List.of(1, 2, 3, 4, 5)));
    }
  }
}
