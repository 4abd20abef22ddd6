package dev.podpool;

import dev.podpool.internal.ClusterRoute;
import dev.podpool.internal.ClusterRuntime;
import dev.podpool.rpc.Endpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/** Knows a cluster where a variable says so; nobody answers there. */
public final class FakeClusterRuntime implements ClusterRuntime {

  static int closed;

  /** What it says of failures, in this order; then, what they say themselves. */
  static final Queue<IOException> explanations = new ArrayDeque<>();

  @Override
  public boolean knowsClusters(Map<String, String> environment, Path home) {
    return environment.containsKey("PODPOOL_TEST_CLUSTERS");
  }

  @Override
  public ClusterRoute route(ClusterOptions options) {
    return new ClusterRoute() {
      @Override
      public String place() {
        return "queue " + options.queue() + " of namespace " + options.namespace();
      }

      @Override
      public Endpoint locate() {
        return new Endpoint("127.0.0.1", 1, "of a cluster");
      }

      @Override
      public IOException explain(IOException failure) {
        return explanations.isEmpty() ? failure : explanations.remove();
      }

      @Override
      public List<Step> walk() {
        return List.of();
      }

      @Override
      public void close() {
        closed++;
      }
    };
  }
}
