package dev.podpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.ClusterOptions;
import dev.podpool.ConnectOptions;
import dev.podpool.Podpool;
import dev.podpool.crd.WorkerPool;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;

/** A namespace of its own on the cluster, with a client's account; gone at the end. */
final class Stage implements AutoCloseable {

  static final Path ROOT = Path.of(System.getProperty("e2e.root"));
  static final String VERSION = System.getProperty("e2e.version");
  static final String SYSTEM = "podpool-system";

  /** Nothing takes longer on a machine with two cores that does something else as well. */
  static final Duration PATIENCE = Duration.ofMinutes(3);

  static final String CONTEXT = System.getProperty("e2e.context");

  final KubernetesClient client =
      new KubernetesClientBuilder().withConfig(Config.autoConfigure(CONTEXT)).build();
  final String namespace;
  private final List<Podpool> connections = new ArrayList<>();

  /** In a namespace of that name and some digits: an earlier run's may still be there. */
  Stage(String name) throws Exception {
    namespace = name + "-" + ThreadLocalRandom.current().nextInt(1000, 10_000);
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(namespace)
                .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                .endMetadata()
                .build())
        .create();
    account("podpool-client", "podpool-submitter");
  }

  /** A ServiceAccount that may do what {@code role} says. */
  void account(String name, String role) throws Exception {
    kubectl("create", "serviceaccount", name);
    kubectl(
        "create",
        "rolebinding",
        name,
        "--clusterrole=" + role,
        "--serviceaccount=" + namespace + ":" + name);
  }

  // ---- kubectl

  String kubectl(String... arguments) throws IOException, InterruptedException {
    return Shell.output(command(arguments).toArray(String[]::new));
  }

  /** With {@code manifest} as its input; whatever comes of it. */
  Shell.Ended kubectlWith(String manifest, String... arguments)
      throws IOException, InterruptedException {
    return Shell.run(manifest, command(arguments));
  }

  private List<String> command(String... arguments) {
    List<String> command =
        new ArrayList<>(List.of("kubectl", "--context", CONTEXT, "-n", namespace));
    command.addAll(Arrays.asList(arguments));
    return command;
  }

  void apply(String manifest) throws IOException, InterruptedException {
    Shell.Ended ended = kubectlWith(manifest, "apply", "--server-side", "-f", "-");
    assertThat(ended.exitCode()).as(ended.complaint()).isZero();
  }

  void applyFile(String path) throws IOException, InterruptedException {
    apply(Files.readString(ROOT.resolve(path)));
  }

  /** A pool of {@code workers}, with more of its spec, indented by two. */
  void pool(String name, int workers, String... more) throws IOException, InterruptedException {
    apply(
        """
        apiVersion: podpool.dev/v1alpha1
        kind: WorkerPool
        metadata:
          name: %s
        spec:
          workers: %d
        """
                .formatted(name, workers)
            + String.join("\n", more));
  }

  void waitFor(String condition, String pool) throws IOException, InterruptedException {
    kubectl(
        "wait",
        "--for=condition=" + condition,
        "wp/" + pool,
        "--timeout=" + PATIENCE.toSeconds() + "s");
  }

  WorkerPool workerPool(String name) {
    return client.resources(WorkerPool.class).inNamespace(namespace).withName(name).get();
  }

  /** Pods of a pool that have not ended, by name. */
  List<Pod> pods(String pool) {
    return client
        .pods()
        .inNamespace(namespace)
        .withLabel("podpool.dev/pool", pool)
        .list()
        .getItems()
        .stream()
        .filter(pod -> !List.of("Succeeded", "Failed").contains(pod.getStatus().getPhase()))
        .sorted(Comparator.comparing(pod -> pod.getMetadata().getName()))
        .toList();
  }

  List<String> names(String pool) {
    return pods(pool).stream().map(pod -> pod.getMetadata().getName()).toList();
  }

  /** Events about {@code name}, as {@code reason: note}. */
  String events(String name) throws IOException, InterruptedException {
    return kubectl(
        "get",
        "events",
        "--field-selector=involvedObject.name=" + name,
        "-o",
        "jsonpath={range .items[*]}{.reason}: {.message}{\"\\n\"}{end}");
  }

  /** Ends a container's first process by SIGKILL, from its node. */
  void kill(Pod pod) throws IOException, InterruptedException {
    String id = pod.getStatus().getContainerStatuses().get(0).getContainerID();
    Shell.output(
        "docker",
        "exec",
        pod.getSpec().getNodeName(),
        "ctr",
        "-n",
        "k8s.io",
        "task",
        "kill",
        "-s",
        "SIGKILL",
        id.substring(id.indexOf("//") + 2));
  }

  // ---- the client

  /** From outside of the cluster; only the scenarios' own classes travel. */
  Podpool podpool() {
    return podpool("default");
  }

  Podpool podpool(String queue) {
    return connect(cluster().withQueue(queue));
  }

  /** The default queue of this namespace. */
  ClusterOptions cluster() {
    return ClusterOptions.defaults().withContext(CONTEXT).withNamespace(namespace);
  }

  Podpool connect(ClusterOptions cluster) {
    Path own = Path.of(Work.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    Podpool podpool =
        Podpool.connect(ConnectOptions.defaults().withCode(own.toString()).toCluster(cluster));
    connections.add(podpool);
    return podpool;
  }

  /** A pod {@code client} with the command line, which has access to the default queue. */
  void clientPod() throws IOException, InterruptedException {
    apply(
        Files.readString(ROOT.resolve("e2e/src/test/resources/client-pod.yaml"))
            .replace("VERSION", VERSION));
    kubectl("wait", "--for=condition=Ready", "pod/client", "--timeout=120s");
  }

  // ---- waiting

  /** Asks until {@code holds}, for as long as {@link #PATIENCE}. */
  static <T> T await(String what, Callable<T> question, Predicate<? super T> holds)
      throws Exception {
    Instant end = Instant.now().plus(PATIENCE);
    while (true) {
      T answer = question.call();
      if (holds.test(answer)) {
        return answer;
      }
      if (Instant.now().isAfter(end)) {
        throw new AssertionError(
            what + ": not after " + PATIENCE.toSeconds() + " s; last " + answer);
      }
      Thread.sleep(200);
    }
  }

  @Override
  public void close() throws Exception {
    connections.forEach(Podpool::close);
    kubectl("delete", "namespace", namespace, "--ignore-not-found", "--timeout=180s");
    client.close();
  }
}
