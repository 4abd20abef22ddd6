package dev.podpool.benchmarks;

import dev.podpool.Podpool;
import dev.podpool.Pool;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code Pool.local}: nothing is durable. */
final class LocalPools implements Pools {

  private @Nullable Pool pool;
  private @Nullable Podpool podpool;

  @Override
  public Pool open(int workers, int slots) {
    Pool opened = Pool.local(workers * slots);
    pool = opened;
    return opened;
  }

  @Override
  public Podpool podpool() {
    Podpool opened = Podpool.local();
    podpool = opened;
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
    if (podpool != null) {
      podpool.close();
    }
  }
}
