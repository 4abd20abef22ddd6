package dev.podpool.kubernetes;

import dev.podpool.ClusterOptions;
import dev.podpool.ConfigurationException;
import dev.podpool.internal.ClusterRoute;
import dev.podpool.internal.ClusterRuntime;
import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Clusters of the kubeconfig: {@code KUBECONFIG}, or {@code ~/.kube/config}. */
public final class KubeconfigRuntime implements ClusterRuntime {

  /** How long a call to an API server may take. */
  static final int CALL_MILLIS_MAX = 5_000;

  private static final String NOWHERE = "https://kubernetes.default.svc";

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
    Config config = configured(options.context());
    // Who connects waits for seconds, and tries again by itself.
    config.setRequestRetryBackoffLimit(0);
    config.setConnectionTimeout(CALL_MILLIS_MAX);
    config.setRequestTimeout(CALL_MILLIS_MAX);
    String namespace = options.namespace() == null ? config.getNamespace() : options.namespace();
    return new PortForwardRoute(
        new KubernetesClientBuilder().withConfig(config).build(),
        namespace == null || namespace.isEmpty() ? "default" : namespace,
        options.queue(),
        options.serviceAccount());
  }

  private static Config configured(@Nullable String context) {
    List<String> files = List.copyOf(Config.getKubeconfigFilenames());
    String named = String.join(", ", files);
    Config config;
    try {
      config = Config.autoConfigure(context);
    } catch (RuntimeException e) { // of any of the many things that it reads
      throw new ConfigurationException(
          "the kubeconfig %s can't be used (%s): see kubectl config view"
              .formatted(named, String.valueOf(e.getMessage()).lines().findFirst().orElse("")),
          e);
    }
    List<String> contexts =
        config.getContexts().stream().map(NamedContext::getName).sorted().toList();
    boolean isKnown = context == null || contexts.contains(context);
    // Where nothing says which cluster it is, the client would try a name that is good in pods.
    boolean hasServer = !config.getMasterUrl().startsWith(NOWHERE);
    if (isKnown && hasServer) {
      return config;
    }
    if (files.stream().noneMatch(file -> Files.isReadable(Path.of(file)))) {
      throw new ConfigurationException(
          "a cluster is asked for, and there is no kubeconfig (no %s): name one with KUBECONFIG, or have your cluster's provider write it"
              .formatted(named));
    }
    if (!isKnown) {
      throw new ConfigurationException(
          "the kubeconfig %s has no context '%s'; it has %s"
              .formatted(
                  named, context, contexts.isEmpty() ? "none" : String.join(", ", contexts)));
    }
    throw new ConfigurationException(
        "the kubeconfig %s does not say which cluster: its context is not set, or names a cluster that is not there. Give --context (ClusterOptions.withContext), or kubectl config use-context; there is %s"
            .formatted(named, contexts.isEmpty() ? "none" : String.join(", ", contexts)));
  }
}
