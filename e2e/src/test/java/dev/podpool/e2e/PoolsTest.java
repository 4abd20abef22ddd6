package dev.podpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.AsyncResult;
import dev.podpool.ConnectOptions;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import dev.podpool.PoolInfo;
import dev.podpool.crd.WorkerPool;
import dev.podpool.examples.cluster.WordCount;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Told.class)
class PoolsTest {

  @Test
  @DisplayName("1: apply the demo's manifest, map from outside and from a client's pod")
  void mapsFromOutsideAndFromAPod() throws Exception {
    try (Stage stage = new Stage("e2e-map")) {
      stage.applyFile("examples/index/pool.yaml");
      stage.waitFor("Ready", "index");
      assertThat(stage.names("index")).containsExactly("index-0", "index-1", "index-2", "index-3");

      try (Pool pool = stage.podpool().pool("index")) {
        assertThat(pool.map(Work::square, Work.numbers(1000))).isEqualTo(Work.squares(1000));
      }

      stage.clientPod();
      Shell.Ended mapped =
          stage.kubectlWith(
              "-1\n2\n-3\n",
              "exec",
              "-i",
              "client",
              "--",
              "podpool",
              "map",
              "index",
              "java.lang.Math::abs(int)");
      assertThat(mapped.output()).as(mapped.complaint()).isEqualTo("1\n2\n3\n");

      stage.waitFor("Joined", "index");
      assertThat(stage.kubectl("get", "wp", "index")).contains("Joined");
    }
  }

  @Test
  @DisplayName("1: workers whose image has the code, and an initializer in it")
  void codeIsInTheWorkersImage() throws Exception {
    try (Stage stage = new Stage("e2e-image")) {
      stage.applyFile("examples/cluster/own-image.yaml");
      stage.waitFor("Ready", "own-image");
      try (Podpool podpool =
              Podpool.connect(
                  ConnectOptions.defaults().withCodeInWorkers().toCluster(stage.cluster()));
          Pool pool = podpool.pool("own-image")) {
        assertThat(WordCount.count(pool, List.of("a b", "", " c "))).containsExactly(2, 0, 1);
      }
      assertThat(stage.kubectl("logs", "own-image-0")).contains("ready");
    }
  }

  @Test
  @DisplayName("Joined: kubectl wait never ends before what podpool submit handed in")
  void waitingForJoinedNeverEndsEarly() throws Exception {
    try (Stage stage = new Stage("e2e-joined")) {
      stage.pool("joined", 1);
      stage.waitFor("Ready", "joined");
      stage.clientPod();
      Podpool podpool = stage.podpool();
      for (int round = 0; round < 8; round++) {
        String id =
            stage.kubectl(
                "exec",
                "client",
                "--",
                "podpool",
                "submit",
                "joined",
                "java.lang.Thread::sleep(long)",
                String.valueOf(round % 2 == 0 ? 4000 : 100));
        if (round % 2 == 0) {
          assertThat(joined(stage)).as("with a task that takes 4 s").isEqualTo("False");
        }
        stage.waitFor("Joined", "joined");
        assertThat(podpool.job(UUID.fromString(id)).hasEnded()).as("round " + round).isTrue();
      }
    }
  }

  private static String joined(Stage stage) {
    return stage.workerPool("joined").getStatus().conditions().stream()
        .filter(condition -> condition.type().equals("Joined"))
        .map(condition -> condition.status().name())
        .findFirst()
        .orElse("missing");
  }

  @Test
  @DisplayName("2: kubectl scale: new workers take part in a running map")
  void newWorkersTakePart() throws Exception {
    try (Stage stage = new Stage("e2e-up")) {
      stage.pool("up", 1);
      stage.waitFor("Ready", "up");
      Pool pool = stage.podpool().pool("up");
      AsyncResult<List<String>> all = pool.mapAsync(Work::where, Work.numbers(300));
      Stage.await("the first results", all::progress, progress -> progress.done() > 5);
      stage.kubectl("scale", "wp/up", "--replicas=3");
      Set<String> workers = new HashSet<>(all.get());
      assertThat(workers).containsExactlyInAnyOrder("up-0", "up-1", "up-2");
    }
  }

  @Test
  @DisplayName("3: scale down under load: no item is redelivered")
  void scalesDownWithoutRedelivery() throws Exception {
    try (Stage stage = new Stage("e2e-down")) {
      stage.pool("down", 3);
      stage.waitFor("Ready", "down");
      Podpool podpool = stage.podpool();
      Pool pool = podpool.pool("down");
      AsyncResult<List<Integer>> all = pool.mapAsync(Work::slowSquare, Work.numbers(600));
      Stage.await("the first results", all::progress, progress -> progress.done() > 50);
      stage.kubectl("scale", "wp/down", "--replicas=1");
      assertThat(all.get()).isEqualTo(Work.squares(600));
      Stage.await("pods", () -> stage.names("down"), List.of("down-0")::equals);
      assertThat(podpool.poolInfo("down").redelivered()).isZero();
    }
  }

  @Test
  @DisplayName("6: a daemon pool is deleted: its pods go, who waits is told")
  void daemonGoesWithItsPods() throws Exception {
    try (Stage stage = new Stage("e2e-daemon")) {
      Podpool podpool = null;
      for (String cascade : List.of("background", "foreground", "orphan")) {
        String name = "daemon-" + cascade;
        stage.pool(name, 2, "  daemon: true");
        stage.waitFor("Ready", name);
        podpool = podpool == null ? stage.podpool() : podpool;
        AsyncResult<List<Integer>> all =
            podpool.pool(name).mapAsync(Work::verySlowSquare, Work.numbers(600));
        all.awaitAccepted();
        stage.kubectl("delete", "wp", name, "--cascade=" + cascade, "--wait=false");
        assertThatThrownBy(() -> all.get(60, TimeUnit.SECONDS))
            .hasStackTraceContaining(name)
            .hasStackTraceContaining("deleted");
        // Orphans end by themselves, as their pool is gone from the queue.
        Stage.await("pods", () -> stage.names(name), List::isEmpty);
        Stage.await("the pool's end", () -> stage.workerPool(name) == null, gone -> gone);
      }
    }
  }

  @Test
  @DisplayName("7: a pool that is no daemon is joined, then gone; or gone at its drainDeadline")
  void othersAreJoinedFirst() throws Exception {
    try (Stage stage = new Stage("e2e-join")) {
      stage.pool("patient", 2, "  daemon: false", "  drainDeadline: 10m");
      stage.pool("hasty", 1, "  daemon: false", "  drainDeadline: 5s");
      stage.waitFor("Ready", "patient");
      stage.waitFor("Ready", "hasty");
      Podpool podpool = stage.podpool();
      AsyncResult<List<Integer>> all =
          podpool.pool("patient").mapAsync(Work::slowSquare, Work.numbers(300));
      all.awaitAccepted();
      // In the foreground, which would delete the pods first if they were the pool's own.
      stage.kubectl("delete", "wp", "patient", "--cascade=foreground", "--wait=false");
      assertThat(all.get()).isEqualTo(Work.squares(300));
      Stage.await("pods", () -> stage.names("patient"), List::isEmpty);
      Stage.await("the pool's end", () -> stage.workerPool("patient") == null, gone -> gone);

      podpool.pool("hasty").mapAsync(Work::verySlowSquare, Work.numbers(600)).awaitAccepted();
      Instant deleted = Instant.now();
      stage.kubectl("delete", "wp", "hasty", "--timeout=120s");
      assertThat(Duration.between(deleted, Instant.now())).isGreaterThan(Duration.ofSeconds(5));
      assertThat(stage.events("hasty")).contains("DrainDeadline");
    }
  }

  @Test
  @DisplayName("10: another template rolls the workers without killing items")
  void rollsWithoutKilling() throws Exception {
    try (Stage stage = new Stage("e2e-roll")) {
      stage.pool("roll", 2);
      stage.waitFor("Ready", "roll");
      List<String> before = uids(stage, "roll");
      Podpool podpool = stage.podpool();
      AsyncResult<List<Integer>> all =
          podpool.pool("roll").mapAsync(Work::slowSquare, Work.numbers(800));
      Stage.await("the first results", all::progress, progress -> progress.done() > 10);
      stage.pool("roll", 2, "  template:", "    env:", "    - {name: GREETING, value: hello}");
      Stage.await(
          "new pods",
          () -> uids(stage, "roll"),
          now -> now.size() == 2 && now.stream().noneMatch(before::contains));
      assertThat(all.get()).isEqualTo(Work.squares(800));
      PoolInfo info = podpool.poolInfo("roll");
      assertThat(List.of(info.redelivered(), info.charged())).containsExactly(0L, 0L);
    }
  }

  private static List<String> uids(Stage stage, String pool) {
    return stage.pods(pool).stream().map(pod -> pod.getMetadata().getUid()).toList();
  }

  @Test
  @DisplayName("11: the API server refuses bad manifests, and says why")
  void badManifestsAreRefused() throws Exception {
    try (Stage stage = new Stage("e2e-bad")) {
      refused(stage, "  workers: -1", "spec.workers");
      refused(stage, "  workers: 1\n  slots: 0", "spec.slots");
      refused(stage, "  workers: 1\n  drainDeadline: soon", "drainDeadline");
      refused(stage, "  workers: 1\n  template: {hostNetwork: true}", "hostNetwork");
      refused(stage, "  workers: 1\n  unknown: 1", "unknown");
    }
  }

  private static void refused(Stage stage, String spec, String word) throws Exception {
    Shell.Ended ended =
        stage.kubectlWith(
            "apiVersion: podpool.dev/v1alpha1\nkind: WorkerPool\nmetadata: {name: bad}\nspec:\n"
                + spec
                + "\n",
            "apply",
            "-f",
            "-");
    assertThat(ended.exitCode()).isNotZero();
    assertThat(ended.complaint()).contains(word);
  }

  @Test
  @DisplayName("14: a namespace with a pool that is no daemon, and work, can be deleted")
  void namespacesGo() throws Exception {
    try (Stage stage = new Stage("e2e-gone")) {
      stage.pool("held", 2, "  daemon: false", "  drainDeadline: 24h");
      stage.waitFor("Ready", "held");
      stage
          .podpool()
          .pool("held")
          .mapAsync(Work::verySlowSquare, Work.numbers(3600))
          .awaitAccepted();
      stage.kubectl("delete", "namespace", stage.namespace, "--timeout=120s");
      assertThat(stage.client.namespaces().withName(stage.namespace).get()).isNull();
    }
  }

  @Test
  @DisplayName("16: two pools and two queues do not mix")
  void poolsAndQueuesDoNotMix() throws Exception {
    try (Stage stage = new Stage("e2e-two")) {
      stage.apply(
          """
          apiVersion: podpool.dev/v1alpha1
          kind: QueueCluster
          metadata: {name: other}
          """);
      stage.pool("same", 1);
      stage.pool("sibling", 1);
      stage.pool("elsewhere", 1, "  queue: other");
      for (String pool : List.of("same", "sibling", "elsewhere")) {
        stage.waitFor("Ready", pool);
      }
      Podpool first = stage.podpool();
      Podpool second = stage.podpool("other");
      assertThat(first.pools())
          .extracting(PoolInfo::name)
          .containsExactlyInAnyOrder("same", "sibling");
      assertThat(second.pools()).extracting(PoolInfo::name).containsExactly("elsewhere");
      AsyncResult<List<String>> same = first.pool("same").mapAsync(Work::where, Work.numbers(20));
      AsyncResult<List<String>> sibling =
          first.pool("sibling").mapAsync(Work::where, Work.numbers(20));
      AsyncResult<List<String>> elsewhere =
          second.pool("elsewhere").mapAsync(Work::where, Work.numbers(20));
      assertThat(same.get()).containsOnly("same-0");
      assertThat(sibling.get()).containsOnly("sibling-0");
      assertThat(elsewhere.get()).containsOnly("elsewhere-0");
      assertThatThrownBy(() -> first.job(elsewhere.jobId())).hasMessageContaining("job");
    }
  }

  @Test
  @DisplayName("17: scale to 0 with a backlog, and back")
  void scalesToZeroAndBack() throws Exception {
    try (Stage stage = new Stage("e2e-zero")) {
      stage.pool("zero", 2);
      stage.waitFor("Ready", "zero");
      Podpool podpool = stage.podpool();
      AsyncResult<List<Integer>> all =
          podpool.pool("zero").mapAsync(Work::slowSquare, Work.numbers(600));
      Stage.await("the first results", all::progress, progress -> progress.done() > 10);
      stage.kubectl("scale", "wp/zero", "--replicas=0");
      Stage.await("pods", () -> stage.names("zero"), List::isEmpty);
      Long unfinished =
          Stage.await(
              "status.unfinished",
              () -> stage.workerPool("zero").getStatus().unfinished(),
              count -> count != null && count > 0);
      assertThat(unfinished).isGreaterThan(0);
      WorkerPool pool = stage.workerPool("zero");
      assertThat(pool.getStatus().conditions())
          .anySatisfy(
              condition -> {
                assertThat(condition.type()).isEqualTo("Joined");
                assertThat(condition.status().name()).isEqualTo("False");
              });
      stage.kubectl("scale", "wp/zero", "--replicas=2");
      assertThat(all.get()).isEqualTo(Work.squares(600));
      assertThat(podpool.poolInfo("zero").charged()).isZero();
    }
  }
}
