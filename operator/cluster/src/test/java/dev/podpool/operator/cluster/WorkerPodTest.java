package dev.podpool.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.operator.plan.Worker;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a pod's status says of its worker. */
class WorkerPodTest {

  /** A pod with that status, as YAML in one line. */
  static WorkerPod pod(String status) {
    return new WorkerPod(
        Serialization.unmarshal(
            """
            metadata:
              name: index-0
              uid: 00000000-0000-0001-0000-00000000000f
              creationTimestamp: 2026-01-01T00:00:00Z
              labels: {podpool.dev/pool: index, podpool.dev/ordinal: '0'}
              annotations: {podpool.dev/template: abc}
            spec:
              containers:
                - name: worker
                  image: example.com/worker:1
                  resources: {limits: {memory: 512Mi}}
            status: %s
            """
                .formatted(status),
            Pod.class));
  }

  private static WorkerPod ended(String phase, String terminated) {
    return pod(
        "{phase: %s, containerStatuses: [{name: worker, state: {terminated: {%s, finishedAt: '2026-01-01T00:01:00Z'}}}]}"
            .formatted(phase, terminated));
  }

  @Test
  void itsNonceIsItsUid() {
    assertThat(pod("{}").nonce().toByteArray())
        .isEqualTo(new byte[] {0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 15});
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exitCode: 137, reason: OOMKilled | OOMKilled | exit -9, OOMKilled, limit 512Mi | -9",
        "exitCode: 137, reason: Error | WorkerDied | exit -9 | -9",
        "exitCode: 75, reason: Error, message: 'the session ended' | WorkerDied | exit 75, the session ended | 75",
        "exitCode: 128, reason: StartError | StartError | exit 128, StartError | 128",
      })
  void aContainersEndHasReasonCauseAndCode(
      String terminated, String reason, String cause, int code) {
    WorkerPod pod = ended("Failed", terminated);

    assertThat(pod.hasEnded()).isTrue();
    assertThat(pod.reason()).isEqualTo(reason);
    assertThat(pod.cause()).isEqualTo(cause);
    assertThat(pod.exitCode()).isEqualTo(code);
    assertThat(pod.wasDisrupted()).isFalse();
  }

  @Test
  void aWorkerThatEndsByItselfCountsAsDead() {
    WorkerPod pod = ended("Succeeded", "exitCode: 0, reason: Completed");

    assertThat(pod.hasEnded()).isTrue();
    assertThat(pod.wasDisrupted()).isFalse();
    assertThat(pod.reason()).isEqualTo("WorkerCompleted");
    assertThat(pod.cause()).isEqualTo("exit 0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{phase: Failed, reason: Evicted, message: 'The node was low on resource: memory.'} | true | Evicted",
        "{phase: Failed, reason: Terminated, conditions: [{type: DisruptionTarget, status: 'True', lastTransitionTime: '2026-01-01T00:02:00Z'}]} | true | Terminated",
        "{phase: Failed, reason: OutOfcpu, message: 'Pod was rejected'} | false | OutOfcpu",
      })
  void aPodThatTheClusterEndsIsDisruptedButOneThatIsRefusedIsNot(
      String status, boolean disrupted, String reason) {
    assertThat(pod(status).wasDisrupted()).isEqualTo(disrupted);
    assertThat(pod(status).reason()).isEqualTo(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0/3 nodes are available: 1 Insufficient cpu, 2 Insufficient memory. preemption: 0/3 | unschedulable (cpu, memory)",
        "0/1 nodes are available: 1 node(s) had untolerated taint {a: b} | unschedulable (taints)",
        "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector | unschedulable (node affinity)",
        "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims | unschedulable (volumes)",
        "0/1 nodes are available: 1 Too many pods. | unschedulable (pods)",
        "no nodes available to schedule pods | unschedulable (no nodes available to schedule pods)",
      })
  void whatTheSchedulerLacksIsNamedInAWord(String message, String words) {
    WorkerPod pod =
        pod(
            "{phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: \"%s\"}]}"
                .formatted(message));

    assertThat(pod.trouble()).isEqualTo(new Worker.Trouble("Unschedulable", words));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ErrImagePull | ImagePullBackOff | can't pull image example.com/worker:1",
        "ImagePullBackOff | ImagePullBackOff | can't pull image example.com/worker:1",
        "InvalidImageName | InvalidImageName | have no valid image: example.com/worker:1",
        "CreateContainerConfigError | CreateContainerConfigError | can't be started: secret \"x\" not found",
      })
  void whatTheKubeletLacksIsNamed(String reason, String said, String words) {
    WorkerPod pod =
        pod(
            "{phase: Pending, containerStatuses: [{name: worker, state: {waiting: {reason: %s, message: 'secret \"x\" not found'}}}]}"
                .formatted(reason));

    assertThat(pod.trouble()).isEqualTo(new Worker.Trouble(said, words));
  }

  @Test
  void aContainerThatIsBeingMadeIsNoTrouble() {
    assertThat(
            pod("{phase: Pending, containerStatuses: [{name: worker, state: {waiting: {reason: ContainerCreating}}}]}")
                .trouble())
        .isNull();
  }
}
