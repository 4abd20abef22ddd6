package dev.podpool.local;

import dev.podpool.PoolOptions;
import dev.podpool.internal.LocalRuntime;
import dev.podpool.internal.PoolBackend;
import dev.podpool.session.QueueAccess;

/** Pools that keep nothing beyond this JVM. */
public final class InMemoryRuntime implements LocalRuntime {

  @Override
  public PoolBackend start(PoolOptions options) {
    return new InMemoryPool(options);
  }

  @Override
  public PoolBackend start(PoolOptions options, QueueAccess queue) {
    return new InMemoryPool(options, (InMemoryQueue) queue);
  }

  @Override
  public QueueAccess queue() {
    return new InMemoryQueue();
  }
}
