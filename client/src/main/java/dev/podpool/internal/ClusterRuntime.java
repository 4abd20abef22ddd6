package dev.podpool.internal;

import dev.podpool.ClusterOptions;
import java.nio.file.Path;
import java.util.Map;

/** Finds the queues of clusters, from outside of them. Found by {@link java.util.ServiceLoader}. */
public interface ClusterRuntime {

  /** Whether there is a file that says where clusters are. */
  boolean knowsClusters(Map<String, String> environment, Path home);

  /**
   * The way to a cluster's queue; not tried yet.
   *
   * @throws dev.podpool.ConfigurationException if there is no kubeconfig, or {@code options} name
   *     what it has not
   */
  ClusterRoute route(ClusterOptions options);
}
