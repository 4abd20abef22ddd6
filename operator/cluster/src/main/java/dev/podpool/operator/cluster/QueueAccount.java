package dev.podpool.operator.cluster;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whom a queue's pod runs as, and so whom a certificate for that queue may be given to. */
record QueueAccount(String namespace, String queue) {

  private static final String PREFIX = "system:serviceaccount:";
  private static final String SUFFIX = QueueNames.object("");

  /** The queue of which {@code username} is the ServiceAccount; null if it can be of none. */
  static @Nullable QueueAccount of(@Nullable String username) {
    if (username == null || !username.startsWith(PREFIX) || !username.endsWith(SUFFIX)) {
      return null;
    }
    String[] parts =
        username.substring(PREFIX.length(), username.length() - SUFFIX.length()).split(":", -1);
    return parts.length == 2 && !parts[0].isEmpty() && !parts[1].isEmpty()
        ? new QueueAccount(parts[0], parts[1])
        : null;
  }

  /**
   * What the queue is called by its clients, and {@code pod} of it by its other replicas; the first
   * is what clients are told.
   */
  List<String> serverNames(String pod) {
    String object = QueueNames.object(queue);
    String host = QueueNames.host(namespace, queue);
    return List.of(host, object + "." + namespace, object, pod + "." + host);
  }

  /** Whether one of its pods may be called that. */
  boolean isPod(String name) {
    String prefix = QueueNames.object(queue) + "-";
    return name.startsWith(prefix) && name.substring(prefix.length()).matches("0|[1-9][0-9]*");
  }

  /** Labels of its pods. */
  Map<String, String> selector() {
    return QueueObjects.selector(queue);
  }
}
