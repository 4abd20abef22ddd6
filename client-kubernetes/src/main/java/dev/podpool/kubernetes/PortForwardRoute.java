package dev.podpool.kubernetes;

import dev.podpool.internal.ClusterRoute;
import dev.podpool.rpc.AccessDirectory;
import dev.podpool.rpc.Endpoint;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.LocalPortForward;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A local port that the API server forwards to the queue's pod, and a token of a ServiceAccount.
 * The pod is named, so the port leads to its successor too. Thread-safe.
 */
final class PortForwardRoute implements ClusterRoute {

  private static final Duration TOKEN_LIFE = Duration.ofHours(1);
  // A bundle of CAs is published long before what it is needed for.
  private static final Duration TRUST_LIFE = Duration.ofMinutes(2);

  private final KubernetesClient client;
  private final String namespace;
  private final String queue;
  private final String serviceAccount;
  private @Nullable LocalPortForward forward; // guarded by this
  private @Nullable Until<Published> published; // guarded by this
  private @Nullable Until<String> token; // guarded by this
  private boolean closed; // guarded by this

  /** What is good enough until some time. */
  private record Until<T>(T value, Instant end) {
    boolean isOver() {
      return !Instant.now().isBefore(end);
    }
  }

  /**
   * What the operator has published.
   *
   * @param name of the queue's host, which its certificate is for
   * @param authorities in PEM
   */
  private record Published(String name, int port, String authorities) {}

  /**
   * @param client closed with this
   */
  PortForwardRoute(KubernetesClient client, String namespace, String queue, String serviceAccount) {
    this.client = client;
    this.namespace = namespace;
    this.queue = queue;
    this.serviceAccount = serviceAccount;
  }

  @Override
  public String place() {
    return "queue %s of namespace %s, on the cluster at %s"
        .formatted(queue, namespace, client.getMasterUrl());
  }

  @Override
  public synchronized Endpoint locate() throws IOException {
    if (closed) {
      throw new IOException("the connection was closed");
    }
    try {
      Published now = published();
      return new Endpoint(
          InetAddress.getLoopbackAddress().getHostAddress(),
          forward(now.port()).getLocalPort(),
          token(),
          new Endpoint.Trust(now.authorities(), now.name()));
    } catch (KubernetesClientException e) {
      throw new IOException(words(e), e);
    }
  }

  /** From the ConfigMap that the operator writes for clients in pods. */
  private Published published() throws IOException {
    Until<Published> known = published;
    if (known == null || known.isOver()) {
      known = new Until<>(read(), Instant.now().plus(TRUST_LIFE));
      published = known;
    }
    return known.value();
  }

  private Published read() throws IOException {
    ConfigMap access =
        client.configMaps().inNamespace(namespace).withName(queue + "-queue-access").get();
    String endpoint =
        access == null ? "" : access.getData().getOrDefault(AccessDirectory.ENDPOINT, "");
    int colon = endpoint.lastIndexOf(':');
    if (access == null || colon < 0) {
      throw new IOException(
          "namespace %s has no queue '%s' that is ready; see to it: kubectl -n %s get qc,wp"
              .formatted(namespace, queue, namespace));
    }
    return new Published(
        endpoint.substring(0, colon),
        Integer.parseInt(endpoint.substring(colon + 1)),
        access.getData().getOrDefault(AccessDirectory.AUTHORITIES, ""));
  }

  private String token() {
    Until<String> known = token;
    if (known == null || known.isOver()) {
      known = granted(Instant.now());
      token = known;
    }
    return known.value();
  }

  private Until<String> granted(Instant now) {
    TokenRequest wanted =
        new TokenRequestBuilder()
            .withNewSpec()
            .withAudiences(AccessDirectory.AUDIENCE)
            .withExpirationSeconds(TOKEN_LIFE.toSeconds())
            .endSpec()
            .build();
    TokenRequest granted =
        client
            .serviceAccounts()
            .inNamespace(namespace)
            .withName(serviceAccount)
            .tokenRequest(wanted);
    // The server may grant less than was asked for; another is asked for in time.
    Instant end = Instant.parse(granted.getStatus().getExpirationTimestamp());
    return new Until<>(
        granted.getStatus().getToken(),
        now.plus(Duration.between(now, end).multipliedBy(4).dividedBy(5)));
  }

  private LocalPortForward forward(int port) {
    LocalPortForward open = forward;
    if (open == null || !open.isAlive()) {
      open =
          client
              .pods()
              .inNamespace(namespace)
              .withName(queue + "-queue-0")
              .portForward(port, InetAddress.getLoopbackAddress(), 0);
      forward = open;
    }
    return open;
  }

  private String words(KubernetesClientException e) {
    return switch (e.getCode()) {
      case HttpURLConnection.HTTP_NOT_FOUND ->
          "there is no ServiceAccount '%1$s' in namespace %2$s to call the queue as (%3$s). Make one: kubectl -n %2$s create serviceaccount %1$s && kubectl -n %2$s create rolebinding %1$s --clusterrole=podpool-submitter --serviceaccount=%2$s:%1$s"
              .formatted(serviceAccount, namespace, e.getMessage());
      case HttpURLConnection.HTTP_FORBIDDEN ->
          "the API server refuses (%s): you need to get configmaps, and to create serviceaccounts/token and pods/portforward, in namespace %s; the ClusterRole edit has all of these"
              .formatted(e.getMessage(), namespace);
      default ->
          "the API server at %s does not help: %s"
              .formatted(
                  client.getMasterUrl(), e.getCause() == null ? e.getMessage() : e.getCause());
    };
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (forward != null) {
      try {
        forward.close();
      } catch (IOException e) {
        // It is of no more use, closed or not.
      }
    }
    client.close();
  }
}
