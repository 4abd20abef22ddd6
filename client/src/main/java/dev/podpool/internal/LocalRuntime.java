package dev.podpool.internal;

import dev.podpool.PoolOptions;
import dev.podpool.session.QueueAccess;

/** Starts pools on this machine. Found by {@link java.util.ServiceLoader}. */
public interface LocalRuntime {

  /** Starts a pool whose processes end with this JVM. */
  PoolBackend start(PoolOptions options);

  /** Starts a queue in this JVM. */
  QueueAccess queue();

  /**
   * Starts a pool at {@code queue}, one of {@link #queue}: its processes reach what that shares.
   *
   * @throws dev.podpool.PodpoolException if the queue has a pool of that name
   */
  PoolBackend start(PoolOptions options, QueueAccess queue);
}
