package dev.podpool.operator.cluster;

import static dev.podpool.operator.cluster.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.testing.ApiServer;
import dev.podpool.testing.OnApiServer;
import org.junit.jupiter.api.Test;

/** A namespace on its way out, on a real API server, which refuses to make anything in it. */
@OnApiServer
class TerminatingApiServerTest {

  @Test
  void nothingIsMadeInItNothingFailsAndPoolsAndQueuesGo(ApiServer server) throws Exception {
    try (TestCluster cluster = new TestCluster(server)) {
      cluster.makesDefaultQueue = true;
      cluster.createQueue("other");
      cluster.apply("joined", "{daemon: false, workers: 1, queue: other}");
      cluster.apply("bare", "{workers: 1, queue: other}");
      cluster.apply("needy", "{workers: 1}");
      cluster.terminate();

      cluster.startOperator();

      await(() -> cluster.reconciliations("queueclusters"), ended -> ended >= 1);
      await(() -> cluster.reconciliations("workerpools"), ended -> ended >= 3);
      assertThat(cluster.podNames()).isEmpty();
      assertThat(cluster.queueCluster("default")).isNull();
      assertThat(cluster.events("PodRefused")).isEmpty();
      cluster.deletePool("joined");
      await(() -> cluster.pool("joined"), pool -> pool == null);
      cluster.client.resource(cluster.queueCluster("other")).delete();
      await(() -> cluster.queueCluster("other"), queue -> queue == null);
      assertThat(cluster.metrics.text()).doesNotContain("podpool_operator_failures_total{");
    }
  }
}
