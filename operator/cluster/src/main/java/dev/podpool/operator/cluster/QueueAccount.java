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

  /** What its clients call it; the first is what they are told. */
  List<String> serverNames() {
    String object = QueueNames.object(queue);
    return List.of(QueueNames.host(namespace, queue), object + "." + namespace, object);
  }

  /** Labels of its pods. */
  Map<String, String> selector() {
    return QueueObjects.selector(queue);
  }
}
