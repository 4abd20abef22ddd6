package dev.podpool.operator.cluster;

import dev.podpool.program.ListenAddress;
import dev.podpool.program.LogLines;
import dev.podpool.program.Monitor;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.OperatorException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The operator's program. Two may run: one reconciles, and the other takes over when it is gone.
 *
 * <p>Exit codes: 0 after SIGTERM; 1 where it no longer leads, which ends it at once; 2 for
 * arguments that are none; 3 where it can't start as things are.
 */
@Command(
    name = "podpool-operator",
    description = "Runs WorkerPools and QueueClusters of a Kubernetes cluster.",
    sortOptions = false)
public final class OperatorMain implements Callable<Integer> {

  private static final int EXIT_UNUSABLE = 3;
  // Within 3 s; then its reconciliation begins anew, and looks again first.
  private static final int CALL_RETRIES_MAX = 5;

  @Option(
      names = "--worker-image",
      required = true,
      paramLabel = "IMAGE",
      description = "Of workers whose pool names none.")
  private String workerImage = "";

  @Option(
      names = "--queue-image",
      required = true,
      paramLabel = "IMAGE",
      description = "Of queues.")
  private String queueImage = "";

  @Option(
      names = "--token-file",
      required = true,
      paramLabel = "FILE",
      description =
          "Holds a token of the operator's ServiceAccount for the audience podpool.dev, with which it"
              + " calls queues. Read anew for each connection.")
  private Path tokenFile = Path.of("");

  @Option(
      names = "--namespaces",
      split = ",",
      paramLabel = "NAMESPACE",
      description = "To look after. Defaults to all.")
  private Set<String> namespaces = new TreeSet<>();

  @Option(
      names = "--default-queue",
      description = "Makes the QueueCluster default in a namespace whose pools need it.")
  private boolean makesDefaultQueue;

  @Option(
      names = "--monitor",
      paramLabel = "[ADDRESS:]PORT",
      description =
          "Answers /healthz, /livez and /metrics there, without a key. The address defaults to loopback."
              + " Off by default.")
  private @Nullable String monitor;

  private OperatorMain() {}

  /** See {@code --help}. */
  public static void main(String[] arguments) {
    LogLines.install(
        Map.of(
            "dev.podpool", Level.INFO,
            "io.javaoperatorsdk", Level.WARNING,
            "io.grpc", Level.SEVERE,
            // That a version is called v1alpha1 is known.
            "io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils", Level.SEVERE));
    System.exit(new CommandLine(new OperatorMain()).execute(arguments));
  }

  @Override
  public Integer call() throws InterruptedException {
    OperatorMetrics metrics = new OperatorMetrics();
    try (KubernetesClient client = client(metrics)) {
      String namespace = client.getNamespace();
      if (namespace == null) {
        throw new IllegalArgumentException(
            "the operator's own namespace is not known: run it in a pod, or with a kubeconfig whose"
                + " context has one");
      }
      InstantSource clock = InstantSource.system();
      CaStore ca = new CaStore(new ApiCalls(client), namespace, clock);
      QueueEndpoints endpoints = new QueueEndpoints(ca, tokenFile);
      endpoints.token(); // that it can be read
      greet(client);
      ClusterOperator operator =
          new ClusterOperator(
              new ClusterOperator.Setup(
                  client,
                  new ClusterSettings(workerImage, queueImage, makesDefaultQueue, namespace),
                  namespaces,
                  ca,
                  metrics,
                  new Leadership(namespace, identity(), true, Leadership.TERM),
                  clock),
              news -> new QueueLinks(client, endpoints::of, news));
      Monitor monitored = monitor == null ? null : monitor(monitor, operator, metrics);
      // Whoever comes next looks at all that there is, and need not wait for this one's term to
      // end.
      Runtime.getRuntime().addShutdownHook(new Thread(operator::close, "podpool-end"));
      operator.start();
      System.err.println(
          "the operator looks after "
              + (namespaces.isEmpty() ? "all namespaces" : String.join(", ", namespaces))
              + (monitored == null ? "" : ", and its monitor is on port " + monitored.port()));
      new CountDownLatch(1).await();
      return 0;
    } catch (IOException
        | IllegalArgumentException
        | KubernetesClientException
        | OperatorException e) {
      LogLines.say(System.err, "the operator can't start: " + words(e));
      return EXIT_UNUSABLE;
    }
  }

  /** Anybody may ask for its version: before informers say at length that it does not answer. */
  private static void greet(KubernetesClient client) throws IOException {
    try {
      var _ = client.raw("/version");
    } catch (KubernetesClientException e) {
      throw new IOException(
          "the API server at %s does not answer (%s): see to the network, or to the kubeconfig"
              .formatted(client.getMasterUrl(), e.getCause() == null ? e : e.getCause()),
          e);
    }
  }

  /** With what lies below, as the API server's answer does. */
  private static String words(Exception e) {
    StringBuilder words = new StringBuilder(String.valueOf(e.getMessage()));
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      if (cause.getMessage() != null && words.indexOf(cause.getMessage()) < 0) {
        words.append(": ").append(cause.getMessage());
      }
    }
    return words.toString();
  }

  private static KubernetesClient client(OperatorMetrics metrics) {
    Config config =
        new ConfigBuilder()
            .withUserAgent(Names.FIELD_MANAGER)
            .withRequestRetryBackoffLimit(CALL_RETRIES_MAX)
            .build();
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withHttpClientBuilderConsumer(
            builder -> builder.addOrReplaceInterceptor("podpool-metrics", metrics))
        .build();
  }

  private static Monitor monitor(String address, ClusterOperator operator, OperatorMetrics metrics)
      throws IOException {
    // Not the common pool: it may have one thread, which the API server's client needs.
    Executor executor = Thread::startVirtualThread;
    SortedMap<String, Monitor.Question> questions = new TreeMap<>();
    questions.put("/livez", () -> CompletableFuture.completedFuture("ok\n"));
    questions.put("/healthz", () -> CompletableFuture.supplyAsync(operator::health, executor));
    questions.put("/metrics", () -> CompletableFuture.supplyAsync(metrics::text, executor));
    return new Monitor(
        ListenAddress.parse("--monitor", address), questions, "restart the operator");
  }

  /** A pod's name, or what else tells this replica from the other. */
  private static String identity() {
    String host = System.getenv("HOSTNAME");
    return (host == null || host.isEmpty() ? "operator" : host) + "-" + UUID.randomUUID();
  }
}
