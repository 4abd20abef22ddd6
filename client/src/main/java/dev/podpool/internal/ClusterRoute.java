package dev.podpool.internal;

import dev.podpool.rpc.Endpoint;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A way to a cluster's queue, which is kept open. Thread-safe. */
public interface ClusterRoute extends Endpoint.Source, AutoCloseable {

  /** Where it leads, for people. */
  String place();

  /**
   * What kept a queue from an answer, as far as the cluster knows more than {@code failure} says.
   * Asks the cluster, for seconds at most.
   */
  IOException explain(IOException failure);

  /**
   * Goes the way step by step, as far as it gets: the last step is the one that failed, if any did.
   * Asks the cluster, for seconds at most for each.
   */
  List<Step> walk();

  /**
   * One of the steps to a queue.
   *
   * @param name what was tried, with whom
   * @param failure why it failed, with what to do; null where it did not
   */
  record Step(String name, @Nullable RouteException failure) {}

  @Override
  void close();
}
