package dev.podpool.operator.cluster;

import static dev.podpool.operator.cluster.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.crd.Condition.Truth;
import dev.podpool.crd.WorkerPoolStatus;
import dev.podpool.testing.ApiServer;
import dev.podpool.testing.OnApiServer;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
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
    assertThat(
            cluster
                .client
                .configMaps()
                .inNamespace(cluster.namespace)
                .withName("joined-members")
                .get())
        .isNull();
  }

  private static boolean isGoing(Pod pod) {
    return pod == null || pod.getMetadata().getDeletionTimestamp() != null;
  }
}
