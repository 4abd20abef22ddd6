package dev.podpool.benchmarks;

import dev.podpool.Pool;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code Pool.local}: nothing is durable. */
final class LocalPools implements Pools {

  private @Nullable Pool pool;

  @Override
  public Pool open(int workers, int slots) {
    Pool opened = Pool.local(workers * slots);
    pool = opened;
    return opened;
  }

  @Override
  public Cost cost() {
    ProcessHandle self = ProcessHandle.current();
    return new Cost(
        Map.of("caller", Cpu.nanos(self), "children", Cpu.nanos(self.descendants())), 0, 0);
  }

  @Override
  public void close() {
    if (pool != null) {
      pool.close();
    }
  }
}
