package dev.podpool;

import dev.podpool.internal.ClusterRoute;
import dev.podpool.internal.ClusterRuntime;
import dev.podpool.internal.RouteException;
import dev.podpool.rpc.AccessDirectory;
import dev.podpool.rpc.Endpoint;
import dev.podpool.rpc.HostPort;
import dev.podpool.rpc.QueueUnreachableException;
import dev.podpool.rpc.RuntimeDirectory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * Where a runtime may be. Places are looked at in this order, and the first that is there is the
 * one: the endpoint that the environment names, a pod's access directory, the user's runtime on
 * this machine if it runs, the kubeconfig's cluster. So nobody who has a runtime of his own running
 * sends code to a cluster without saying so.
 *
 * @param source where the queue serves
 * @param place for people: what was looked at
 * @param remedy for people: what to do where nothing answers there
 */
record RuntimeSearch(Endpoint.Source source, String place, String remedy) {

  static final String START_ONE = "Start one: podpool local up -f pool.yaml";

  private static final String SEE_TO_QUEUE =
      "See that its QueueCluster is ready: kubectl get queueclusters";

  static final String ENDPOINT = "PODPOOL_ENDPOINT";
  static final String KEY_FILE = "PODPOOL_KEY_FILE";

  /**
   * The place to ask.
   *
   * @throws ConfigurationException if the environment names one that can't be used
   */
  static RuntimeSearch of(Map<String, String> environment, Path home) {
    return of(environment, home, AccessDirectory.DEFAULT);
  }

  /** {@link #of(Map, Path)} where pods mount what opens their queue at {@code ofPods}. */
  static RuntimeSearch of(Map<String, String> environment, Path home, Path ofPods) {
    String endpoint = environment.getOrDefault(ENDPOINT, "");
    if (!endpoint.isEmpty()) {
      return named(endpoint, environment.getOrDefault(KEY_FILE, ""));
    }
    String access = environment.getOrDefault(AccessDirectory.VARIABLE, "");
    if (!access.isEmpty()) {
      return new RuntimeSearch(
          new AccessDirectory(Path.of(access).toAbsolutePath()),
          ENDPOINT + " (not set)\n  - " + AccessDirectory.VARIABLE + "=" + access,
          SEE_TO_QUEUE);
    }
    AccessDirectory mounted = new AccessDirectory(ofPods);
    if (mounted.isThere()) {
      return new RuntimeSearch(
          mounted, ENDPOINT + " (not set)\n  - the access directory " + ofPods, SEE_TO_QUEUE);
    }
    RuntimeDirectory directory = RuntimeDirectory.of(environment, home);
    String tried =
        ENDPOINT
            + " (not set)\n  - the access directory "
            + ofPods
            + ", which "
            + AccessDirectory.VARIABLE
            + " can name (no endpoint in it)\n  - the runtime directory "
            + directory.path()
            + ", which "
            + RuntimeDirectory.VARIABLE
            + " can name";
    boolean isOwn = Files.exists(directory.endpoint()) || directory.isRun();
    ClusterRuntime clusters = isOwn ? null : clusters();
    if (clusters != null && clusters.knowsClusters(environment, home)) {
      ClusterRoute route = clusters.route(ClusterOptions.defaults());
      return new RuntimeSearch(
          route,
          tried + " (none runs there)\n  - " + route.place(),
          START_ONE + "\n" + SEE_TO_QUEUE);
    }
    return new RuntimeSearch(directory, tried, START_ONE);
  }

  /**
   * A cluster, by way of its API server.
   *
   * @throws ConfigurationException if there is no such cluster, or no way to any
   */
  static RuntimeSearch of(ClusterOptions options) {
    ClusterRuntime clusters = clusters();
    if (clusters == null) {
      throw new ConfigurationException(
          "a cluster is asked for, and nothing on the class path gets there; add the dependency"
              + " dev.podpool:podpool-client-kubernetes");
    }
    ClusterRoute route = clusters.route(options);
    return new RuntimeSearch(route, route.place(), SEE_TO_QUEUE);
  }

  private static @Nullable ClusterRuntime clusters() {
    return ServiceLoader.load(ClusterRuntime.class, Podpool.class.getClassLoader())
        .findFirst()
        .orElse(null);
  }

  /** Whether the queue is one of a cluster, whose operator publishes the status of pools. */
  boolean isCluster() {
    return source instanceof ClusterRoute || source instanceof AccessDirectory;
  }

  /**
   * For people, what is starting there, so that it is worth waiting; null for what does not come up
   * by itself.
   */
  @Nullable String starting(IOException failure) {
    if (failure instanceof RouteException route) {
      return route.isStarting() ? route.problem() : null;
    }
    boolean isRefused = failure instanceof QueueUnreachableException q && q.isForGood();
    return !isRefused && source instanceof RuntimeDirectory directory && directory.isRun()
        ? "the queue of the runtime in " + directory.path() + " does not answer at this moment"
        : null;
  }

  /** Why nobody answers there, as far as the cluster knows more than {@code failure} says. */
  IOException explain(IOException failure) {
    return source instanceof ClusterRoute route ? route.explain(failure) : failure;
  }

  /** Lets go of the way there. */
  void close() {
    if (source instanceof ClusterRoute route) {
      route.close();
    }
  }

  private static RuntimeSearch named(String endpoint, String keyFile) {
    HostPort at = HostPort.parse(endpoint);
    if (at == null) {
      throw new ConfigurationException(
          ENDPOINT + " is '" + endpoint + "'; give host:port, such as 127.0.0.1:7465");
    }
    if (keyFile.isEmpty()) {
      throw new ConfigurationException(
          ENDPOINT + " is set, and " + KEY_FILE + " is not; name the file that holds the key");
    }
    checkLoopback(endpoint, at.host());
    Endpoint.Source source = () -> new Endpoint(at.host(), at.port(), key(Path.of(keyFile)));
    return new RuntimeSearch(
        source, ENDPOINT + "=" + endpoint + ", " + KEY_FILE + "=" + keyFile, START_ONE);
  }

  /** The key and all the data would be there for anybody on the way to read. */
  private static void checkLoopback(String endpoint, String host) {
    try {
      if (InetAddress.getByName(host).isLoopbackAddress()) {
        return;
      }
    } catch (UnknownHostException e) {
      throw new ConfigurationException(
          ENDPOINT + " is '" + endpoint + "', and there is no host of that name", e);
    }
    throw new ConfigurationException(
        ENDPOINT
            + " is '"
            + endpoint
            + "', which is not on this machine: the connection is not encrypted, so only loopback"
            + " addresses are taken. Forward a local port to it, over SSH for example.");
  }

  private static String key(Path file) throws IOException {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new IOException("the key's file " + file + " can't be read: " + e, e);
    }
  }
}
