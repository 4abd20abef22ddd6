package dev.podpool.operator.cluster;

import io.javaoperatorsdk.operator.processing.event.ResourceID;
import org.jspecify.annotations.Nullable;

/** What a QueueCluster's objects are called, and where it serves. */
final class QueueNames {

  /** Where queues serve. */
  static final int PORT = 7420;

  /** Where queues answer probes, and Prometheus. */
  static final int MONITOR_PORT = 7421;

  /** Where replicas of a queue listen for one another. */
  static final int REPLICA_PORT = 7422;

  private static final String BINDING = "podpool:queue:";

  private QueueNames() {}

  /** Of its StatefulSet, its Service and all else that there is one of. */
  static String object(String queue) {
    return queue + "-queue";
  }

  /** Of its pod of that number. */
  static String pod(String queue, int ordinal) {
    return object(queue) + "-" + ordinal;
  }

  /** The host name of its Service, from anywhere in the cluster. */
  static String host(String namespace, String queue) {
    return object(queue) + "." + namespace + ".svc";
  }

  /** Of the ServiceAccount of its workers, and of what lets those in. */
  static String worker(String queue) {
    return object(queue) + "-worker";
  }

  /** Of the ConfigMap that says where it serves, and whom to trust that it is it. */
  static String access(String queue) {
    return object(queue) + "-access";
  }

  /** Of the ConfigMap that says that it has had data. */
  static String data(String queue) {
    return object(queue) + "-data";
  }

  /** Of what lets it ask who calls it. No namespace holds it, so its name says of which it is. */
  static String binding(String namespace, String queue) {
    return BINDING + namespace + ":" + queue;
  }

  /** The queue that such a binding is of; null if it is none. */
  static @Nullable ResourceID ofBinding(String name) {
    String[] parts =
        name.startsWith(BINDING) ? name.substring(BINDING.length()).split(":", -1) : new String[0];
    return parts.length == 2 ? new ResourceID(parts[1], parts[0]) : null;
  }
}
