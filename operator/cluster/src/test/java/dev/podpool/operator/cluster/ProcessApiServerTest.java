package dev.podpool.operator.cluster;

import static dev.podpool.operator.cluster.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.podpool.crd.WorkerProcess;
import dev.podpool.crd.WorkerProcessSpec;
import dev.podpool.crd.WorkerProcessStatus;
import dev.podpool.crd.WorkerProcessStatus.Phase;
import dev.podpool.protocol.ProcessSpec;
import dev.podpool.protocol.ProcessStatus;
import dev.podpool.protocol.WorkerStart;
import dev.podpool.session.RandomId;
import dev.podpool.testing.ApiServer;
import dev.podpool.testing.OnApiServer;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Processes on a real API server. */
@OnApiServer
class ProcessApiServerTest {

  private static final String NAME = "process-0123456789abcdef";

  private TestCluster cluster;

  @BeforeEach
  void start(ApiServer server) throws Exception {
    cluster = TestCluster.started(server);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  // ---- what the queue says

  private void defined(String name, ProcessSpec.Builder spec) {
    cluster.queue.say(
        name, status -> status.setReady(1).setProcess(ProcessStatus.newBuilder().setSpec(spec)));
  }

  private void defined() {
    defined(NAME, ProcessSpec.newBuilder().setName("Process-1"));
  }

  private void said(String name, Consumer<ProcessStatus.Builder> change) {
    cluster.queue.say(name, status -> change.accept(status.getProcessBuilder()));
  }

  private void exited(int code, String cause) {
    cluster.queue.say(NAME, status -> status.setReady(0).setLeased(0).clearWorkers());
    said(NAME, process -> process.setExited(true).setExitCode(code).setCause(cause));
  }

  /** Its pod runs, and its worker has the item. */
  private void comesUp() {
    cluster.runProcess(NAME);
    cluster.queue.say(NAME, status -> status.setReady(0).setLeased(1));
    said(NAME, process -> process.setPid(42));
    await(() -> status(NAME), now -> now != null && now.pid() != null);
  }

  private Phase phase(String name) {
    WorkerProcessStatus status = status(name);
    return status == null ? null : status.phase();
  }

  private WorkerProcessStatus status(String name) {
    WorkerProcess there = cluster.process(name);
    return there == null ? null : there.getStatus();
  }

  private void delete(String name) {
    cluster
        .client
        .resources(WorkerProcess.class)
        .inNamespace(cluster.namespace)
        .withName(name)
        .delete();
  }

  // ---- its life

  @Test
  void aProcessThatTheQueueTellsOfGetsAPod() throws Exception {
    defined(
        NAME,
        ProcessSpec.newBuilder()
            .setName("Process-1")
            .setParent("process-gone")
            .setParentName("Process-9")
            .setParentPid(7));

    cluster.awaitPods(NAME);

    WorkerProcess process = cluster.process(NAME);
    assertThat(process.getSpec())
        .isEqualTo(new WorkerProcessSpec("Process-1", false, "process-gone", "default"));
    assertThat(process.getMetadata().getOwnerReferences()).isEmpty();
    Pod pod = cluster.pod(NAME);
    OwnerReference owner = pod.getMetadata().getOwnerReferences().getFirst();
    assertThat(owner.getUid()).isEqualTo(process.getMetadata().getUid());
    assertThat(owner.getController()).isTrue();
    assertThat(pod.getSpec().getRestartPolicy()).isEqualTo("Never");
    assertThat(pod.getSpec().getServiceAccountName()).isEqualTo("default-queue-worker");
    String start =
        pod.getSpec().getContainers().getFirst().getEnv().stream()
            .filter(variable -> variable.getName().equals(PodTemplate.START_VARIABLE))
            .findFirst()
            .orElseThrow()
            .getValue();
    WorkerStart told = WorkerStart.parseFrom(Base64.getDecoder().decode(start));
    assertThat(told.getPool()).isEqualTo(NAME);
    assertThat(told.getProcess().getName()).isEqualTo("Process-1");
    assertThat(told.getProcess().getParent()).isEqualTo("process-gone");
    assertThat(told.getProcess().getParentName()).isEqualTo("Process-9");
    assertThat(told.getProcess().getParentPid()).isEqualTo(7);
    await(() -> phase(NAME), Phase.Pending::equals);
  }

  @Test
  void itsEndIsWhatTheQueueSays() {
    defined();
    comesUp();
    assertThat(status(NAME).pid()).isEqualTo(42);
    assertThat(status(NAME).phase()).isEqualTo(Phase.Running);
    assertThat(status(NAME).startedAt()).isNotNull();

    exited(1, "java.lang.IllegalStateException: no such user");

    WorkerProcessStatus status = await(() -> status(NAME), now -> now.phase() == Phase.Failed);
    assertThat(status.exitCode()).isEqualTo(1);
    assertThat(status.reason()).isEqualTo("IllegalStateException");
    assertThat(status.message()).isEqualTo("java.lang.IllegalStateException: no such user");
    assertThat(status.pid()).isEqualTo(42);
    assertThat(status.finishedAt()).isNotNull();
    cluster.end(NAME, 0, "Completed");
    assertThat(cluster.queue.told()).noneMatch(told -> told.startsWith("lost"));
  }

  @Test
  void itsPodIsMadeOnceWhateverBecomesOfIt() {
    defined();
    cluster.awaitPods(NAME);
    await(() -> phase(NAME), Phase.Pending::equals);
    cluster.stopOperator();
    cluster.reap(NAME);
    cluster.awaitPods();

    cluster.startOperator();
    cluster.queue.sayAll();

    await(cluster.queue::told, told -> told.stream().anyMatch(each -> each.startsWith("lost")));
    assertThat(cluster.queue.told())
        .contains("lost PodGone it could not come up, or its worker was lost: its pod is gone");
    assertThat(cluster.podNames()).isEmpty();
  }

  @Test
  void anOperatorThatWasStoppedBeforeItWroteItDownFindsItsPod() {
    defined();
    cluster.awaitPods(NAME);
    String uid = cluster.pod(NAME).getMetadata().getUid();
    await(() -> phase(NAME), Phase.Pending::equals);
    cluster.stopOperator();
    cluster.clearProcessStatus(NAME);

    cluster.startOperator();
    cluster.queue.sayAll();

    await(() -> status(NAME), status -> ProcessObserver.wasStarted(status));
    assertThat(cluster.pod(NAME).getMetadata().getUid()).isEqualTo(uid);
    assertThat(cluster.queue.told()).noneMatch(told -> told.startsWith("lost"));
  }

  @Test
  void theQueueIsToldHowItsWorkerEnded() {
    defined();
    comesUp();

    cluster.end(NAME, 137, "OOMKilled");

    await(cluster.queue::told, told -> told.contains("ended -9 exit -9, OOMKilled"));
    exited(-9, "exit -9, OOMKilled");
    WorkerProcessStatus status = await(() -> status(NAME), now -> now.phase() == Phase.Failed);
    assertThat(status.reason()).isEqualTo("OOMKilled");
    assertThat(status.exitCode()).isEqualTo(-9);
  }

  @Test
  void oneThatCanNotComeUpEndsInTheQueueToo() {
    defined();
    cluster.awaitPods(NAME);

    cluster.evict(NAME, "The node was low on resource: memory.");

    await(
        cluster.queue::told,
        told -> told.stream().anyMatch(each -> each.startsWith("lost Evicted ")));
  }

  @Test
  void whatKeepsItsPodFromRunningIsSaid() {
    defined();
    cluster.awaitPods(NAME);

    cluster.unschedulable(NAME, "0/1 nodes are available: 1 Insufficient cpu.");

    WorkerProcessStatus status =
        await(() -> status(NAME), now -> "Unschedulable".equals(now.reason()));
    assertThat(status.message()).isEqualTo("Pending: unschedulable (cpu)");
  }

  @Test
  void aPodThatIsRefusedIsTriedAgain() {
    cluster.quota("pods", "0");
    defined();
    await(() -> status(NAME), now -> now != null && "QuotaExceeded".equals(now.reason()));
    assertThat(cluster.events("QuotaExceeded")).isNotEmpty();

    cluster.quota("pods", "10");

    cluster.awaitPods(NAME);
    await(() -> status(NAME), now -> now.reason() == null);
  }

  // ---- its end from outside

  @Test
  void whoDeletesItTerminatesTheProcess() {
    defined();
    comesUp();

    delete(NAME);

    await(cluster.queue::told, told -> told.contains("signal 15"));
    assertThat(cluster.process(NAME)).as("held until the queue knows").isNotNull();
    exited(-15, "SIGTERM");
    await(() -> cluster.process(NAME), gone -> gone == null);
    cluster.queue.sayAll();
    assertThat(cluster.process(NAME)).as("not made again").isNull();
  }

  @Test
  void oneThatDoesNotHeedThatLosesItsPod() {
    defined();
    comesUp();
    delete(NAME);
    await(cluster.queue::told, told -> told.contains("signal 15"));
    assertThat(cluster.pod(NAME).getMetadata().getDeletionTimestamp()).isNull();

    cluster.ahead = Duration.ofSeconds(11);
    cluster.queue.sayAll();

    await(() -> cluster.pod(NAME), pod -> pod == null);
  }

  @Test
  void inANamespaceThatIsDeletedNothingHoldsIt() {
    defined();
    comesUp();
    cluster.terminate();

    delete(NAME);

    await(() -> cluster.process(NAME), gone -> gone == null);
  }

  @Test
  void whatTheQueueHasForgottenIsDeleted() {
    defined();
    comesUp();

    cluster.queue.forgets(NAME);

    await(() -> cluster.process(NAME), gone -> gone == null);
  }

  @Test
  void oneThatWasSignalledBeforeItRanLosesItsPod() {
    defined();
    cluster.awaitPods(NAME);
    exited(-15, "SIGTERM");
    await(() -> phase(NAME), Phase.Failed::equals);

    cluster.ahead = Duration.ofSeconds(11);
    cluster.queue.sayAll();

    await(() -> cluster.pod(NAME), pod -> pod == null);
  }

  // ---- whom it goes with

  @Test
  void aDaemonGoesWithTheProcessThatHasStartedIt() {
    defined();
    await(() -> cluster.process(NAME), made -> made != null);

    defined(
        "process-daemon",
        ProcessSpec.newBuilder().setName("Process-1:1").setDaemon(true).setParent(NAME));
    defined("process-other", ProcessSpec.newBuilder().setName("Process-1:2").setParent(NAME));

    WorkerProcess daemon = await(() -> cluster.process("process-daemon"), made -> made != null);
    OwnerReference owner = daemon.getMetadata().getOwnerReferences().getFirst();
    assertThat(owner.getUid()).isEqualTo(cluster.process(NAME).getMetadata().getUid());
    assertThat(owner.getKind()).isEqualTo("WorkerProcess");
    assertThat(owner.getController()).isFalse();
    WorkerProcess other = await(() -> cluster.process("process-other"), made -> made != null);
    assertThat(other.getMetadata().getOwnerReferences()).isEmpty();
    cluster.awaitPods(NAME, "process-daemon", "process-other");
  }

  @Test
  void aDaemonGoesWithTheWorkerWhoseFunctionHasStartedIt() {
    defined();
    cluster.awaitPods(NAME); // a pod that stands for a worker's
    String uid = cluster.pod(NAME).getMetadata().getUid();
    var spec = ProcessSpec.newBuilder().setName("Process-1").setDaemon(true);
    ByteString nonce = RandomId.of(UUID.fromString(uid));
    startedIn("process-daemon", spec, nonce);
    startedIn("process-other", ProcessSpec.newBuilder().setName("Process-2"), nonce);
    startedIn("process-stranger", spec, RandomId.next()); // of a pod that had the name before

    WorkerProcess daemon = await(() -> cluster.process("process-daemon"), made -> made != null);
    assertThat(daemon.getSpec().parent()).isEqualTo(NAME);
    OwnerReference owner = daemon.getMetadata().getOwnerReferences().getFirst();
    assertThat(owner.getKind()).isEqualTo("Pod");
    assertThat(owner.getUid()).isEqualTo(uid);
    assertThat(owner.getController()).isFalse();
    for (String name : List.of("process-other", "process-stranger")) {
      WorkerProcess other = await(() -> cluster.process(name), made -> made != null);
      assertThat(other.getSpec().parent()).isEqualTo(NAME);
      assertThat(other.getMetadata().getOwnerReferences()).as(name).isEmpty();
    }
  }

  private void startedIn(String name, ProcessSpec.Builder spec, ByteString nonce) {
    cluster.queue.say(
        name,
        status ->
            status
                .setReady(1)
                .setProcess(
                    ProcessStatus.newBuilder()
                        .setSpec(spec)
                        .setParentWorker(NAME)
                        .setParentWorkerNonce(nonce)));
  }

  @Test
  void whatAProcessIsCanNotBeChanged() {
    defined();
    WorkerProcess process = await(() -> cluster.process(NAME), made -> made != null);

    assertThatThrownBy(
            () ->
                cluster
                    .client
                    .resource(process)
                    .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"spec\":{\"processName\":\"another\"}}"))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("a process is what it was started as");
  }
}
