package dev.podpool.queue.loop;

import dev.podpool.protocol.Entry;

/** A log that keeps nothing: certain is what this JVM has seen. */
public final class MemoryLog implements Log {

  private final Applier applier;

  public MemoryLog(Applier applier) {
    this.applier = applier;
  }

  @Override
  public void append(Entry entry) {
    applier.apply(entry);
  }

  @Override
  public void close() {}
}
