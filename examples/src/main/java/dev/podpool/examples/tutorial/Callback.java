package dev.podpool.examples.tutorial;

import dev.podpool.AsyncResult;
import dev.podpool.PodProcess;
import dev.podpool.Podpool;
import dev.podpool.Pool;

/** 24. A callback gets the result as soon as it is there, in the parent. */
public final class Callback {

  private Callback() {}

  static int square(int n) {
    System.out.println("in the child, pid " + PodProcess.current().pid());
    return n * n;
  }

  private static void print(int result) {
    System.out.println("callback in pid " + PodProcess.current().pid() + ": " + result);
  }

  /** The number of processes in the pool. */
  public static void main(String... arguments) throws Exception {
    Tutorial tutorial = Tutorial.of(arguments);
    int workers = tutorial.number("workers", 5);
    try (Podpool podpool = tutorial.podpool();
        Pool pool = tutorial.pool(podpool, workers)) {
      System.out.println("parent's pid " + PodProcess.current().pid());
      AsyncResult<Integer> square = pool.applyAsync(Callback::square, 10);
      var _ = square.onSuccess(Callback::print);
      pool.shutdown();
      pool.join();
    }
  }
}
