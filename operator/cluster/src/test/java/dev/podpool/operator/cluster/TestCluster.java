package dev.podpool.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.crd.Condition;
import dev.podpool.crd.QueueCluster;
import dev.podpool.crd.WorkerPool;
import dev.podpool.crd.WorkerProcess;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.testing.ApiServer;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * A namespace of its own on a real API server, with an operator that looks after it, and a test for
 * all that is missing there: scheduler, kubelets, garbage collector and queue.
 */
final class TestCluster implements AutoCloseable {

  static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final AtomicInteger NAMESPACES = new AtomicInteger();

  final KubernetesClient client;
  final String namespace = "test-" + NAMESPACES.incrementAndGet();
  final FakeQueue queue = new FakeQueue(pool -> news(pool), process -> ofProcess(process));
  boolean makesDefaultQueue;

  /** How far the operator's clock is ahead. */
  volatile Duration ahead = Duration.ZERO;

  /** Of the operators that are made next. */
  OperatorMetrics metrics = new OperatorMetrics();

  private volatile QueueNews news;
  private ClusterOperator operator;

  /** The operator's, if it is not its account's own. */
  KubernetesClient operatorClient;

  TestCluster(ApiServer server) throws Exception {
    client = server.client();
    for (String name :
        List.of(
            "workerpools.podpool.dev",
            "queueclusters.podpool.dev",
            "workerprocesses.podpool.dev")) {
      try (InputStream yaml = WorkerPool.class.getResourceAsStream(name + ".yaml")) {
        server.define(name, new String(yaml.readAllBytes(), StandardCharsets.UTF_8));
      }
    }
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
        .create();
    // Made by a controller elsewhere; pods are refused without it.
    client
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withName("default")
                .withNamespace(namespace)
                .endMetadata()
                .build())
        .create();
  }

  /** With a queue, and with an operator. */
  static TestCluster started(ApiServer server) throws Exception {
    TestCluster cluster = new TestCluster(server);
    cluster.createQueue("default");
    cluster.startOperator();
    cluster.awaitQueue("default");
    return cluster;
  }

  void startOperator() {
    operator = operator(null);
    operator.start();
  }

  /** One that is not started. */
  ClusterOperator operator(Leadership leadership) {
    KubernetesClient account =
        operatorClient == null ? OperatorAccount.client(client) : operatorClient;
    InstantSource clock = () -> Instant.now().plus(ahead);
    return new ClusterOperator(
        new ClusterOperator.Setup(
            account,
            new ClusterSettings(
                "podpool/worker:test", "podpool/queue:test", makesDefaultQueue, "podpool-system"),
            Set.of(namespace),
            new CaStore(new ApiCalls(account), OperatorAccount.NAMESPACE, clock),
            metrics,
            leadership,
            clock),
        this::queues);
  }

  /** Without any chance to finish anything. */
  void stopOperator() {
    if (operator != null) {
      operator.close();
      operator = null;
    }
  }

  private void news(String pool) {
    QueueNews told = news;
    if (told != null) {
      told.ofPool(namespace, pool);
    }
  }

  private void ofProcess(PoolStatus process) {
    QueueNews told = news;
    if (told != null) {
      told.ofProcess(queueCluster("default"), process);
    }
  }

  private PoolQueue.All queues(QueueNews toTell) {
    news = toTell;
    return new PoolQueue.All() {
      @Override
      public PoolQueue of(QueueCluster any) {
        return queue;
      }

      @Override
      public void close(QueueCluster any) {}

      @Override
      public void close() {
        news = null;
      }
    };
  }

  /** From then on nothing can be made in it; nobody is there who would empty it. */
  void terminate() {
    client.namespaces().withName(namespace).delete();
    await(() -> client.namespaces().withName(namespace).get().isMarkedForDeletion(), is -> is);
  }

  /** How many reconciliations of that controller have ended. */
  long reconciliations(String controller) {
    return metrics
        .text()
        .lines()
        .filter(
            line ->
                line.startsWith(
                    "podpool_operator_reconcile_seconds_count{controller=\"%s\"}"
                        .formatted(controller)))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  void createQueue(String name) {
    createQueue(name, "{}");
  }

  /** Creates the queue whose spec is {@code spec}, as YAML. */
  void createQueue(String name, String spec) {
    client
        .resource(
            Serialization.unmarshal(
                """
                apiVersion: podpool.dev/v1alpha1
                kind: QueueCluster
                metadata: {name: %s, namespace: %s}
                spec: %s
                """
                    .formatted(name, namespace, spec),
                GenericKubernetesResource.class))
        .create();
  }

  QueueCluster queueCluster(String name) {
    return client.resources(QueueCluster.class).inNamespace(namespace).withName(name).get();
  }

  /** What clients of that queue mount. */
  Map<String, String> access(String queueName) {
    return client
        .configMaps()
        .inNamespace(namespace)
        .withName(queueName + "-queue-access")
        .get()
        .getData();
  }

  /** Changes the queue's spec as {@code kubectl patch --type merge} does. */
  void patchQueue(String name, String spec) {
    merge(queueCluster(name), spec);
  }

  private void merge(HasMetadata object, String spec) {
    client
        .resource(object)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            Serialization.asJson(
                Map.of("spec", Serialization.unmarshal("any:\n  " + spec, Map.class).get("any"))));
  }

  /** Creates the pool whose spec is {@code spec}, as YAML in one line. */
  WorkerPool apply(String name, String spec) {
    // Untyped, so that what is not given is the server's to fill in.
    client
        .resource(
            Serialization.unmarshal(
                """
                apiVersion: podpool.dev/v1alpha1
                kind: WorkerPool
                metadata: {name: %s, namespace: %s}
                spec: %s
                """
                    .formatted(name, namespace, spec),
                GenericKubernetesResource.class))
        .create();
    return pool(name);
  }

  /** Changes the pool's spec as {@code kubectl patch --type merge} does. */
  void patch(String pool, String spec) {
    merge(pool(pool), spec);
  }

  WorkerPool pool(String name) {
    return client.resources(WorkerPool.class).inNamespace(namespace).withName(name).get();
  }

  void deletePool(String name) {
    client.resources(WorkerPool.class).inNamespace(namespace).withName(name).delete();
  }

  List<Pod> pods() {
    return client.pods().inNamespace(namespace).list().getItems();
  }

  Set<String> podNames() {
    var names = new TreeSet<String>();
    pods().forEach(pod -> names.add(pod.getMetadata().getName()));
    return names;
  }

  Pod pod(String name) {
    return client.pods().inNamespace(namespace).withName(name).get();
  }

  List<Event> events(String reason) {
    return client.v1().events().inNamespace(namespace).list().getItems().stream()
        .filter(event -> event.getReason().equals(reason))
        .toList();
  }

  ConfigMap anchor(String pool) {
    return client.configMaps().inNamespace(namespace).withName(pool + "-members").get();
  }

  void createConfigMap(String name) {
    client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .endMetadata()
                .build())
        .create();
  }

  /** A pod that the operator has not made. */
  void createPod(String name) {
    createPod(name, null);
  }

  /** A pod with the labels of a pool's first worker, that goes with nobody. */
  void createPod(String name, String pool) {
    var pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace(namespace)
            .endMetadata()
            .withNewSpec()
            .addNewContainer()
            .withName(PodTemplate.CONTAINER)
            .withImage("any")
            .endContainer()
            .endSpec()
            .build();
    if (pool != null) {
      var labels = new java.util.HashMap<>(PodTemplate.labels(pool));
      labels.put(Names.ORDINAL, "0");
      pod.getMetadata().setLabels(labels);
    }
    client.resource(pod).create();
  }

  /** Has the namespace have so much of that. */
  void quota(String resource, String most) {
    client
        .resource(
            new ResourceQuotaBuilder()
                .withNewMetadata()
                .withName("quota")
                .withNamespace(namespace)
                .endMetadata()
                .withNewSpec()
                .addToHard(resource, new Quantity(most))
                .endSpec()
                .build())
        .forceConflicts()
        .serverSideApply();
    // A controller's elsewhere; nothing is admitted before it has looked.
    client
        .resourceQuotas()
        .inNamespace(namespace)
        .withName("quota")
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            Serialization.asJson(
                Map.of(
                    "status",
                    Map.of(
                        "hard",
                        Map.of(resource, most),
                        "used",
                        Map.of(resource, String.valueOf(pods().size()))))));
  }

  // ---- what nodes would do

  /** What its controller says when its pod serves. */
  void statefulSetReady(String name) {
    statefulSetReady(name, 1);
  }

  /** What its controller says when so many of its pods serve. */
  void statefulSetReady(String name, int ready) {
    client
        .apps()
        .statefulSets()
        .inNamespace(namespace)
        .withName(name)
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"status\": {\"replicas\": 3, \"readyReplicas\": %d}}".formatted(ready));
  }

  /** What the controller of its StatefulSet makes first, but for its volume. */
  Pod createQueuePod(String queueName) {
    return createQueuePod(queueName, 0);
  }

  Pod createQueuePod(String queueName, int ordinal) {
    var template =
        client
            .apps()
            .statefulSets()
            .inNamespace(namespace)
            .withName(queueName + "-queue")
            .get()
            .getSpec()
            .getTemplate();
    Pod made =
        new PodBuilder()
            .withNewMetadata()
            .withName(queueName + "-queue-" + ordinal)
            .withNamespace(namespace)
            .withLabels(template.getMetadata().getLabels())
            .endMetadata()
            .withNewSpecLike(template.getSpec())
            .addNewVolume()
            .withName("data")
            .withNewEmptyDir()
            .endEmptyDir()
            .endVolume()
            .endSpec()
            .build();
    return client.resource(made).create();
  }

  /** A queue's pod whose container ends again and again. */
  void crashingQueuePod(String queueName, int exitCode, String words) {
    Pod made = createQueuePod(queueName);
    status(
        made,
        new PodBuilder(made)
            .withNewStatus()
            .withPhase("Running")
            .addNewContainerStatus()
            .withName(QueueObjects.CONTAINER)
            .withImage("any")
            .withImageID("any")
            .withReady(false)
            .withRestartCount(4)
            .withNewState()
            .withNewWaiting("back-off 40s", "CrashLoopBackOff")
            .endState()
            .withNewLastState()
            .withNewTerminated()
            .withExitCode(exitCode)
            .withReason("Error")
            .withMessage(words)
            // Later than whatever there is: Kubernetes tells times in whole seconds.
            .withFinishedAt(Instant.now().plusSeconds(2).truncatedTo(ChronoUnit.SECONDS).toString())
            .endTerminated()
            .endLastState()
            .endContainerStatus()
            .endStatus()
            .build());
  }

  /** What a scheduler does. */
  void bind(String pod) {
    bind(pod, "node");
  }

  void bind(String pod, String node) {
    client.raw(
        "/api/v1/namespaces/%s/pods/%s/binding".formatted(namespace, pod),
        "POST",
        new BindingBuilder()
            .withNewMetadata()
            .withName(pod)
            .endMetadata()
            .withNewTarget()
            .withKind("Node")
            .withName(node)
            .endTarget()
            .build());
  }

  void evict(String pod, String message) {
    Pod there = pod(pod);
    status(
        there,
        new PodBuilder(there)
            .withNewStatus()
            .withPhase("Failed")
            .withReason("Evicted")
            .withMessage(message)
            .endStatus()
            .build());
  }

  void unschedulable(String pod, String message) {
    Pod there = pod(pod);
    status(
        there,
        new PodBuilder(there)
            .withNewStatus()
            .withPhase("Pending")
            .addNewCondition()
            .withType("PodScheduled")
            .withStatus("False")
            .withReason("Unschedulable")
            .withMessage(message)
            .endCondition()
            .endStatus()
            .build());
  }

  /** Has the pod run, and its worker join the queue, holding so many items. */
  void run(String pod, int leased) {
    Pod there = await(() -> pod(pod), found -> found != null);
    status(there, new PodBuilder(there).withNewStatus().withPhase("Running").endStatus().build());
    queue.join(there.getMetadata().getLabels().get(Names.POOL), pod, nonce(there), leased);
  }

  /** Has the process's pod run, and its worker join the queue. */
  void runProcess(String name) {
    Pod there = await(() -> pod(name), found -> found != null);
    status(there, new PodBuilder(there).withNewStatus().withPhase("Running").endStatus().build());
    queue.join(name, name, nonce(there), 1);
  }

  WorkerProcess process(String name) {
    return client.resources(WorkerProcess.class).inNamespace(namespace).withName(name).get();
  }

  /** As if nobody had written anything down. */
  void clearProcessStatus(String name) {
    client
        .resource(process(name))
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON),
            Serialization.asJson(List.of(Map.of("op", "remove", "path", "/status"))));
  }

  static com.google.protobuf.ByteString nonce(Pod pod) {
    return new WorkerPod(pod).nonce();
  }

  /** Has the pod's container end like this. */
  void end(String pod, int exitCode, String reason) {
    Pod there = pod(pod);
    status(
        there,
        new PodBuilder(there)
            .withNewStatus()
            .withPhase(exitCode == 0 ? "Succeeded" : "Failed")
            .addNewContainerStatus()
            .withName(PodTemplate.CONTAINER)
            .withImage("any")
            .withImageID("any")
            .withReady(false)
            .withRestartCount(0)
            .withNewState()
            .withNewTerminated()
            .withExitCode(exitCode)
            .withReason(reason)
            .withFinishedAt(Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
            .endTerminated()
            .endState()
            .endContainerStatus()
            .endStatus()
            .build());
  }

  private void status(Pod there, Pod as) {
    client
        .pods()
        .inNamespace(namespace)
        .withName(there.getMetadata().getName())
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            Serialization.asJson(Map.of("status", as.getStatus())));
  }

  /** What a kubelet does with a pod that is to go. */
  void reap(String pod) {
    client.pods().inNamespace(namespace).withName(pod).withGracePeriod(0).delete();
  }

  // ---- waiting

  /** Waits until {@code what} is as {@code like} wants it, and returns it. */
  static <T> T await(Supplier<T> what, Predicate<T> like) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    T now = what.get();
    while (!like.test(now)) {
      assertThat(System.nanoTime()).as("still %s", now).isLessThan(end);
      try {
        TimeUnit.MILLISECONDS.sleep(20);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      now = what.get();
    }
    return now;
  }

  /** Waits until all that the queue is made of is there: pods are refused without accounts. */
  void awaitQueue(String name) {
    await(() -> queueCluster(name), queue -> queue != null && queue.getStatus() != null);
  }

  void awaitPods(String... names) {
    await(this::podNames, now -> now.equals(new TreeSet<>(List.of(names))));
  }

  /** Waits until the pool's Ready condition says this. */
  void awaitMessage(String pool, String message) {
    await(() -> message(pool), message::equals);
  }

  String message(String pool) {
    Condition ready = condition(pool, "Ready");
    return ready == null ? null : ready.message();
  }

  Condition condition(String pool, String type) {
    WorkerPool there = pool(pool);
    return there == null || there.getStatus() == null
        ? null
        : there.getStatus().conditions().stream()
            .filter(condition -> condition.type().equals(type))
            .findFirst()
            .orElse(null);
  }

  @Override
  public void close() {
    stopOperator();
  }
}
