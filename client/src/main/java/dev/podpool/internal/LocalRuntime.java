package dev.podpool.internal;

import dev.podpool.PoolOptions;

/** Starts pools on this machine. Found by {@link java.util.ServiceLoader}. */
public interface LocalRuntime {

  /** Starts a pool whose processes end with this JVM. */
  PoolBackend start(PoolOptions options);
}
