package dev.podpool.operator.cluster;

import static dev.podpool.operator.cluster.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.testing.ApiServer;
import dev.podpool.testing.OnApiServer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Two replicas on a real API server. */
@OnApiServer
class LeaderApiServerTest {

  private static Leadership replica(String identity) {
    return replica(identity, Duration.ofSeconds(3));
  }

  private static Leadership replica(String identity, Duration term) {
    return new Leadership(OperatorAccount.NAMESPACE, identity, false, term);
  }

  private static String holder(TestCluster cluster) {
    var lease =
        cluster
            .client
            .leases()
            .inNamespace(OperatorAccount.NAMESPACE)
            .withName(Leadership.LEASE)
            .get();
    return lease == null ? null : lease.getSpec().getHolderIdentity();
  }

  @Test
  void itsHealthIsKnownOnceItHasStartedAndIsNotWaitedFor(ApiServer server) throws Exception {
    try (TestCluster cluster = new TestCluster(server)) {
      ClusterOperator operator = cluster.operator(replica("first"));
      assertThatThrownBy(operator::health).hasMessage("it has not seen yet all that there is");

      operator.start();

      assertThat(operator.health()).isEqualTo("ok\n");
      operator.close();
    }
  }

  @Test
  void whoeverIsClosedLetsItsLeaseGoAndTheOtherLeadsAtOnce(ApiServer server) throws Exception {
    try (TestCluster cluster = new TestCluster(server)) {
      OperatorAccount.forgetLeader(cluster.client);
      var first = cluster.operator(replica("first", Duration.ofMinutes(10)));
      first.start();
      await(() -> holder(cluster), "first"::equals);

      first.close();

      assertThat(holder(cluster)).isNull();
      var second = cluster.operator(replica("second", Duration.ofSeconds(3)));
      second.start();
      await(() -> holder(cluster), "second"::equals);
      // Of whoever leads by now nothing is taken.
      new ApiCalls(OperatorAccount.client(cluster.client))
          .releaseLease(OperatorAccount.NAMESPACE, Leadership.LEASE, "first");
      assertThat(holder(cluster)).isEqualTo("second");
      second.close();
    }
  }

  @Test
  void oneReconcilesAndTheOtherTakesOverWithoutASecondPod(ApiServer server) throws Exception {
    try (TestCluster cluster = new TestCluster(server)) {
      OperatorAccount.forgetLeader(cluster.client);
      cluster.createQueue("default");
      ClusterOperator first = cluster.operator(replica("first"));
      ClusterOperator second = cluster.operator(replica("second"));
      first.start();
      await(() -> holder(cluster), "first"::equals);
      second.start();
      cluster.apply("index", "{workers: 1}");
      cluster.awaitPods("index-0");
      String uid = cluster.pod("index-0").getMetadata().getUid();
      assertThat(holder(cluster)).isEqualTo("first");

      first.close();
      cluster.patch("index", "{workers: 2}");

      cluster.awaitPods("index-0", "index-1");
      assertThat(holder(cluster)).isEqualTo("second");
      assertThat(cluster.pod("index-0").getMetadata().getUid()).isEqualTo(uid);
      second.close();
    }
  }
}
