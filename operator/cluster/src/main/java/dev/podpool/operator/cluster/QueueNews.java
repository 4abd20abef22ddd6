package dev.podpool.operator.cluster;

import dev.podpool.crd.QueueCluster;
import dev.podpool.protocol.PoolStatus;

/** Takes what queues have to say. Must not wait. */
interface QueueNews {

  /** Something new of the pool of that name, which may be a process. */
  void ofPool(String namespace, String pool);

  /** How a process of {@code queue} is now. */
  void ofProcess(QueueCluster queue, PoolStatus process);
}
