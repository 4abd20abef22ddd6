package dev.podpool.operator.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The operator's program in a process of its own, with its files in a directory. */
final class OperatorProcess implements AutoCloseable {

  final Path token;
  Process process;
  private final Path directory;
  private final Path kubeconfig;

  /** Not started. Its API server is where nobody listens. */
  OperatorProcess(Path directory) throws IOException {
    this.directory = directory;
    kubeconfig = directory.resolve("kubeconfig");
    token = Files.writeString(directory.resolve("token"), "token");
    kubeconfig(
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]
        contexts: [{name: c, context: {cluster: c, namespace: podpool-system, user: u}}]
        users: [{name: u, user: {}}]
        current-context: c
        """);
  }

  void kubeconfig(String yaml) throws IOException {
    Files.writeString(kubeconfig, yaml);
  }

  /** With images, a token and {@code more} options. */
  void start(String... more) throws IOException {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--worker-image=podpool/worker:1",
                "--queue-image=podpool/queue:1",
                "--token-file=" + token));
    options.addAll(List.of(more));
    startWith(options);
  }

  void startWith(List<String> options) throws IOException {
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

  @Override
  public void close() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }
}
