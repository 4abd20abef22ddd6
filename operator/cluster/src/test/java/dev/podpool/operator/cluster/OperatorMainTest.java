package dev.podpool.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.testing.ApiServer;
import dev.podpool.testing.OnApiServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operator's program, from outside. */
class OperatorMainTest {

  private static final List<String> IMAGES =
      List.of("--worker-image=podpool/worker:1", "--queue-image=podpool/queue:1");

  @TempDir private Path directory;
  private Path kubeconfig;
  private Path key;
  private Process process;

  @BeforeEach
  void write() throws IOException {
    kubeconfig = directory.resolve("kubeconfig");
    key = Files.write(directory.resolve("key"), new byte[QueueKeys.BYTES_MIN]);
    // Where nobody listens.
    Files.writeString(
        kubeconfig,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]
        contexts: [{name: c, context: {cluster: c, namespace: podpool-system, user: u}}]
        users: [{name: u, user: {}}]
        current-context: c
        """);
  }

  @AfterEach
  void end() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  private void start(List<String> options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(OperatorMain.class.getName());
    command.addAll(options);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    builder.environment().put("HOME", directory.toString());
    process = builder.start();
    process.getOutputStream().close();
  }

  private String refused(int exitCode, List<String> options) throws Exception {
    start(options);
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isEqualTo(exitCode);
    return said;
  }

  private List<String> with(String... more) {
    List<String> options = new ArrayList<>(IMAGES);
    options.addAll(List.of(more));
    return options;
  }

  @Test
  void whatIsMissingOrWrongIsSaid() throws Exception {
    assertThat(refused(2, IMAGES)).contains("Missing required option", "--key-file", "Usage:");
    Files.write(key, new byte[3]);
    assertThat(refused(3, with("--key-file=" + key)))
        .contains("the operator can't start: the operator's key has 3 bytes: give at least 32");
  }

  @Test
  void anApiServerThatIsNotThereIsNamed() throws Exception {
    assertThat(refused(3, with("--key-file=" + key)))
        .contains("the operator can't start: ", "127.0.0.1:1")
        .doesNotContain("\tat ");
  }

  /** Where there is one. */
  @Nested
  @OnApiServer
  class OnServerApiServerTest {

    @Test
    void aNormalStartSaysOneLineAndItsMonitorAnswers(ApiServer server) throws Exception {
      try (TestCluster cluster = new TestCluster(server)) {
        OperatorAccount.client(cluster.client); // and the namespace of its Lease
        Files.writeString(
            kubeconfig,
            server.kubeconfig().replaceAll("namespace: \\S+", "namespace: podpool-system"));
        start(with("--key-file=" + key, "--namespaces=" + cluster.namespace, "--monitor=0"));
        String line = process.inputReader().readLine();
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
        process.toHandle().destroy(); // Process.destroy would close what it says too
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.inputReader().lines()).isEmpty();
      }
    }
  }

  private static String get(URI uri) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
    }
  }
}
