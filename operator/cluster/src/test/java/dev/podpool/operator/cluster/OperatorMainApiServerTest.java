package dev.podpool.operator.cluster;

import static dev.podpool.operator.cluster.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.testing.ApiServer;
import dev.podpool.testing.OnApiServer;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operator's program, from outside, with an API server. */
@OnApiServer
class OperatorMainApiServerTest {

  @Test
  void aNormalStartSaysOneLineAndItsMonitorAnswers(ApiServer server, @TempDir Path directory)
      throws Exception {
    try (TestCluster cluster = new TestCluster(server);
        OperatorProcess operator = new OperatorProcess(directory)) {
      OperatorAccount.forgetLeader(cluster.client);
      operator.kubeconfig(
          server.kubeconfig().replaceAll("namespace: \\S+", "namespace: podpool-system"));
      operator.start("--namespaces=" + cluster.namespace, "--monitor=0");
      String line = operator.process.inputReader().readLine();
      Matcher said =
          Pattern.compile(
                  "the operator looks after %s, and its monitor is on port (\\d+)"
                      .formatted(cluster.namespace))
              .matcher(line);
      assertThat(said.matches()).as(line).isTrue();
      URI monitor = URI.create("http://127.0.0.1:" + said.group(1));

      assertThat(get(monitor.resolve("/healthz"))).isEqualTo("ok\n");
      assertThat(get(monitor.resolve("/metrics")))
          .contains("podpool_operator_api_requests_total{code=\"200\",method=\"GET\"}")
          .contains("podpool_operator_leading ");
      await(
          () -> get(monitor.resolve("/metrics")),
          metrics -> metrics.contains("podpool_operator_leading 1"));
      operator.process.toHandle().destroy(); // Process.destroy would close what it says too
      assertThat(operator.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(operator.process.inputReader().lines()).isEmpty();
      var lease =
          cluster
              .client
              .leases()
              .inNamespace(OperatorAccount.NAMESPACE)
              .withName(Leadership.LEASE)
              .get();
      assertThat(lease.getSpec().getHolderIdentity()).as("who leads").isNull();
    }
  }

  @Test
  void whoeverNoLongerLeadsEndsAtOnce(ApiServer server, @TempDir Path directory) throws Exception {
    try (TestCluster cluster = new TestCluster(server);
        OperatorProcess operator = new OperatorProcess(directory)) {
      OperatorAccount.forgetLeader(cluster.client);
      operator.kubeconfig(
          server.kubeconfig().replaceAll("namespace: \\S+", "namespace: podpool-system"));
      operator.start("--namespaces=" + cluster.namespace);
      var leases = cluster.client.leases().inNamespace(OperatorAccount.NAMESPACE);
      await(() -> leases.withName(Leadership.LEASE).get(), lease -> lease != null);
      operator.process.inputReader().readLine();

      leases
          .withName(Leadership.LEASE)
          .patch(
              PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"holderIdentity\": \"other\"}}");

      assertThat(operator.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(operator.process.exitValue()).isEqualTo(1);
      assertThat(leases.withName(Leadership.LEASE).get().getSpec().getHolderIdentity())
          .isEqualTo("other");
    }
  }

  private static String get(URI uri) {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
