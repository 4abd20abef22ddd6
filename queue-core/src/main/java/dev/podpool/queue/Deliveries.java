package dev.podpool.queue;

import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.PoolGone;
import dev.podpool.protocol.Recall;
import dev.podpool.protocol.Signal;
import dev.podpool.protocol.Stop;

/** Deliveries that more than one room sends. */
final class Deliveries {

  private Deliveries() {}

  static Delivery stop(Lease lease, long first, int count) {
    return Delivery.newBuilder()
        .setStop(
            Stop.newBuilder()
                .setJobId(lease.job.id)
                .setLease(lease.number)
                .setFirst(first)
                .setCount(count))
        .build();
  }

  static Delivery recall(int count) {
    return Delivery.newBuilder().setRecall(Recall.newBuilder().setCount(count)).build();
  }

  static Delivery poolGone(String pool) {
    return Delivery.newBuilder().setPoolGone(PoolGone.newBuilder().setPool(pool)).build();
  }

  static Delivery signal(int signal) {
    return Delivery.newBuilder().setSignal(Signal.newBuilder().setSignal(signal)).build();
  }
}
