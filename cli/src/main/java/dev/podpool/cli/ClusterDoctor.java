package dev.podpool.cli;

import dev.podpool.ClusterOptions;
import dev.podpool.ConfigurationException;
import dev.podpool.ConnectOptions;
import dev.podpool.Podpool;
import dev.podpool.PodpoolException;
import dev.podpool.PoolInfo;
import dev.podpool.internal.ClusterRoute;
import dev.podpool.internal.ClusterRuntime;
import dev.podpool.internal.RouteException;
import dev.podpool.rpc.AccessDirectory;
import dev.podpool.rpc.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/** Goes the way to a cluster's queue, step by step, until one fails. Changes nothing. */
final class ClusterDoctor {

  private static final int CONNECT_MILLIS_MAX = 5_000;

  private final List<Check> checks = new ArrayList<>();

  /** A step that may fail. */
  private interface Step {
    void go() throws IOException;
  }

  /** The kubeconfig's clusters; null where nothing here gets there. */
  static @Nullable ClusterRuntime clusters() {
    return ServiceLoader.load(ClusterRuntime.class).findFirst().orElse(null);
  }

  /** From outside, by the kubeconfig. */
  List<Check> fromOutside(ClusterRuntime clusters, ClusterOptions options) {
    try (ClusterRoute route = clusters.route(options)) {
      checks.add(new Check("kubeconfig: " + route.place(), null));
      boolean isWay = true;
      for (ClusterRoute.Step step : route.walk()) {
        RouteException why = step.failure();
        checks.add(
            new Check(step.name(), why == null ? null : new Finding(why.problem(), why.remedy())));
        isWay = why == null;
      }
      if (isWay) {
        ask(
            ConnectOptions.defaults().withCodeInWorkers().toCluster(options),
            "see the logs of its pods: kubectl logs -l podpool.dev/queue=%s --prefix"
                .formatted(options.queue()));
      }
    } catch (ConfigurationException e) {
      checks.add(
          new Check(
              "kubeconfig",
              new Finding(String.valueOf(e.getMessage()), "kubectl config get-contexts")));
    }
    return checks;
  }

  /** In a pod, by what is mounted there. */
  List<Check> inPod(AccessDirectory access) {
    List<Endpoint> found = new ArrayList<>();
    boolean isWay =
        step(
                "access directory " + access.path(),
                () -> found.add(access.locate()),
                "mount ConfigMap QUEUE-queue-access and a token with audience podpool.dev there:"
                    + " docs/install.md")
            && step(
                "address of " + found.get(0).host(),
                () -> InetAddress.getByName(found.get(0).host()),
                "see that there is such a Service: kubectl get services; and that this pod's DNS"
                    + " is the cluster's")
            && step(
                "connection to " + found.get(0),
                () -> connect(found.get(0)),
                "see that the queue is ready: kubectl get queueclusters; only pods of its own"
                    + " namespace are let in");
    if (isWay) {
      ask(
          ConnectOptions.defaults().withCodeInWorkers(),
          "see the log of the queue's pod: kubectl get pods"
              + " -l app.kubernetes.io/component=queue");
    }
    return checks;
  }

  private boolean step(String name, Step step, String remedy) {
    Finding failure = null;
    try {
      step.go();
    } catch (IOException e) {
      failure = new Finding(String.valueOf(e.getMessage()), remedy);
    }
    checks.add(new Check(name, failure));
    return failure == null;
  }

  private static void connect(Endpoint to) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(to.host(), to.port()), CONNECT_MILLIS_MAX);
    }
  }

  /** TLS, the token and its rights: what fails of these, the answer says. */
  private void ask(ConnectOptions options, String remedy) {
    String name = "TLS, token and a question to the queue";
    try (Podpool podpool = Podpool.connect(options)) {
      List<String> pools = podpool.pools().stream().map(PoolInfo::name).toList();
      checks.add(
          new Check(
              name + ": " + (pools.isEmpty() ? "it has no pool" : String.join(", ", pools)), null));
    } catch (PodpoolException e) {
      Throwable why = e.getCause() == null ? e : e.getCause();
      checks.add(
          new Check(
              name,
              new Finding(
                  String.valueOf(why.getMessage()),
                  "do what that says, if anything; or " + remedy)));
    }
  }
}
