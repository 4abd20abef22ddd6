package dev.podpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.AsyncResult;
import dev.podpool.DeadItem;
import dev.podpool.JobOptions;
import dev.podpool.Podpool;
import dev.podpool.PoolInfo;
import dev.podpool.WorkerLostException;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Told.class)
class FaultsTest {

  @Test
  @DisplayName("4: kill a worker's pod, delete one, evict one, drain its node")
  void survivesTheLossOfWorkers() throws Exception {
    try (Stage stage = new Stage("e2e-lose")) {
      stage.pool("lose", 3);
      stage.waitFor("Ready", "lose");
      Podpool podpool = stage.podpool();
      AsyncResult<List<Integer>> all =
          podpool.pool("lose").mapAsync(Work::slowSquare, Work.numbers(4000));
      Stage.await("the first results", all::progress, progress -> progress.done() > 50);

      stage.kubectl("delete", "pod", "lose-1", "--wait=false");
      ready(stage, "lose", 3);
      assertThat(stage.client.pods().inNamespace(stage.namespace).withName("lose-2").evict())
          .isTrue();
      ready(stage, "lose", 3);
      String node = nodeWithout(stage, "default-queue-0");
      stage.kubectl(
          "drain",
          node,
          "--ignore-daemonsets",
          "--delete-emptydir-data",
          "--timeout=120s",
          "--pod-selector=podpool.dev/pool=lose");
      stage.kubectl("uncordon", node);
      ready(stage, "lose", 3);
      assertThat(podpool.poolInfo("lose").charged()).as("charged before the kill").isZero();
      stage.kill(stage.pods("lose").get(0));
      assertThat(all.get()).isEqualTo(Work.squares(4000));
    }
  }

  private static void ready(Stage stage, String pool, int workers) throws Exception {
    Stage.await(
        "ready workers of " + pool,
        () -> stage.pods(pool).stream().filter(FaultsTest::isReady).count(),
        ready -> ready == workers);
    Stage.await(
        "status.readyWorkers of " + pool,
        () -> stage.workerPool(pool).getStatus().readyWorkers(),
        ready -> ready == workers);
  }

  private static boolean isReady(Pod pod) {
    return pod.getMetadata().getDeletionTimestamp() == null
        && pod.getStatus().getConditions().stream()
            .anyMatch(
                condition ->
                    condition.getType().equals("Ready") && condition.getStatus().equals("True"));
  }

  /** A worker node that the pod is not on. */
  private static String nodeWithout(Stage stage, String pod) {
    String its =
        stage
            .client
            .pods()
            .inNamespace(stage.namespace)
            .withName(pod)
            .get()
            .getSpec()
            .getNodeName();
    return stage.client.nodes().list().getItems().stream()
        .filter(
            node ->
                !node.getMetadata()
                    .getLabels()
                    .containsKey("node-role.kubernetes.io/control-plane"))
        .map(node -> node.getMetadata().getName())
        .filter(name -> !name.equals(its))
        .findFirst()
        .orElseThrow(() -> new AssertionError("the cluster has one worker node only"));
  }

  @Test
  @DisplayName("5: an item that takes all memory is DEAD with its cause, the others are fine")
  void greedyItemsAreGivenUp() throws Exception {
    try (Stage stage = new Stage("e2e-oom")) {
      stage.pool("oom", 2, "  template:", "    resources:", "      limits: {memory: 384Mi}");
      stage.waitFor("Ready", "oom");
      Podpool podpool = stage.podpool();
      AsyncResult<List<Integer>> all =
          podpool
              .pool("oom")
              .with(
                  JobOptions.defaults()
                      .withMaxAttempts(2)
                      .withChunkSize(1)
                      .withRetention(Duration.ofHours(1)))
              .mapAsync(Work::greedySquare, Work.numbers(40));
      assertThatThrownBy(all::get).hasRootCauseInstanceOf(WorkerLostException.class);
      Stage.await("the job's end", () -> podpool.job(all.jobId()), job -> job.hasEnded());
      assertThat(podpool.job(all.jobId()).dead()).isEqualTo(1);
      List<DeadItem> dead = podpool.dead("oom");
      assertThat(dead).extracting(DeadItem::index).containsExactly(7L);
      assertThat(dead.get(0).cause()).contains("OOM");
    }
  }

  @Test
  @DisplayName("8: the operator is killed in mid-scale: it converges, no pod twice")
  void operatorDies() throws Exception {
    try (Stage stage = new Stage("e2e-operator")) {
      stage.pool("scale", 1);
      stage.waitFor("Ready", "scale");
      stage.kubectl("scale", "wp/scale", "--replicas=5");
      Stage.await("the first pods", () -> stage.names("scale").size(), size -> size > 1);
      stage.kubectl(
          "-n",
          Stage.SYSTEM,
          "delete",
          "pods",
          "-l",
          "app.kubernetes.io/component=operator",
          "--grace-period=0",
          "--force");
      ready(stage, "scale", 5);
      stage.kubectl("scale", "wp/scale", "--replicas=2");
      Stage.await("two pods", () -> stage.names("scale").size(), size -> size == 2);
      // Each place had one pod: another of that name would have another uid.
      assertThat(stage.names("scale")).containsExactly("scale-0", "scale-1");
      assertThat(
              stage
                  .kubectl(
                      "get",
                      "events",
                      "-o",
                      "jsonpath={range .items[?(@.reason==\"Scheduled\")]}{.involvedObject.name} {end}")
                  .split(" "))
          .filteredOn(name -> name.startsWith("scale-"))
          .doesNotHaveDuplicates();
    }
  }

  @Test
  @DisplayName("9: the queue's pod is killed in mid-map: the client rides it out")
  void queueDies() throws Exception {
    try (Stage stage = new Stage("e2e-queue")) {
      stage.pool("ride", 2);
      stage.waitFor("Ready", "ride");
      Podpool podpool = stage.podpool();
      AsyncResult<List<Integer>> all =
          podpool.pool("ride").mapAsync(Work::slowSquare, Work.numbers(800));
      Stage.await("the first results", all::progress, progress -> progress.done() > 50);
      stage.kill(
          stage.client.pods().inNamespace(stage.namespace).withName("default-queue-0").get());
      Stage.await("more results", all::progress, progress -> progress.done() > 300);
      stage.kubectl("delete", "pod", "default-queue-0", "--grace-period=0", "--force");
      assertThat(all.get()).isEqualTo(Work.squares(800));
      PoolInfo info = podpool.poolInfo("ride");
      assertThat(List.of(info.redelivered(), info.charged())).containsExactly(0L, 0L);
    }
  }

  @Test
  @DisplayName("18: the queue's volume is lost: nothing begins anew until a person says so")
  void volumeIsLost() throws Exception {
    try (Stage stage = new Stage("e2e-volume")) {
      stage.pool("lost", 1);
      stage.waitFor("Ready", "lost");
      assertThat(stage.podpool().pool("lost").map(Work::slowSquare, Work.numbers(10)))
          .isEqualTo(Work.squares(10));
      Stage.await(
          "the queue has data",
          () -> stage.kubectl("get", "configmaps", "-o", "name"),
          names -> names.contains("default-queue-data"));

      stage.kubectl("delete", "pvc/data-default-queue-0", "--wait=false");
      stage.kubectl("delete", "pod/default-queue-0", "--timeout=120s");
      Stage.await("the queue says so", () -> reason(stage, "qc/default"), "DataLost"::equals);
      Stage.await("the pool says so", () -> reason(stage, "wp/lost"), "QueueDataLost"::equals);
      assertThat(stage.events("default")).contains("DataLost: Pending: queue has an empty volume");
      assertThat(stage.names("lost")).containsExactly("lost-0");
      assertThatThrownBy(stage::podpool).hasMessageContaining("has lost its data");

      stage.kubectl("delete", "configmap/default-queue-data");
      Stage.await("the queue begins anew", () -> reason(stage, "qc/default"), "Serving"::equals);
      stage.waitFor("Ready", "lost");
      assertThat(stage.podpool().pool("lost").map(Work::slowSquare, Work.numbers(10)))
          .isEqualTo(Work.squares(10));
    }
  }

  /** Of its condition Ready. */
  private static String reason(Stage stage, String object) throws Exception {
    return stage.kubectl(
        "get", object, "-o", "jsonpath={.status.conditions[?(@.type==\"Ready\")].reason}");
  }

  @Test
  @DisplayName("13: a worker's node stops: its work goes on elsewhere, each outcome once")
  void nodeStops() throws Exception {
    try (Stage stage = new Stage("e2e-node")) {
      stage.pool("node", 4);
      stage.waitFor("Ready", "node");
      String node = nodeWithout(stage, "default-queue-0");
      assertThat(stage.pods("node"))
          .as("some worker is on " + node)
          .anyMatch(pod -> node.equals(pod.getSpec().getNodeName()));
      Podpool podpool = stage.podpool();
      AsyncResult<List<Integer>> all =
          podpool
              .pool("node")
              .with(JobOptions.defaults().withRetention(Duration.ofHours(1)))
              .mapAsync(Work::slowSquare, Work.numbers(2000));
      Stage.await("the first results", all::progress, progress -> progress.done() > 50);
      Shell.output("docker", "pause", node);
      try {
        assertThat(all.get()).isEqualTo(Work.squares(2000));
        assertThat(podpool.job(all.jobId()).done()).isEqualTo(2000);
      } finally {
        Shell.output("docker", "unpause", node);
      }
      Stage.await(
          "the node's return",
          () -> stage.kubectl("get", "node", node),
          line -> line.contains(" Ready"));
      Thread.sleep(Duration.ofSeconds(5));
      assertThat(podpool.job(all.jobId()).done()).as("nothing is recorded again").isEqualTo(2000);
    }
  }
}
