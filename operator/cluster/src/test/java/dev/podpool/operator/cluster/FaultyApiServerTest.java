package dev.podpool.operator.cluster;

import static dev.podpool.operator.cluster.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.crd.QueueCluster;
import dev.podpool.crd.WorkerPool;
import dev.podpool.crd.WorkerProcess;
import dev.podpool.crd.WorkerProcessStatus.Phase;
import dev.podpool.protocol.ProcessSpec;
import dev.podpool.protocol.ProcessStatus;
import dev.podpool.testing.ApiServer;
import dev.podpool.testing.OnApiServer;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The operator and a real API server that it has trouble with: it fails, others write at the same
 * time, what it shows is old.
 */
@OnApiServer
class FaultyApiServerTest {

  private static final int CALL_MILLIS_MAX = 2_000;
  private static final String NAME = "process-0123456789abcdef";
  private static final String OTHERS = "example.com/other";
  private static final String PATCH_POOL = "patch podpool.dev/workerpools";
  private static final String PATCH_PROCESS = "patch podpool.dev/workerprocesses";
  private static final String PATCH_QUEUE = "patch podpool.dev/queueclusters";
  private static final String STATUS = "/status";

  private TestCluster cluster;
  private FaultyApi api;
  private KubernetesClient operators;

  @BeforeEach
  void start(ApiServer server) throws Exception {
    cluster = new TestCluster(server);
    awaitServed(WorkerPool.class);
    awaitServed(WorkerProcess.class);
    awaitServed(QueueCluster.class);
    api = new FaultyApi();
    operators = OperatorAccount.client(cluster.client, api, CALL_MILLIS_MAX);
    cluster.operatorClient = operators;
    cluster.createQueue("default");
    cluster.startOperator();
    cluster.awaitQueue("default");
  }

  /**
   * A kind that was just defined is refused for a moment, which the operator's client rides out.
   */
  private <T extends HasMetadata> void awaitServed(Class<T> kind) {
    cluster
        .client
        .resources(kind)
        .inNamespace(cluster.namespace)
        .list(new ListOptionsBuilder().withResourceVersion("0").build());
  }

  @AfterEach
  void stop() {
    cluster.close();
    operators.close();
    api.close();
  }

  // ---- what somebody else does

  private void merge(HasMetadata object, String change) {
    cluster
        .client
        .resource(object)
        .patch(PatchContext.of(PatchType.JSON_MERGE), change.replace('\'', '"'));
  }

  /** Changes nothing that matters: whoever watches is told. */
  private void touch(HasMetadata object) {
    merge(object, "{'metadata': {'annotations': {'example.com/touched': 'true'}}}");
  }

  private void finalizers(HasMetadata object, String... all) {
    merge(object, Serialization.asJson(Map.of("metadata", Map.of("finalizers", List.of(all)))));
  }

  private void label(HasMetadata object) {
    merge(object, "{'metadata': {'labels': {'example.com/team': 'search'}}}");
  }

  private StatefulSet set() {
    return cluster
        .client
        .apps()
        .statefulSets()
        .inNamespace(cluster.namespace)
        .withName("default-queue")
        .get();
  }

  private ConfigMap access() {
    return cluster
        .client
        .configMaps()
        .inNamespace(cluster.namespace)
        .withName("default-queue-access")
        .get();
  }

  private String queueMessage() {
    return cluster.queueCluster("default").getStatus().conditions().getFirst().message();
  }

  private Watch onMade(List<String> pods) {
    return cluster
        .client
        .pods()
        .inNamespace(cluster.namespace)
        .watch(
            new Watcher<>() {
              @Override
              public void eventReceived(Action action, Pod pod) {
                if (action == Action.ADDED) {
                  pods.add(pod.getMetadata().getName());
                }
              }

              @Override
              public void onClose(WatcherException e) {}
            });
  }

  // ---- watches

  @Test
  void whatWatchesHaveLostIsFoundWhenTheyEnd() {
    List<String> made = new CopyOnWriteArrayList<>();
    try (Watch _ = onMade(made)) {
      cluster.apply("grown", "{workers: 1}");
      cluster.apply("died", "{workers: 1}");
      cluster.apply("calm", "{workers: 1}");
      cluster.apply("gone", "{daemon: false}");
      for (String pool : List.of("grown", "died", "calm", "gone")) {
        cluster.run(pool + "-0", 0);
        cluster.awaitMessage(pool, "Joined");
      }

      api.loseEvents(".*");
      cluster.patch("grown", "{workers: 3}");
      cluster.reap("grown-0");
      cluster.end("died-0", 137, "OOMKilled");
      cluster.deletePool("gone");
      cluster.apply("late", "{workers: 1}");
      merge(access(), "{'data': {'endpoint': 'elsewhere:1'}}");
      // What it looks at meanwhile is old, and nothing comes of that.
      long looked = cluster.reconciliations("workerpools");
      cluster.queue.say("grown", status -> status.setSucceeded(1));
      await(() -> cluster.reconciliations("workerpools"), ended -> ended > looked);
      assertThat(cluster.podNames()).containsExactly("calm-0", "died-0", "gone-0");

      api.endWatches();
      touch(cluster.pool("calm"));
      touch(cluster.pod("calm-0"));
      touch(cluster.anchor("gone"));
      touch(access());

      await(() -> cluster.pool("gone"), gone -> gone == null);
      cluster.awaitPods("calm-0", "died-0", "grown-0", "grown-1", "grown-2", "late-0");
      await(() -> access().getData().get("endpoint"), endpoint -> !endpoint.equals("elsewhere:1"));
      await(cluster.queue::told, told -> told.contains("ended -9 exit -9, OOMKilled"));
      assertThat(api.ended())
          .contains("watch podpool.dev/workerpools", "watch /pods", "watch /configmaps");
      for (String pool : List.of("grown", "died", "late")) {
        cluster.pods().stream()
            .map(pod -> pod.getMetadata().getName())
            .filter(pod -> pod.startsWith(pool))
            .forEach(pod -> cluster.run(pod, 0));
        cluster.awaitMessage(pool, "Joined");
      }
      assertThat(made)
          .as("one for each place, and those that replace one")
          .containsExactlyInAnyOrder(
              "grown-0", "died-0", "calm-0", "gone-0", "grown-0", "grown-1", "grown-2", "died-0",
              "late-0");
      assertThat(cluster.queue.told()).containsOnlyOnce("ended -9 exit -9, OOMKilled");
    }
  }

  @Test
  void aQueueOfThreeIsNotTakenForOneThatIsToGrow() {
    cluster.createQueuePod("default", 0);
    cluster.statefulSetReady("default-queue", 1);
    await(this::queueMessage, "Serving"::equals);
    api.loseEvents("watch (apps/statefulsets|/pods)");
    cluster.patchQueue("default", "{replicas: 3}");
    await(
        () -> new PodBuilder().withSpec(set().getSpec().getTemplate().getSpec()).build(),
        QueueObjects::isOfSeveral);
    // What its controller does, and an operator that has led meanwhile.
    cluster.reap("default-queue-0");
    cluster.createQueuePod("default", 0);
    merge(set(), "{'spec': {'replicas': 3}}");

    cluster.patchQueue("default", "{nodeSelector: {disk: ssd}}");

    await(
        () -> set().getSpec().getTemplate().getSpec().getNodeSelector(),
        selector -> selector != null && "ssd".equals(selector.get("disk")));
    assertThat(set().getSpec().getReplicas()).isEqualTo(3);
  }

  // ---- an API server that fails

  @ParameterizedTest(name = "{0}")
  @ValueSource(ints = {429, 500, FaultyApi.SILENCE})
  void whoFailsIsAskedLessAndLessOftenAndPoolsGoOn(int code) {
    cluster.apply("index", "{workers: 2}");
    cluster.run("index-0", 1);
    cluster.run("index-1", 1);
    cluster.queue.say("index", status -> status.setLeased(2));
    cluster.awaitMessage("index", "Working");
    List<String> uids = uids();
    List<String> told = cluster.queue.told();

    api.fail(code, ".*");
    api.endWatches();
    touch(cluster.pool("index"));
    touch(cluster.pod("index-0"));
    cluster.queue.say("index", status -> status.removeWorkers(1)); // there is something to write

    String write = PATCH_POOL + STATUS;
    String list = "list podpool.dev/workerpools";
    await(() -> api.failedAtNanos(write).size(), tries -> tries >= 5);
    await(() -> api.failedAtNanos(list).size(), tries -> tries >= 3);
    int each = code == FaultyApi.SILENCE ? CALL_MILLIS_MAX : 0;
    assertApart(api.failedAtNanos(write), each, 500, 500, 1_000, 2_000);
    assertApart(api.failedAtNanos(list), each, 1_000, 2_000);
    assertThat(uids()).isEqualTo(uids);
    assertThat(cluster.pods()).noneMatch(HasMetadata::isMarkedForDeletion);
    assertThat(cluster.queue.told()).isEqualTo(told);

    cluster.patch("index", "{workers: 3}");
    api.heal();

    cluster.awaitPods("index-0", "index-1", "index-2");
    cluster.run("index-1", 1);
    cluster.run("index-2", 0);
    await(() -> cluster.pool("index").getStatus().readyWorkers(), ready -> ready == 3);
    cluster.awaitMessage("index", "Working");
    assertThat(uids()).containsAll(uids);
  }

  private List<String> uids() {
    return cluster.pods().stream().map(pod -> pod.getMetadata().getUid()).toList();
  }

  /**
   * They begin so far apart, and {@code each} of them takes so long. A slow machine makes that
   * more, and none makes it less.
   */
  private static void assertApart(List<Long> nanos, int each, int... millisMin) {
    for (int i = 0; i < millisMin.length; i++) {
      assertThat(nanos.get(i + 1) - nanos.get(i))
          .as("try %d of %s", i + 1, nanos)
          .isGreaterThan(TimeUnit.MILLISECONDS.toNanos(each + millisMin[i] - 20)); // clocks differ
    }
  }

  // ---- others that write at the same time

  @Test
  void whatSomebodyElseChangesOfAPoolAtTheSameTimeIsKept() {
    api.outrun(
        PATCH_POOL,
        () -> {
          finalizers(cluster.pool("index"), OTHERS);
          label(cluster.pool("index"));
        });
    cluster.apply("index", "{daemon: false, workers: 1}");

    await(
        () -> cluster.pool("index").getMetadata().getFinalizers(),
        all -> all.equals(List.of(OTHERS, Names.JOIN)));
    assertThat(cluster.pool("index").getMetadata().getLabels()).containsKey("example.com/team");
    cluster.run("index-0", 0);
    cluster.awaitMessage("index", "Joined");

    api.outrun(
        PATCH_POOL, () -> finalizers(cluster.pool("index"), Names.JOIN)); // its place is another
    cluster.deletePool("index");

    await(() -> cluster.pool("index"), gone -> gone == null);
    assertThat(cluster.anchor("index")).isNull();
  }

  @Test
  void aPodThatSomebodyElseChangesAtTheSameTimeIsGivenToItsNewOwnerAndKeepsThat() {
    cluster.apply("index", "{workers: 1}");
    cluster.run("index-0", 0);
    cluster.awaitMessage("index", "Joined");

    api.outrun("patch /pods", () -> label(cluster.pod("index-0")));
    cluster.patch("index", "{daemon: false}");

    await(
        () -> cluster.pod("index-0").getMetadata().getOwnerReferences(),
        owners -> owners.size() == 1 && owners.getFirst().getKind().equals("ConfigMap"));
    assertThat(cluster.pod("index-0").getMetadata().getLabels()).containsKey("example.com/team");
  }

  private Phase phase() {
    WorkerProcess there = cluster.process(NAME);
    return there == null || there.getStatus() == null ? null : there.getStatus().phase();
  }

  private void process() {
    cluster.queue.say(
        NAME,
        status ->
            status
                .setReady(1)
                .setProcess(
                    ProcessStatus.newBuilder()
                        .setSpec(ProcessSpec.newBuilder().setName("Process-1"))));
  }

  @Test
  void whatSomebodyElseChangesOfAProcessAtTheSameTimeIsKept() {
    process();
    cluster.runProcess(NAME);
    finalizers(cluster.process(NAME), OTHERS, Names.TERMINATE);
    label(cluster.process(NAME));
    await(() -> phase(), Phase.Running::equals);
    api.outrun(PATCH_PROCESS, () -> finalizers(cluster.process(NAME), Names.TERMINATE));

    cluster.client.resource(cluster.process(NAME)).delete();
    await(cluster.queue::told, told -> told.contains("signal 15"));
    assertThat(cluster.process(NAME).getMetadata().getLabels()).containsKey("example.com/team");
    cluster.queue.say(
        NAME, status -> status.setReady(0).clearWorkers().getProcessBuilder().setExited(true));

    await(() -> cluster.process(NAME), gone -> gone == null);
  }

  @Test
  void aStatusThatMeetsAConflictIsWrittenAllTheSame() {
    cluster.createQueuePod("default", 0);
    cluster.statefulSetReady("default-queue", 1);
    await(this::queueMessage, "Serving"::equals);
    process();
    cluster.apply("index", "{workers: 1}");
    cluster.run("index-0", 0);
    cluster.awaitMessage("index", "Joined");
    await(() -> phase(), Phase.Pending::equals);

    api.failOnce(409, PATCH_POOL + STATUS);
    cluster.queue.say("index", status -> status.setLeased(1));
    cluster.awaitMessage("index", "Working");
    api.failOnce(409, PATCH_PROCESS + STATUS);
    cluster.runProcess(NAME);
    await(() -> phase(), Phase.Running::equals);
    api.failOnce(409, PATCH_QUEUE + STATUS);
    cluster.statefulSetReady("default-queue", 0);
    await(this::queueMessage, "Starting"::equals);
    for (String patch : List.of(PATCH_POOL, PATCH_PROCESS, PATCH_QUEUE)) {
      assertThat(api.failedAtNanos(patch + STATUS)).as(patch).hasSize(1);
    }
  }

  @Test
  void whatMeetsAConflictWhileItIsMadeIsMadeOnce() {
    List<String> made = new CopyOnWriteArrayList<>();
    try (Watch _ = onMade(made)) {
      api.failOnce(409, "create /pods");
      cluster.apply("index", "{workers: 2}");
      cluster.awaitPods("index-0", "index-1");
      assertThat(api.failedAtNanos("create /pods")).hasSize(1);

      api.failOnce(409, "create /pods");
      process();
      cluster.awaitPods("index-0", "index-1", NAME);
      assertThat(api.failedAtNanos("create /pods")).hasSize(2);

      api.failOnce(409, "patch apps/statefulsets");
      cluster.patchQueue("default", "{nodeSelector: {disk: ssd}}");
      await(
          () -> set().getSpec().getTemplate().getSpec().getNodeSelector(),
          selector -> selector != null && "ssd".equals(selector.get("disk")));
      assertThat(api.failedAtNanos("patch apps/statefulsets")).hasSize(1);
      assertThat(made).containsExactlyInAnyOrder("index-0", "index-1", NAME);
    }
  }
}
