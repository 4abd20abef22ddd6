package dev.podpool.examples.tutorial;

import dev.podpool.AsyncResult;
import dev.podpool.PodProcess;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import dev.podpool.SharedValue;
import java.util.ArrayList;
import java.util.List;

/**
 * 21. {@code apply} waits for its result, so that ten of them run one after the other; ten {@code
 * applyAsync} run as many at once as there are processes.
 */
public final class PoolApply {

  private PoolApply() {}

  /** Returns how many ran as it began, itself included. */
  static long work(int id, SharedValue<Long> running) throws InterruptedException {
    long atOnce = running.addAndGet(1);
    long pid = PodProcess.current().pid();
    System.out.println("[pid: " + pid + "] start id: " + id);
    Thread.sleep(150);
    System.out.println("[pid: " + pid + "] end id: " + id);
    running.addAndGet(-1);
    return atOnce;
  }

  /** The number of processes in the pool, and of calls. */
  public static void main(String... arguments) throws Exception {
    Tutorial tutorial = Tutorial.of(arguments);
    int workers = tutorial.number("workers", 5);
    int calls = tutorial.number("calls", 10);
    try (Podpool podpool = tutorial.podpool();
        Pool pool = tutorial.pool(podpool, workers)) {
      SharedValue<Long> running = podpool.sharedValue(Long.class, 0L);
      long atOnce = 0;
      for (int id = 0; id < calls; id++) {
        atOnce = Math.max(atOnce, pool.apply(PoolApply::work, id, running));
      }
      System.out.println("apply: " + atOnce + " at once");

      List<AsyncResult<Long>> results = new ArrayList<>();
      for (int id = 0; id < calls; id++) {
        results.add(pool.applyAsync(PoolApply::work, id, running));
      }
      pool.shutdown(); // takes no more
      pool.join(); // until all that it has taken is done
      atOnce = 0;
      for (AsyncResult<Long> result : results) {
        atOnce = Math.max(atOnce, result.join());
      }
      System.out.println("applyAsync: " + atOnce + " at once");
    }
  }
}
