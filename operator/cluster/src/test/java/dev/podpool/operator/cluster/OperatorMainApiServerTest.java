package dev.podpool.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.testing.ApiServer;
import dev.podpool.testing.OnApiServer;
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
      operator.process.toHandle().destroy(); // Process.destroy would close what it says too
      assertThat(operator.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(operator.process.inputReader().lines()).isEmpty();
    }
  }

  private static String get(URI uri) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
    }
  }
}
