package dev.podpool.cli;

import dev.podpool.ClusterOptions;
import dev.podpool.ConnectOptions;
import dev.podpool.Podpool;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --runtime}, or {@code --context} and the like: whom to talk to. */
final class Connection {

  @Option(
      names = "--runtime",
      paramLabel = "DIRECTORY",
      description =
          "The runtime's directory. Defaults to PODPOOL_HOME, or the user's own; or"
              + " PODPOOL_ENDPOINT and PODPOOL_KEY_FILE say where it serves.")
  private @Nullable Path directory;

  @Option(
      names = "--context",
      paramLabel = "NAME",
      description = "A cluster: that of this context of the kubeconfig, by way of its API server.")
  private @Nullable String context;

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAME",
      description = "A cluster: the queue of that namespace. Defaults to that of the context.")
  private @Nullable String namespace;

  @Option(
      names = "--queue",
      paramLabel = "NAME",
      description = "A cluster: the QueueCluster. Defaults to default.")
  private @Nullable String queue;

  @Option(
      names = "--service-account",
      paramLabel = "NAME",
      description =
          "A cluster: whom the queue is called as. Defaults to podpool-client, of the namespace.")
  private @Nullable String serviceAccount;

  Podpool connect(Shell shell) throws CommandException {
    return connect(shell, ConnectOptions.defaults().withCodeInWorkers());
  }

  Podpool connect(Shell shell, ConnectOptions given) throws CommandException {
    ConnectOptions options =
        given.whenStarting(why -> shell.complain(why + ": waiting for a minute at most"));
    ClusterOptions cluster = cluster();
    if (cluster != null) {
      return Podpool.connect(options.toCluster(cluster));
    }
    return directory == null ? Podpool.connect(options) : Podpool.connect(directory, options);
  }

  /** The runtime's directory that was named; null for none. */
  @Nullable Path directory() {
    return directory;
  }

  /** The cluster that was named; null for none. */
  @Nullable ClusterOptions cluster() throws CommandException {
    if (context == null && namespace == null && queue == null && serviceAccount == null) {
      return null;
    }
    if (directory != null) {
      throw new CommandException(
          ExitCode.USAGE,
          "--runtime is a runtime of this machine, and --context, --namespace, --queue and"
              + " --service-account name a cluster's: give either");
    }
    ClusterOptions cluster = ClusterOptions.defaults();
    cluster = context == null ? cluster : cluster.withContext(context);
    cluster = namespace == null ? cluster : cluster.withNamespace(namespace);
    cluster = queue == null ? cluster : cluster.withQueue(queue);
    return serviceAccount == null ? cluster : cluster.withServiceAccount(serviceAccount);
  }

  /** What was given, as arguments. */
  List<String> arguments() {
    List<String> given = new ArrayList<>();
    add(given, "--runtime", directory);
    add(given, "--context", context);
    add(given, "--namespace", namespace);
    add(given, "--queue", queue);
    add(given, "--service-account", serviceAccount);
    return given;
  }

  private static void add(List<String> given, String option, @Nullable Object value) {
    if (value != null) {
      given.add(option);
      given.add(value.toString());
    }
  }
}
