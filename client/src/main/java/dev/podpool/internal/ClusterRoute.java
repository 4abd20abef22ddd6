package dev.podpool.internal;

import dev.podpool.rpc.Endpoint;

/** A way to a cluster's queue, which is kept open. Thread-safe. */
public interface ClusterRoute extends Endpoint.Source, AutoCloseable {

  /** Where it leads, for people. */
  String place();

  @Override
  void close();
}
