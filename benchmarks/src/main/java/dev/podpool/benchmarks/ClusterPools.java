package dev.podpool.benchmarks;

import dev.podpool.Podpool;
import dev.podpool.Pool;
import java.util.Map;

/** The pool {@code bench} of a cluster, which {@code benchmarks/cluster} has made, from a pod. */
final class ClusterPools implements Pools {

  private final Podpool podpool = Podpool.connect();

  @Override
  public Pool open(int workers, int slots) {
    return podpool.pool("bench");
  }

  @Override
  public Podpool podpool() {
    return podpool;
  }

  /** Of processes in other pods: nothing that could be seen from here. */
  @Override
  public Cost cost() {
    return new Cost(Map.of(), 0, 0);
  }

  @Override
  public void close() {
    podpool.close();
  }
}
