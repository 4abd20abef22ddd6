package dev.podpool.kubernetes;

import dev.podpool.ClusterOptions;
import dev.podpool.PodpoolException;
import dev.podpool.internal.ClusterRoute;
import dev.podpool.internal.ClusterRuntime;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** Clusters of the kubeconfig: {@code KUBECONFIG}, or {@code ~/.kube/config}. */
public final class KubeconfigRuntime implements ClusterRuntime {

  private static final int CALL_MILLIS_MAX = 5_000;

  static {
    // The Kubernetes client logs to SLF4J, which complains on standard error where a program has
    // nothing that takes its logs.
    if (System.getProperty("slf4j.internal.verbosity") == null) {
      System.setProperty("slf4j.internal.verbosity", "ERROR");
    }
  }

  @Override
  public boolean knowsClusters(Map<String, String> environment, Path home) {
    String named = environment.getOrDefault("KUBECONFIG", "");
    return named.isEmpty()
        ? Files.isReadable(home.resolve(".kube").resolve("config"))
        : Arrays.stream(named.split(File.pathSeparator))
            .anyMatch(file -> Files.isReadable(Path.of(file)));
  }

  @Override
  public ClusterRoute route(ClusterOptions options) {
    Config config;
    try {
      config = Config.autoConfigure(options.context());
    } catch (KubernetesClientException e) {
      throw new PodpoolException("the kubeconfig can't be used: " + e.getMessage(), e);
    }
    // Who connects waits for seconds, and tries again by itself.
    config.setRequestRetryBackoffLimit(0);
    config.setConnectionTimeout(CALL_MILLIS_MAX);
    config.setRequestTimeout(CALL_MILLIS_MAX);
    String context = options.context();
    if (context != null
        && config.getContexts().stream().noneMatch(known -> known.getName().equals(context))) {
      throw new PodpoolException(
          "the kubeconfig has no context '%s'; it has %s"
              .formatted(
                  context, config.getContexts().stream().map(known -> known.getName()).toList()));
    }
    String namespace = options.namespace() == null ? config.getNamespace() : options.namespace();
    return new PortForwardRoute(
        new KubernetesClientBuilder().withConfig(config).build(),
        namespace == null || namespace.isEmpty() ? "default" : namespace,
        options.queue(),
        options.serviceAccount());
  }
}
