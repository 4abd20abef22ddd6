package dev.podpool.queue.loop;

import dev.podpool.protocol.Entry;
import org.jspecify.annotations.Nullable;

/** A log that keeps nothing: certain is what this JVM has seen. Its replica leads at once. */
public final class MemoryLog implements Log {

  private @Nullable Replica replica;

  @Override
  public void start(Replica driven) {
    replica = driven;
    driven.lead(1);
    driven.raise(driven.levelMax());
  }

  @Override
  public void append(Entry entry) {
    if (replica == null) {
      throw new IllegalStateException("the log is not started");
    }
    replica.apply(entry);
  }

  @Override
  public void close() {}
}
