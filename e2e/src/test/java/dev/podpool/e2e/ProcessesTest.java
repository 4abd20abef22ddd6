package dev.podpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.podpool.PodProcess;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import dev.podpool.SharedLock;
import dev.podpool.SharedMap;
import dev.podpool.crd.WorkerProcess;
import dev.podpool.crd.WorkerProcessStatus.Phase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Processes as pods. A pool first: with it the default queue is made. */
@ExtendWith(Told.class)
class ProcessesTest {

  private static Podpool started(Stage stage) throws Exception {
    stage.pool("any", 1);
    stage.waitFor("Ready", "any");
    return stage.podpool();
  }

  private static List<WorkerProcess> all(Stage stage) {
    return stage
        .client
        .resources(WorkerProcess.class)
        .inNamespace(stage.namespace)
        .list()
        .getItems();
  }

  private static WorkerProcess named(Stage stage, String name) {
    return all(stage).stream()
        .filter(process -> process.getSpec().processName().equals(name))
        .findFirst()
        .orElse(null);
  }

  private static WorkerProcess awaitPhase(Stage stage, String name, Phase phase) throws Exception {
    return Stage.await(
        name + " is " + phase,
        () -> named(stage, name),
        process ->
            process != null && process.getStatus() != null && process.getStatus().phase() == phase);
  }

  private static void join(PodProcess process) throws InterruptedException {
    assertThat(process.join(Stage.PATIENCE)).as("%s ends", process).isTrue();
  }

  @Test
  @DisplayName("P1: processes started from outside end with exit codes, as kubectl shows")
  void endsAreExitCodes() throws Exception {
    try (Stage stage = new Stage("e2e-exits")) {
      Podpool podpool = started(stage);
      PodProcess quiet = podpool.process(Work::returnAtOnce).name("quiet");
      PodProcess odd = podpool.process(Work::throwAtOnce).name("odd");
      PodProcess three = podpool.process(Work::exitWith, 3).name("three");
      List<PodProcess> started = List.of(quiet, odd, three);
      started.forEach(PodProcess::start);
      for (PodProcess process : started) {
        join(process);
      }

      assertThat(started.stream().map(PodProcess::exitCode)).containsExactly(0, 1, 3);
      assertThat(odd.exitReason()).contains("no such luck");
      assertThat(awaitPhase(stage, "quiet", Phase.Succeeded).getStatus().exitCode()).isZero();
      WorkerProcess failed = awaitPhase(stage, "odd", Phase.Failed);
      assertThat(failed.getStatus().exitCode()).isEqualTo(1);
      assertThat(failed.getStatus().reason()).isEqualTo("IllegalStateException");
      assertThat(awaitPhase(stage, "three", Phase.Failed).getStatus().exitCode()).isEqualTo(3);
      List<String> table = stage.kubectl("get", "wproc").lines().toList();
      assertThat(table.get(0).split(" +"))
          .containsExactly(
              "NAME", "PROCESS", "PID", "EXIT", "DAEMON", "PARENT", "STATUS", "REASON", "AGE");
      assertThat(table).hasSize(4).anyMatch(line -> line.matches(".* three +\\d+ +3 .* Failed .*"));
      stage.kubectl("wait", "--for=condition=Exited", "wproc", "--all", "--timeout=60s");

      started.forEach(PodProcess::close);
      Stage.await("what is closed is gone", () -> all(stage), List::isEmpty);
    }
  }

  @Test
  @DisplayName("P2: processes are killed, terminated, and ended by kubectl delete")
  void signalsEndThem() throws Exception {
    try (Stage stage = new Stage("e2e-signals")) {
      Podpool podpool = started(stage);
      PodProcess killed = podpool.process(Work::hang).name("killed");
      PodProcess terminated = podpool.process(Work::hang).name("terminated");
      PodProcess deleted = podpool.process(Work::hang).name("deleted");
      PodProcess podless = podpool.process(Work::hang).name("podless");
      for (PodProcess process : List.of(killed, terminated, deleted, podless)) {
        process.start();
        awaitPhase(stage, process.name(), Phase.Running);
        assertThat(process.pid()).isPositive();
      }

      killed.kill();
      terminated.terminate();
      String name = named(stage, "deleted").getMetadata().getName();
      stage.kubectl("delete", "wproc", name, "--timeout=120s");
      stage.kubectl(
          "delete", "pod", named(stage, "podless").getMetadata().getName(), "--timeout=120s");
      for (PodProcess process : List.of(killed, terminated, deleted, podless)) {
        join(process);
      }

      assertThat(killed.exitCode()).isEqualTo(-9);
      assertThat(terminated.exitCode()).isEqualTo(-15);
      assertThat(deleted.exitCode()).isEqualTo(-15);
      assertThat(podless.exitCode()).isEqualTo(-15);
      Stage.await(
          "the deleted one's pod is gone",
          () -> stage.client.pods().inNamespace(stage.namespace).withName(name).get() == null,
          gone -> gone);
      assertThat(awaitPhase(stage, "killed", Phase.Failed).getStatus().reason())
          .isEqualTo("SIGKILL");
    }
  }

  @Test
  @DisplayName("P3: a daemon is gone with its parent's connection; another process is waited for")
  void daemonsGoWithTheirParent() throws Exception {
    try (Stage stage = new Stage("e2e-daemons")) {
      Podpool podpool = started(stage);
      PodProcess daemon = podpool.process(Work::hang).name("daemon").daemon(true);
      PodProcess brief = podpool.process(Work::sleepMillis, 5_000).name("brief");
      daemon.start();
      brief.start();
      String name = awaitPhase(stage, "daemon", Phase.Running).getMetadata().getName();
      awaitPhase(stage, "brief", Phase.Running);

      podpool.close();

      Stage.await("the daemon is gone", () -> named(stage, "daemon") == null, gone -> gone);
      Stage.await(
          "its pod is gone",
          () -> stage.client.pods().inNamespace(stage.namespace).withName(name).get() == null,
          gone -> gone);
    }
  }

  @Test
  @DisplayName("P4: an operator that is killed meanwhile starts nothing twice")
  void operatorsMayEnd() throws Exception {
    try (Stage stage = new Stage("e2e-once")) {
      Podpool podpool = started(stage);
      PodProcess process = podpool.process(Work::sleepMillis, 20_000).name("once");
      process.start();
      String uid = awaitPhase(stage, "once", Phase.Running).getMetadata().getUid();
      stage
          .client
          .pods()
          .inNamespace(Stage.SYSTEM)
          .withLabel("app.kubernetes.io/component", "operator")
          .withGracePeriod(0)
          .delete();

      assertThat(process.join(Duration.ofMinutes(3))).isTrue();

      assertThat(process.exitCode()).isZero();
      WorkerProcess ended = awaitPhase(stage, "once", Phase.Succeeded);
      assertThat(ended.getMetadata().getUid()).isEqualTo(uid);
    }
  }

  @Test
  @DisplayName("P5: a function in a pool's worker shares a lock and a map, and starts a process")
  void functionsStartProcesses() throws Exception {
    try (Stage stage = new Stage("e2e-children")) {
      Podpool podpool = started(stage);
      SharedLock lock = podpool.lock("turn");
      SharedMap<String, Long> counts = podpool.sharedMap("counts", String.class, Long.class);
      try (Pool pool = podpool.pool("any")) {
        assertThat(pool.apply(Work::countAndStart, lock, counts))
            .startsWith("0, and may not ask: ")
            .contains("may ask about what processes share");
      }
      assertThat(counts.entries().toList())
          .extracting(Map.Entry::getKey, Map.Entry::getValue)
          .containsExactlyInAnyOrder(
              tuple("MainProcess", 1L), tuple("all", 2L), tuple("child", 1L));
      assertThat(lock.isLocked()).isFalse();
      WorkerProcess child = awaitPhase(stage, "child", Phase.Succeeded);
      assertThat(child.getStatus().exitCode()).isZero();
      assertThat(child.getSpec().parent()).isEqualTo("any-0");
    }
  }

  @Test
  @DisplayName("P6: a daemon that a process has started in its pod goes with that")
  void daemonsOfProcessesGoWithThem() throws Exception {
    try (Stage stage = new Stage("e2e-grandchildren")) {
      Podpool podpool = started(stage);
      PodProcess starter = podpool.process(Work::hangWithDaemon).name("outer");
      starter.start();
      try {
        WorkerProcess inner = awaitPhase(stage, "inner", Phase.Running);
        WorkerProcess outer = named(stage, "outer");
        String parent = outer.getMetadata().getName();
        assertThat(inner.getMetadata().getOwnerReferences())
            .singleElement()
            .satisfies(
                owner -> {
                  assertThat(owner.getKind()).isEqualTo("WorkerProcess");
                  assertThat(owner.getUid()).isEqualTo(outer.getMetadata().getUid());
                });
        String row = ".* inner +\\d+ +true +" + parent + " +Running .*";
        Stage.await(
            "kubectl shows whose it is",
            () -> stage.kubectl("get", "wproc").lines().toList(),
            lines -> lines.stream().anyMatch(line -> line.matches(row)));

        stage.kubectl("delete", "wproc", parent, "--timeout=120s");

        Stage.await("the daemon is gone", () -> all(stage), List::isEmpty);
        String pod = inner.getMetadata().getName();
        Stage.await(
            "its pod is gone",
            () -> stage.client.pods().inNamespace(stage.namespace).withName(pod).get() == null,
            gone -> gone);
      } finally {
        starter.kill(); // else the connection waits for it when it is closed
      }
    }
  }
}
