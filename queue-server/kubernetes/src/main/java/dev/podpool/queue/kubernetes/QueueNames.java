package dev.podpool.queue.kubernetes;

import java.util.List;

/**
 * What a queue is called.
 *
 * @param cluster name of the QueueCluster
 * @param namespace that it is in
 */
record QueueNames(String cluster, String namespace) {

  /** What its certificate is for, all of it and nothing else; the first is its common name. */
  List<String> dns() {
    String service = cluster + "-queue";
    return List.of(service + "." + namespace + ".svc", service + "." + namespace, service);
  }

  @Override
  public String toString() {
    return namespace + "/" + cluster;
  }
}
