package dev.podpool.queue.boot;

import dev.podpool.queue.raft.Peer;
import dev.podpool.queue.raft.PeerNetwork;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Replicas that are the pods of a StatefulSet: {@code NAME-queue-0} and on, in that order, with the
 * DNS names that its Service gives them.
 */
final class ReplicaPods {

  private static final int REPLICA_PORT = 7422;
  private static final String PLACE = "queue-";

  private ReplicaPods() {}

  /**
   * Those of a QueueCluster.
   *
   * @param pod the name of this one
   * @param port that clients come to
   * @param authorities who may have signed what they show to each other; not null if there are
   *     several
   * @throws IOException if {@code pod} is none of them, or {@code authorities} can't be read
   */
  static QueueServer.Replicas of(
      String cluster,
      String namespace,
      String pod,
      int port,
      int count,
      @Nullable Path authorities,
      X509ExtendedKeyManager identity)
      throws IOException {
    if (count != 1 && count != 3) {
      throw new IOException("--replicas=%d is not 1 or 3".formatted(count));
    }
    String service = cluster + "-queue";
    List<Peer> all = new ArrayList<>();
    Map<String, String> addresses = new LinkedHashMap<>();
    Set<String> hosts = new HashSet<>();
    String self = null;
    for (int i = 0; i < count; i++) {
      String host = "%s-%d.%s.%s.svc".formatted(service, i, service, namespace);
      hosts.add(host);
      all.add(new Peer(PLACE + i, host + ":" + REPLICA_PORT));
      addresses.put(PLACE + i, host + ":" + port);
      if ((service + "-" + i).equals(pod)) {
        self = PLACE + i;
      }
    }
    if (self == null) {
      throw new IOException(
          "POD_NAME is %s, and with --cluster=%s --replicas=%d it is one of %s-0 to %s-%d: set it by the downward API"
              .formatted(pod, cluster, count, service, service, count - 1));
    }
    if (count == 1) {
      return new QueueServer.Replicas(self, all, addresses, null);
    }
    if (authorities == null) {
      throw new IOException("with --replicas=%d give --replica-ca".formatted(count));
    }
    // On all addresses: DNS may not know this pod yet.
    InetSocketAddress listen =
        new InetSocketAddress(InetAddress.getByAddress(new byte[4]), REPLICA_PORT);
    return new QueueServer.Replicas(
        self,
        all,
        addresses,
        new PeerNetwork(listen, identity, new ReplicaTrust(authorities, hosts)));
  }
}
