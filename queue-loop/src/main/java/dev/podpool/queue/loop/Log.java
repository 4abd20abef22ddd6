package dev.podpool.queue.loop;

import dev.podpool.protocol.Entry;

/**
 * Where entries become certain. At most one is appended at a time; the next gathers meanwhile.
 *
 * <p>Once an entry is as durable as the log promises, the log passes it to its {@link Applier}:
 * each once, in order, never two at a time.
 */
public interface Log extends AutoCloseable {

  /** Takes what is certain. */
  interface Applier {
    /** {@code entry} is the next of the log. */
    void apply(Entry entry);
  }

  /** Appends {@code entry}; the applier may be called before this returns. */
  void append(Entry entry);

  @Override
  void close();
}
