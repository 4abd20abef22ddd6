package dev.podpool.examples.tutorial;

import dev.podpool.Podpool;
import dev.podpool.Pool;
import java.util.List;
import java.util.stream.IntStream;

/** 20. Five processes share a hundred inputs; {@code map} returns when all are done. */
public final class PoolMap {

  private PoolMap() {}

  static int addTwo(int n) {
    System.out.println(n + 2);
    return n + 2;
  }

  static String say(String name) {
    System.out.println(name);
    return name;
  }

  /** The number of processes in the pool, and of inputs. */
  public static void main(String... arguments) throws Exception {
    Tutorial tutorial = Tutorial.of(arguments);
    int workers = tutorial.number("workers", 5);
    int inputs = tutorial.number("inputs", 100);
    try (Podpool podpool = tutorial.podpool();
        Pool pool = tutorial.pool(podpool, workers)) {
      List<Integer> sums = pool.map(PoolMap::addTwo, IntStream.range(0, inputs).boxed().toList());
      System.out.println("all " + sums.size() + ": " + sums);
      System.out.println("names: " + pool.map(PoolMap::say, List.of("hsr", "ttt")));
    }
  }
}
