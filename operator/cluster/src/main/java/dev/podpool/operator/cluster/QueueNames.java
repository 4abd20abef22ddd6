package dev.podpool.operator.cluster;

/** What a QueueCluster's objects are called, and where it serves. */
final class QueueNames {

  /** Where queues serve. */
  static final int PORT = 7420;

  /** Where queues answer probes, and Prometheus. */
  static final int MONITOR_PORT = 7421;

  private QueueNames() {}

  /** Of its StatefulSet, its Service and all else that there is one of. */
  static String object(String queue) {
    return queue + "-queue";
  }

  /** The host name of its Service, from anywhere in the cluster. */
  static String host(String namespace, String queue) {
    return object(queue) + "." + namespace + ".svc";
  }

  /** Of the Secret that holds its key, which lets workers in. */
  static String key(String queue) {
    return object(queue) + "-key";
  }
}
