package dev.podpool.queue.kubernetes;

import java.io.IOException;
import java.util.List;

/**
 * What a queue is called, and one of its pods.
 *
 * @param cluster name of the QueueCluster
 * @param namespace that it is in
 * @param pod name of the pod: {@code CLUSTER-queue-N}
 */
record QueueNames(String cluster, String namespace, String pod) {

  /**
   * As above.
   *
   * @throws IOException if a pod of that name is none of the queue's; the message has the remedy
   */
  static QueueNames of(String cluster, String namespace, String pod) throws IOException {
    String prefix = cluster + "-queue-";
    if (!pod.startsWith(prefix) || !pod.substring(prefix.length()).matches("0|[1-9][0-9]{0,8}")) {
      throw new IOException(
          "%s is '%s', and a pod of queue %s is named %sN: let the operator make it, or set the"
                  .formatted(PodAccount.POD_NAME, pod, cluster, prefix)
              + " variable from its metadata.name");
    }
    return new QueueNames(cluster, namespace, pod);
  }

  /**
   * What the pod's certificate is for, all of it and nothing else: the queue, as its clients call
   * it, and the pod, as its other replicas do. The first is its common name.
   */
  List<String> dns() {
    String service = cluster + "-queue";
    String host = service + "." + namespace + ".svc";
    return List.of(host, service + "." + namespace, service, pod + "." + host);
  }

  @Override
  public String toString() {
    return namespace + "/" + cluster;
  }
}
