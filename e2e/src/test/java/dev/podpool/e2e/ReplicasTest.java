package dev.podpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.AsyncResult;
import dev.podpool.Pool;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.LocalPortForward;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Queues of three replicas, under work that nothing may end. */
@ExtendWith(Told.class)
class ReplicasTest {

  private static final int ITEMS = 6_000;
  private static final Duration ALL = Duration.ofMinutes(5);

  private static void queue(Stage stage, int replicas) throws Exception {
    stage.apply(
        """
        apiVersion: podpool.dev/v1alpha1
        kind: QueueCluster
        metadata:
          name: default
        spec:
          replicas: %d
          storage:
            size: 1Gi
        """
            .formatted(replicas));
    stage.kubectl("wait", "--for=condition=Ready", "qc/default", "--timeout=180s");
  }

  private static void awaitReady(Stage stage, int replicas) throws Exception {
    Stage.await(
        replicas + " replicas are ready",
        () ->
            stage.kubectl(
                "get", "qc/default", "-o", "jsonpath={.spec.replicas}/{.status.readyReplicas}"),
        (replicas + "/" + replicas)::equals);
  }

  /** What the monitor of a replica says of it; empty where it says nothing. */
  private static String livez(Stage stage, int replica) throws Exception {
    try (LocalPortForward monitor =
            stage
                .client
                .pods()
                .inNamespace(stage.namespace)
                .withName("default-queue-" + replica)
                .portForward(7421, InetAddress.getLoopbackAddress(), 0);
        HttpClient http = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://127.0.0.1:%d/livez".formatted(monitor.getLocalPort()));
      return http.send(
              HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException | KubernetesClientException e) {
      return ""; // it is not there now
    }
  }

  private static int leader(Stage stage) throws Exception {
    return Stage.await(
        "one of the replicas leads",
        () -> {
          for (int i = 0; i < 3; i++) {
            if (livez(stage, i).contains("is durable")) {
              return i;
            }
          }
          return -1;
        },
        leader -> leader >= 0);
  }

  private static Pod pod(Stage stage, int replica) {
    return stage
        .client
        .pods()
        .inNamespace(stage.namespace)
        .withName("default-queue-" + replica)
        .get();
  }

  /** Waits for a moment of the work at which {@code done} items have ended. */
  private static void awaitDone(AsyncResult<List<Integer>> work, int done) throws Exception {
    Stage.await(done + " items have ended", () -> work.progress().done(), n -> n >= done);
  }

  @Test
  @DisplayName("R1: the leader is killed, a follower drained, a volume lost, all pods updated")
  void nothingIsLost() throws Exception {
    try (Stage stage = new Stage("e2e-replicas")) {
      queue(stage, 3);
      stage.pool("any", 2);
      stage.waitFor("Ready", "any");
      awaitReady(stage, 3);
      try (Pool pool = stage.podpool().pool("any")) {
        AsyncResult<List<Integer>> work = pool.mapAsync(Work::slowSquare, Work.numbers(ITEMS));
        awaitDone(work, 50);
        int killed = leader(stage);
        stage.kill(pod(stage, killed));
        awaitDone(work, 400);
        awaitReady(stage, 3);

        int lost = (leader(stage) + 1) % 3;
        String claim = "data-default-queue-" + lost;
        stage.kubectl("delete", "pvc/" + claim, "--wait=false");
        stage.kubectl("delete", "pod/default-queue-" + lost, "--timeout=120s");
        awaitDone(work, 800);
        Stage.await(
            "the replica is there again", () -> livez(stage, lost), said -> said.contains("leads"));
        awaitReady(stage, 3);

        int drained = leader(stage);
        stage.kubectl("delete", "pod/default-queue-" + drained, "--timeout=120s");
        awaitDone(work, 1_200);
        awaitReady(stage, 3);

        stage.kubectl(
            "patch",
            "qc/default",
            "--type=merge",
            "-p",
            "{\"spec\":{\"resources\":{\"requests\":{\"memory\":\"256Mi\"}}}}");
        assertThat(work.get(ALL.toSeconds(), TimeUnit.SECONDS)).isEqualTo(Work.squares(ITEMS));
      }
      stage.kubectl("rollout", "status", "statefulset/default-queue", "--timeout=180s");
      awaitReady(stage, 3);
    }
  }

  @Test
  @DisplayName("R2: a queue of one grows to three under work")
  void oneGrowsToThree() throws Exception {
    try (Stage stage = new Stage("e2e-growth")) {
      queue(stage, 1);
      stage.pool("any", 2);
      stage.waitFor("Ready", "any");
      try (Pool pool = stage.podpool().pool("any")) {
        AsyncResult<List<Integer>> work = pool.mapAsync(Work::slowSquare, Work.numbers(ITEMS / 4));
        awaitDone(work, 50);
        stage.kubectl("patch", "qc/default", "--type=merge", "-p", "{\"spec\":{\"replicas\":3}}");
        awaitReady(stage, 3);
        stage.kill(pod(stage, 0));
        assertThat(work.get(ALL.toSeconds(), TimeUnit.SECONDS)).isEqualTo(Work.squares(ITEMS / 4));
      }
    }
  }

  @Test
  @DisplayName(
      "R3: two of three volumes are lost, and the third goes on alone where a person says so")
  void oneIsLeft() throws Exception {
    try (Stage stage = new Stage("e2e-left")) {
      queue(stage, 3);
      stage.pool("any", 1);
      stage.waitFor("Ready", "any");
      awaitReady(stage, 3);
      try (Pool pool = stage.podpool().pool("any")) {
        AsyncResult<List<Integer>> work = pool.mapAsync(Work::slowSquare, Work.numbers(ITEMS / 4));
        awaitDone(work, 50);
        int kept = leader(stage); // who has all that was acknowledged
        for (int i = 0; i < 3; i++) {
          if (i != kept) {
            stage.kubectl("delete", "pvc/data-default-queue-" + i, "--wait=false");
          }
        }
        String[] pods = {"default-queue-0", "default-queue-1", "default-queue-2"};
        stage.kubectl("exec", pods[kept], "--", "touch", "/var/lib/podpool/queue/log/go-on-alone");
        stage.kubectl("delete", "pod", pods[0], pods[1], pods[2], "--timeout=120s");

        assertThat(work.get(ALL.toSeconds(), TimeUnit.SECONDS)).isEqualTo(Work.squares(ITEMS / 4));
        awaitReady(stage, 3);
      }
    }
  }
}
