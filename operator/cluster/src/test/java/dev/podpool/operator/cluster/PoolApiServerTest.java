package dev.podpool.operator.cluster;

import static dev.podpool.operator.cluster.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.crd.Condition.Truth;
import dev.podpool.crd.WorkerPoolStatus;
import dev.podpool.testing.ApiServer;
import dev.podpool.testing.OnApiServer;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pools on a real API server. */
@OnApiServer
class PoolApiServerTest {

  private TestCluster cluster;

  @BeforeEach
  void start(ApiServer server) throws Exception {
    cluster = TestCluster.started(server);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void aPoolMakesItsPodsAndSaysSo() {
    cluster.apply("index", "{workers: 2}");

    cluster.awaitPods("index-0", "index-1");
    cluster.awaitMessage("index", "Starting: 0 of 2 workers ready");
    cluster.run("index-0", 0);
    cluster.run("index-1", 0);
    cluster.awaitMessage("index", "Joined");

    WorkerPoolStatus status = cluster.pool("index").getStatus();
    assertThat(status.workers()).isEqualTo(2);
    assertThat(status.readyWorkers()).isEqualTo(2);
    assertThat(status.unfinished()).isZero();
    assertThat(status.queueIndex()).isPositive();
    assertThat(status.selector())
        .isEqualTo("podpool.dev/pool=index,app.kubernetes.io/component=worker");
    assertThat(status.observedGeneration()).isEqualTo(1);
    assertThat(cluster.condition("index", "Ready").status()).isEqualTo(Truth.True);
    assertThat(cluster.condition("index", "Joined").status()).isEqualTo(Truth.True);
    assertThat(cluster.condition("index", "Progressing").status()).isEqualTo(Truth.False);
    assertThat(cluster.queue.definition("index").getUid())
        .isEqualTo(cluster.pool("index").getMetadata().getUid());
    await(() -> cluster.queue.published("index"), index -> index >= status.queueIndex());
  }

  @Test
  void podsOfADaemonPoolGoWithIt() {
    var pool = cluster.apply("daemon", "{}");
    cluster.awaitPods("daemon-0");

    OwnerReference owner = cluster.pod("daemon-0").getMetadata().getOwnerReferences().getFirst();

    assertThat(owner.getUid()).isEqualTo(pool.getMetadata().getUid());
    assertThat(owner.getKind()).isEqualTo("WorkerPool");
    assertThat(owner.getController()).isTrue();
    assertThat(owner.getBlockOwnerDeletion()).isTrue();
    assertThat(cluster.pool("daemon").getMetadata().getFinalizers()).isEmpty();
    cluster.deletePool("daemon");
    await(cluster.queue::told, told -> told.contains("delete daemon"));
    assertThat(cluster.pool("daemon")).isNull();
  }

  @Test
  void aPoolThatIsNoDaemonIsJoinedBeforeItGoes() {
    cluster.apply("joined", "{daemon: false, workers: 1}");
    cluster.run("joined-0", 1);
    cluster.queue.say("joined", status -> status.setLeased(1).setReady(1));
    cluster.awaitMessage("joined", "Working");
    OwnerReference owner = cluster.pod("joined-0").getMetadata().getOwnerReferences().getFirst();
    assertThat(owner.getKind()).isEqualTo("ConfigMap");
    assertThat(owner.getName()).isEqualTo("joined-members");

    cluster.deletePool("joined");
    cluster.awaitMessage("joined", "Draining: 2 tasks unfinished");
    assertThat(cluster.condition("joined", "Draining").status()).isEqualTo(Truth.True);
    assertThat(cluster.pod("joined-0").getMetadata().getDeletionTimestamp()).isNull();

    cluster.queue.say("joined", status -> status.setLeased(0).setReady(0));
    await(() -> isGoing(cluster.pod("joined-0")), going -> going);
    cluster.reap("joined-0");
    await(() -> cluster.pool("joined"), pool -> pool == null);
    assertThat(cluster.queue.told()).contains("delete joined");
    assertThat(cluster.anchor("joined")).isNull();
  }

  @Test
  void aPoolShrinksByItsIdleWorkerAndCordonsItFirst() {
    cluster.apply("shrunk", "{workers: 2}");
    cluster.run("shrunk-0", 0);
    cluster.run("shrunk-1", 3);
    cluster.queue.say("shrunk", status -> status.setLeased(3));
    cluster.awaitMessage("shrunk", "Working");

    cluster.patch("shrunk", "{workers: 1}");

    await(() -> isGoing(cluster.pod("shrunk-0")), going -> going);
    assertThat(cluster.queue.told()).contains("cordon shrunk-0").doesNotContain("cordon shrunk-1");
    assertThat(cluster.events("Stopped").getFirst().getMessage())
        .isEqualTo("Stopped worker shrunk-0: scaled down");
    cluster.reap("shrunk-0");
    cluster.awaitMessage("shrunk", "Working");
    cluster.awaitPods("shrunk-1");
  }

  @Test
  void aBusyWorkerThatIsTooManyStaysCordonedUntilTheSpecWantsItAgain() {
    cluster.apply("busy", "{workers: 1}");
    cluster.run("busy-0", 2);
    cluster.awaitMessage("busy", "Joined");
    cluster.patch("busy", "{workers: 0}");
    await(cluster.queue::told, told -> told.contains("cordon busy-0"));
    assertThat(cluster.pod("busy-0").getMetadata().getAnnotations()).containsKey(Names.CORDONED_AT);

    cluster.patch("busy", "{workers: 1}");

    await(cluster.queue::told, told -> told.contains("uncordon busy-0"));
    await(
        () -> cluster.pod("busy-0").getMetadata().getAnnotations(),
        annotations -> !annotations.containsKey(Names.CORDONED_AT));
    assertThat(isGoing(cluster.pod("busy-0"))).isFalse();
  }

  @Test
  void aWorkerThatJoinsTheQueueAfterItWasCordonedIsCordonedThereToo() {
    cluster.apply("late", "{workers: 1}");
    cluster.run("late-0", 1);
    cluster.awaitMessage("late", "Joined");
    cluster.patch("late", "{workers: 0}");
    await(cluster.queue::told, told -> told.contains("cordon late-0"));

    cluster.run("late-0", 1); // its session was lost, and this is another

    await(cluster.queue::told, told -> told.stream().filter("cordon late-0"::equals).count() == 2);
  }

  @Test
  void aWorkerThatSomebodyHasCordonedByHandStaysSo() {
    cluster.apply("hand", "{workers: 1}");
    cluster.run("hand-0", 0);
    cluster.awaitMessage("hand", "Joined");

    cluster.queue.say("hand", status -> status.getWorkersBuilder(0).setCordoned(true));

    cluster.awaitMessage("hand", "Drained by hand: 1 of 1 workers cordoned");
    assertThat(cluster.queue.told()).doesNotContain("uncordon hand-0");
    cluster.queue.reachable(false);
    cluster.awaitMessage("hand", "Queue unreachable");
  }

  @Test
  void aWorkerThatRunsOutOfMemoryIsReplacedAndItsEndIsToldWithItsCause() {
    cluster.apply("oom", "{workers: 1, template: {resources: {limits: {memory: 512Mi}}}}");
    cluster.run("oom-0", 1);
    cluster.awaitMessage("oom", "Joined");
    String uid = cluster.pod("oom-0").getMetadata().getUid();

    cluster.end("oom-0", 137, "OOMKilled");

    await(
        () -> cluster.pod("oom-0"), pod -> pod != null && !pod.getMetadata().getUid().equals(uid));
    assertThat(cluster.queue.told()).contains("ended -9 exit -9, OOMKilled, limit 512Mi");
    assertThat(cluster.events("OOMKilled").getFirst().getMessage())
        .isEqualTo("Worker oom-0 died: exit -9, OOMKilled, limit 512Mi");
  }

  @Test
  void workersThatDieAtOnceAreStartedMoreAndMoreSeldomAndTheStatusSaysWhy() {
    cluster.apply("crash", "{workers: 1}");
    for (int death = 0; death < 3; death++) {
      await(() -> cluster.pod("crash-0"), pod -> pod != null && !new WorkerPod(pod).hasEnded());
      cluster.end("crash-0", 1, "Error");
    }

    await(
        () -> cluster.message("crash"),
        message ->
            message.matches(
                "Worker crash-0 died, [23] times in a row \\(exit 1\\): starts are [12] s apart"));
    assertThat(cluster.condition("crash", "Ready").reason()).isEqualTo("WorkerDied");
  }

  @Test
  void anEvictedWorkersEndIsToldAsADisruption() {
    cluster.apply("evicted", "{workers: 1}");
    cluster.run("evicted-0", 1);
    cluster.awaitMessage("evicted", "Joined");

    cluster.evict("evicted-0", "The node was low on resource: memory.");

    await(
        cluster.queue::told,
        told -> told.contains("ended 0 Evicted: The node was low on resource: memory. disrupted"));
  }

  @Test
  void theEndOfADeletedWorkerIsToldThoughItsPodIsGoneAtOnce() {
    cluster.apply("drained", "{workers: 1}");
    cluster.run("drained-0", 1);
    cluster.awaitMessage("drained", "Joined");
    cluster.bind("drained-0"); // a pod without a node has nothing to end

    cluster.client.pods().inNamespace(cluster.namespace).withName("drained-0").delete();
    cluster.end("drained-0", 137, "Error");
    cluster.reap("drained-0");

    await(cluster.queue::told, told -> told.contains("ended -9 exit -9 disrupted"));
    assertThat(cluster.events("WorkerDied")).isEmpty();
  }

  @Test
  void aWorkerWhoseNodeIsLostMakesWay() {
    cluster.apply("lost", "{workers: 1}");
    cluster.run("lost-0", 1);
    cluster.awaitMessage("lost", "Joined");
    cluster.bind("lost-0");
    String uid = cluster.pod("lost-0").getMetadata().getUid();
    cluster.client.pods().inNamespace(cluster.namespace).withName("lost-0").delete();
    await(() -> cluster.message("lost"), "Starting: 0 of 1 worker ready"::equals);
    assertThat(cluster.pod("lost-0").getMetadata().getUid()).isEqualTo(uid);

    cluster.ahead = Duration.ofMinutes(2);
    cluster.queue.say("lost", status -> {});

    await(
        () -> cluster.pod("lost-0"), pod -> pod != null && !pod.getMetadata().getUid().equals(uid));
    assertThat(cluster.events("WorkerForceDeleted")).hasSize(1);
    assertThat(cluster.queue.told()).noneMatch(told -> told.startsWith("ended"));
  }

  @Test
  void whatKeepsWorkersFromRunningIsInTheStatusAndInAnEvent() {
    cluster.apply("pending", "{workers: 1}");
    cluster.awaitPods("pending-0");

    cluster.unschedulable("pending-0", "0/3 nodes are available: 3 Insufficient cpu.");

    cluster.awaitMessage("pending", "Pending: 1 worker unschedulable (cpu)");
    assertThat(cluster.condition("pending", "Ready").reason()).isEqualTo("Unschedulable");
    await(() -> cluster.events("Unschedulable"), events -> events.size() == 1);
  }

  @Test
  void aFailingInitializerIsInTheStatus() {
    cluster.apply("initial", "{workers: 1}");
    cluster.awaitPods("initial-0");

    cluster.queue.say(
        "initial",
        status ->
            status
                .getFailureBuilder()
                .setFailures(5)
                .getFailureBuilder()
                .setMessage("/models absent"));

    cluster.awaitMessage("initial", "Initializer failed 5 times: /models absent");
    await(() -> cluster.events("InitializerFailed"), events -> events.size() == 1);
  }

  @Test
  void podsThatTheServerRefusesAreInTheStatusAndTriedAgainLater() {
    cluster.quota("pods", "1");
    cluster.apply("quota", "{workers: 2}");

    await(
        () -> cluster.condition("quota", "Ready"),
        ready -> ready != null && "QuotaExceeded".equals(ready.reason()));
    assertThat(cluster.message("quota")).startsWith("Pending: workers refused: ");
    assertThat(cluster.podNames()).hasSize(1);

    cluster.quota("pods", "2");

    cluster.awaitPods("quota-0", "quota-1");
  }

  @Test
  void aPodOfSomebodyElseInAPlaceIsNamedAndLeftAlone() {
    cluster.createPod("taken-0");
    cluster.apply("taken", "{workers: 2}");

    cluster.awaitMessage(
        "taken",
        "Pending: workers refused: pod taken-0 exists and is not this pool's: delete it, or name"
            + " the pool otherwise");
    assertThat(isGoing(cluster.pod("taken-0"))).isFalse();
  }

  @Test
  void aChangedTemplateReplacesWorkersOneByOne() {
    cluster.apply("rolled", "{workers: 1}");
    cluster.run("rolled-0", 0);
    cluster.awaitMessage("rolled", "Joined");
    String uid = cluster.pod("rolled-0").getMetadata().getUid();

    cluster.patch("rolled", "{template: {image: 'other:2'}}");

    Pod next =
        await(
            () -> cluster.pod("rolled-0"),
            pod -> pod != null && !pod.getMetadata().getUid().equals(uid));
    assertThat(next.getSpec().getContainers().getFirst().getImage()).isEqualTo("other:2");
    assertThat(cluster.queue.told()).contains("cordon rolled-0");
  }

  @Test
  void anOperatorThatComesAnewGoesOnWithoutASecondPodOrAWrite() {
    cluster.apply("kept", "{workers: 2}");
    cluster.run("kept-0", 0);
    cluster.run("kept-1", 0);
    cluster.awaitMessage("kept", "Joined");
    cluster.stopOperator();
    String version = cluster.pool("kept").getMetadata().getResourceVersion();
    var uids = cluster.pods().stream().map(pod -> pod.getMetadata().getUid()).toList();
    long published = cluster.queue.published("kept");
    cluster.queue.say("kept", status -> {});

    cluster.startOperator();

    await(() -> cluster.queue.published("kept"), index -> index > published);
    assertThat(cluster.pods().stream().map(pod -> pod.getMetadata().getUid()).toList())
        .isEqualTo(uids);
    assertThat(cluster.pool("kept").getMetadata().getResourceVersion()).isEqualTo(version);
  }

  @Test
  void idlePoolsCostNoCallHoweverOftenTheyAreLookedAt() {
    for (int i = 0; i < 30; i++) {
      cluster.apply("idle-" + i, "{workers: 0}");
    }
    for (int i = 0; i < 30; i++) {
      cluster.awaitMessage("idle-" + i, "Joined");
    }
    cluster.ahead = Duration.ofMinutes(1); // past any time at which counts are due
    int before = OperatorAccount.CALLS.get();

    for (int i = 0; i < 30; i++) {
      String pool = "idle-" + i;
      long published = cluster.queue.published(pool);
      cluster.queue.say(pool, status -> status.setSucceeded(7));
      await(() -> cluster.queue.published(pool), index -> index > published);
    }

    assertThat(OperatorAccount.CALLS.get()).isEqualTo(before);
  }

  @Test
  void aPoolWhoseQueueDoesNotAnswerKeepsItsWorkers() {
    cluster.apply("cut", "{workers: 1}");
    cluster.run("cut-0", 0);
    cluster.awaitMessage("cut", "Joined");

    cluster.queue.reachable(false);

    cluster.awaitMessage("cut", "Queue unreachable");
    assertThat(cluster.condition("cut", "Ready").status()).isEqualTo(Truth.False);
    assertThat(cluster.condition("cut", "Joined").status()).isEqualTo(Truth.Unknown);
    assertThat(cluster.condition("cut", "QueueReachable").status()).isEqualTo(Truth.False);
    assertThat(isGoing(cluster.pod("cut-0"))).isFalse();
  }

  @Test
  void aPoolWithoutWorkersIsReadyOnceItsQueueKnowsIt() {
    cluster.apply("none", "{workers: 0, queue: later}");
    cluster.awaitMessage(
        "none", "No QueueCluster later in this namespace: make one, or change spec.queue");
    assertThat(cluster.condition("none", "Ready").status()).isEqualTo(Truth.False);

    cluster.createQueue("later");

    cluster.awaitMessage("none", "Joined");
    assertThat(cluster.condition("none", "Ready").status()).isEqualTo(Truth.True);
  }

  @Test
  void aPoolWithoutAQueueSaysSoAndStartsWhenItComes() {
    cluster.apply("homeless", "{queue: other}");
    cluster.awaitMessage(
        "homeless", "No QueueCluster other in this namespace: make one, or change spec.queue");
    assertThat(cluster.podNames()).isEmpty();

    cluster.createQueue("other");

    cluster.awaitPods("homeless-0");
  }

  @Test
  void aPoolThatIsNoDaemonAnyMoreIsGivenToItsAnchorAndBack() {
    var pool = cluster.apply("switch", "{workers: 1}");
    cluster.run("switch-0", 0);
    cluster.awaitMessage("switch", "Joined");

    cluster.patch("switch", "{daemon: false}");

    await(() -> ownerOf("switch-0").getKind(), "ConfigMap"::equals);
    assertThat(cluster.pool("switch").getMetadata().getFinalizers()).containsExactly(Names.JOIN);
    cluster.patch("switch", "{daemon: true}");
    await(() -> ownerOf("switch-0").getUid(), pool.getMetadata().getUid()::equals);
    await(() -> cluster.pool("switch").getMetadata().getFinalizers().size(), size -> size == 0);
    await(() -> cluster.anchor("switch"), anchor -> anchor == null);
    assertThat(isGoing(cluster.pod("switch-0"))).isFalse();
  }

  @Test
  void aPoolThatIsNotJoinedInTimeGoesAllTheSameAndAnEventSaysSo() {
    cluster.apply("slow", "{daemon: false, drainDeadline: 2s}");
    cluster.run("slow-0", 1);
    cluster.queue.say("slow", status -> status.setLeased(1));
    cluster.awaitMessage("slow", "Working");

    cluster.deletePool("slow");

    await(() -> isGoing(cluster.pod("slow-0")), going -> going);
    cluster.reap("slow-0");
    await(() -> cluster.pool("slow"), gone -> gone == null);
    assertThat(cluster.events("DrainDeadlinePassed").getFirst().getMessage())
        .isEqualTo("drainDeadline of 2s has passed: 1 task is cancelled");
  }

  @Test
  void aNamespaceThatIsDeletedIsNotHeldUp() {
    cluster.apply("doomed", "{daemon: false}");
    cluster.run("doomed-0", 1);
    cluster.queue.say("doomed", status -> status.setLeased(1));
    cluster.awaitMessage("doomed", "Working");
    cluster.client.namespaces().withName(cluster.namespace).delete();

    cluster.deletePool("doomed");

    await(() -> cluster.pool("doomed"), gone -> gone == null);
  }

  @Test
  void anOrphanInAPoolsPlaceMakesWay() {
    cluster.createPod("heir-0", "heir");
    String uid = cluster.pod("heir-0").getMetadata().getUid();

    cluster.apply("heir", "{workers: 1}");

    Pod own =
        await(
            () -> cluster.pod("heir-0"),
            pod -> pod != null && !pod.getMetadata().getUid().equals(uid));
    assertThat(ownerOf("heir-0").getKind()).isEqualTo("WorkerPool");
    assertThat(own.getMetadata().getAnnotations()).containsKey(Names.TEMPLATE);
  }

  @Test
  void aConfigMapOfSomebodyElseInThePlaceOfAnAnchorIsNamedAndLeftAlone() {
    cluster.createConfigMap("owned-members");

    cluster.apply("owned", "{daemon: false}");

    cluster.awaitMessage(
        "owned",
        "Pending: workers refused: ConfigMap owned-members exists and is not this pool's: delete"
            + " it, or name the pool otherwise");
    assertThat(cluster.anchor("owned")).isNotNull();
    assertThat(cluster.podNames()).isEmpty();
  }

  @Test
  void aPoolOfTheSameNameIsAnother() {
    cluster.apply("again", "{}");
    cluster.awaitPods("again-0");
    String uid = cluster.pool("again").getMetadata().getUid();
    cluster.stopOperator();
    cluster.deletePool("again");
    cluster.reap("again-0");
    cluster.apply("again", "{}");

    cluster.startOperator();

    await(() -> cluster.queue.definition("again").getUid(), now -> !now.equals(uid));
    assertThat(cluster.queue.told()).containsSubsequence("delete again", "define again");
    cluster.awaitPods("again-0");
    assertThat(ownerOf("again-0").getUid()).isEqualTo(cluster.pool("again").getMetadata().getUid());
  }

  private OwnerReference ownerOf(String pod) {
    return cluster.pod(pod).getMetadata().getOwnerReferences().getFirst();
  }

  private static boolean isGoing(Pod pod) {
    return pod == null || pod.getMetadata().getDeletionTimestamp() != null;
  }
}
