package dev.podpool.kubernetes;

import dev.podpool.internal.ClusterRoute;
import dev.podpool.internal.RouteException;
import dev.podpool.kubernetes.RouteErrors.Right;
import dev.podpool.rpc.AccessDirectory;
import dev.podpool.rpc.Endpoint;
import dev.podpool.rpc.HostPort;
import dev.podpool.rpc.QueueUnreachableException;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.LocalPortForward;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A local port that the API server forwards to a pod of the queue, and a token of a ServiceAccount.
 * Pods are named, so a port leads to its pod's successor too; which of them is called is decided
 * each time, by who leads, or is ready. Thread-safe.
 */
final class PortForwardRoute implements ClusterRoute {

  private static final Duration TOKEN_LIFE = Duration.ofHours(1);
  // A bundle of CAs is published long before what it is needed for.
  private static final Duration TRUST_LIFE = Duration.ofMinutes(2);
  private static final int PROBE_MILLIS = 1_500;

  private final KubernetesClient client;
  private final String namespace;
  private final String queue;
  private final String serviceAccount;
  private final RouteErrors errors;
  // Held while the API server is waited for, so by nobody who must not wait: close does without.
  private final Object way = new Object();
  private @Nullable Until<Published> published; // guarded by way
  private @Nullable Until<String> token; // guarded by way
  private volatile Map<String, LocalPortForward> forwards = Map.of(); // by pod; written with way
  private volatile String called; // the pod that was forwarded to last; written with way
  private volatile boolean closed;

  /** What is good enough until some time. */
  private record Until<T>(T value, Instant end) {
    boolean isOver() {
      return !Instant.now().isBefore(end);
    }
  }

  /**
   * What the operator has published.
   *
   * @param at the queue's host, which its certificate is for, and its port
   * @param authorities in PEM
   */
  private record Published(HostPort at, String authorities) {}

  /**
   * @param client closed with this
   */
  PortForwardRoute(KubernetesClient client, String namespace, String queue, String serviceAccount) {
    this.client = client;
    this.namespace = namespace;
    this.queue = queue;
    this.serviceAccount = serviceAccount;
    called = queue + "-queue-0";
    errors =
        new RouteErrors(
            client.getMasterUrl().toString().replaceAll("/$", ""),
            namespace,
            queue,
            serviceAccount);
  }

  @Override
  public String place() {
    return "queue %s of namespace %s, on the cluster at %s"
        .formatted(queue, namespace, errors.server());
  }

  /** Waits for calls to the API server, each as long as the client is configured to wait. */
  @Override
  public Endpoint locate() throws IOException {
    return to(() -> choice(false));
  }

  /** A pod whose node is gone is ready for most of a minute: the next that is, is called. */
  @Override
  public Endpoint locateOther() throws IOException {
    return to(() -> choice(true));
  }

  /** To the pod that the leader's host names, which nobody resolves here. */
  @Override
  public Endpoint locate(HostPort leader) throws IOException {
    String pod = leader.host().replaceFirst("[.].*", "");
    return to(() -> isOfQueue(pod) ? pod : choice(false));
  }

  private boolean isOfQueue(String pod) {
    return pod.matches(Pattern.quote(queue + "-queue-") + "[0-9]+");
  }

  private Endpoint to(Supplier<String> pod) throws IOException {
    synchronized (way) {
      if (closed) {
        throw new IOException("the connection was closed");
      }
      try {
        // Neither needs the other, and the API server may be far.
        CompletableFuture<Until<String>> key = asksForToken();
        Published now = published();
        called = pod.get();
        return new Endpoint(
            InetAddress.getLoopbackAddress().getHostAddress(),
            forward(now.at().port()).getLocalPort(),
            token(key),
            new Endpoint.Trust(now.authorities(), now.at().host()));
      } catch (KubernetesClientException e) {
        throw errors.of(e);
      }
    }
  }

  // ---- what the way consists of

  /** From the ConfigMap that the operator writes for clients in pods. */
  private Published published() throws RouteException {
    Until<Published> known = published;
    if (known == null || known.isOver()) {
      known = new Until<>(read(), Instant.now().plus(TRUST_LIFE));
      published = known;
    }
    return known.value();
  }

  private Published read() throws RouteException {
    ConfigMap access =
        client.configMaps().inNamespace(namespace).withName(queue + "-queue-access").get();
    Map<String, String> data = access == null ? null : access.getData();
    HostPort at =
        data == null ? null : HostPort.parse(data.getOrDefault(AccessDirectory.ENDPOINT, ""));
    if (data == null || at == null) {
      RouteException why = pending();
      throw why == null ? errors.starting("its address is not published yet") : why;
    }
    return new Published(at, data.getOrDefault(AccessDirectory.AUTHORITIES, ""));
  }

  private CompletableFuture<Until<String>> asksForToken() {
    Until<String> known = token;
    return known == null || known.isOver()
        ? CompletableFuture.supplyAsync(() -> granted(Instant.now()))
        : CompletableFuture.completedFuture(known);
  }

  private String token(CompletableFuture<Until<String>> asked) throws RouteException {
    try {
      Until<String> granted = asked.join(); // its end is that of the call
      token = granted;
      return granted.value();
    } catch (CompletionException e) {
      if (e.getCause() instanceof KubernetesClientException failed) {
        throw failed.getCode() == HttpURLConnection.HTTP_NOT_FOUND
            ? errors.noAccount(failed)
            : errors.of(failed);
      }
      throw e;
    }
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

  /**
   * A pod that is ready: the one that was called last, if it is; the first, if none is.
   *
   * @param isOther whether the one that was called last is to be so only if no other is ready
   */
  private String choice(boolean isOther) {
    List<String> ready =
        client
            .pods()
            .inNamespace(namespace)
            .withLabels(Map.of("podpool.dev/queue", queue, "app.kubernetes.io/component", "queue"))
            .list()
            .getItems()
            .stream()
            .filter(PortForwardRoute::isReady)
            .map(pod -> pod.getMetadata().getName())
            .filter(this::isOfQueue)
            .sorted()
            .toList();
    if (ready.isEmpty()) {
      return queue + "-queue-0";
    }
    return !isOther && ready.contains(called)
        ? called
        : ready.stream().filter(pod -> pod.compareTo(called) > 0).findFirst().orElse(ready.get(0));
  }

  private static boolean isReady(Pod pod) {
    return !pod.isMarkedForDeletion()
        && pod.getStatus() != null
        && pod.getStatus().getConditions().stream()
            .anyMatch(each -> each.getType().equals("Ready") && each.getStatus().equals("True"));
  }

  /** To the pod that is called. */
  private LocalPortForward forward(int port) {
    LocalPortForward open = forwards.get(called);
    if (open == null || !open.isAlive()) {
      open =
          client
              .pods()
              .inNamespace(namespace)
              .withName(called)
              .portForward(port, InetAddress.getLoopbackAddress(), 0);
      Map<String, LocalPortForward> all = new HashMap<>(forwards);
      all.put(called, open);
      forwards = Map.copyOf(all);
      if (closed) {
        end(open); // by whoever did not see it
      }
    }
    return open;
  }

  // ---- why it leads nowhere

  @Override
  public IOException explain(IOException failure) {
    boolean isKnown =
        failure instanceof RouteException
            || (failure instanceof QueueUnreachableException e && e.isForGood());
    if (isKnown || closed) {
      return failure;
    }
    try {
      RouteException why = pending();
      why = why == null ? lacking() : why;
      if (why != null) {
        return why;
      }
    } catch (KubernetesClientException e) {
      return errors.of(e);
    }
    String why = troubleOfForward();
    return why == null ? failure : errors.noForward(called, why);
  }

  /** Why the queue does not serve, as its QueueCluster says; null where it does. */
  private @Nullable RouteException pending() {
    try {
      QueueStanding there = QueueStanding.of(client, namespace);
      if (!there.names().contains(queue)) {
        return errors.noQueue(there.names());
      }
      QueueStanding.Pending pending = there.pending(queue);
      return pending == null ? null : errors.pending(pending);
    } catch (KubernetesClientException e) {
      return switch (e.getCode()) {
        case HttpURLConnection.HTTP_NOT_FOUND -> errors.notInstalled();
        // Who may not look at queues may get to them all the same.
        case HttpURLConnection.HTTP_FORBIDDEN -> null;
        default -> throw e;
      };
    }
  }

  /** What the caller may not do of what is needed; null where nothing. */
  private @Nullable RouteException lacking() {
    List<String> lacking =
        RouteErrors.RIGHTS.stream().filter(right -> !may(right)).map(Right::toString).toList();
    return lacking.isEmpty()
        ? null
        : errors.forbidden("you may not " + String.join(", ", lacking), null);
  }

  private boolean may(Right right) {
    var asked =
        new SelfSubjectAccessReviewBuilder()
            .withNewSpec()
            .withNewResourceAttributes()
            .withNamespace(namespace)
            .withVerb(right.verb())
            .withGroup("")
            .withResource(right.resource())
            .withSubresource(right.subresource())
            .endResourceAttributes()
            .endSpec()
            .build();
    var answer = client.authorization().v1().selfSubjectAccessReview().create(asked);
    return Boolean.TRUE.equals(answer.getStatus().getAllowed());
  }

  private @Nullable String troubleOfForward() {
    LocalPortForward open = forwards.get(called);
    if (open == null || open.getClientThrowables().isEmpty()) {
      return null;
    }
    Throwable last = List.copyOf(open.getClientThrowables()).get(0);
    return last instanceof KubernetesClientException e && e.getCode() > 0
        ? "it answers " + e.getCode()
        : "the connection broke: " + last.getClass().getSimpleName();
  }

  // ---- step by step

  /** A step of the {@link #walk}. */
  private interface Walked {
    void go() throws RouteException;
  }

  @Override
  public List<Step> walk() {
    List<Step> steps = new ArrayList<>();
    synchronized (way) {
      var unused =
          step(steps, "API server " + errors.server(), client::getKubernetesVersion)
              && step(steps, "rights in namespace " + namespace, () -> refuse(lacking()))
              && step(steps, "queue " + queue + " is ready", () -> refuse(pending()))
              && step(steps, "address of the queue", this::published)
              && step(
                  steps, "token of ServiceAccount " + serviceAccount, () -> token(asksForToken()))
              && step(steps, "pods of the queue", () -> called = choice(false))
              && step(steps, "port forwarded to pod " + called, this::probe);
    }
    return steps;
  }

  private boolean step(List<Step> steps, String name, Walked walked) {
    RouteException failure = null;
    try {
      walked.go();
    } catch (RouteException e) {
      failure = e;
    } catch (KubernetesClientException e) {
      failure = errors.of(e);
    }
    steps.add(new Step(name, failure));
    return failure == null;
  }

  private static void refuse(@Nullable RouteException why) throws RouteException {
    if (why != null) {
      throw why;
    }
  }

  /** Whoever serves waits for what a client says; where nobody does, the connection ends. */
  private void probe() throws RouteException {
    int local = forward(published().at().port()).getLocalPort();
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(PROBE_MILLIS);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), local), PROBE_MILLIS);
      if (socket.getInputStream().read() >= 0) {
        return;
      }
    } catch (SocketTimeoutException e) {
      return;
    } catch (IOException e) {
      // As if it had ended.
    }
    String why = troubleOfForward();
    throw errors.noForward(called, why == null ? "the connection ended at once" : why);
  }

  @Override
  public void close() {
    closed = true;
    forwards.values().forEach(PortForwardRoute::end);
    client.close();
  }

  private static void end(LocalPortForward open) {
    try {
      open.close();
    } catch (IOException e) {
      // It is of no more use, closed or not.
    }
  }
}
