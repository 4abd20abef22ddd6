package dev.podpool.internal;

import dev.podpool.protocol.Blob;

/** What is too large to come with a queue's operations. Thread-safe. */
public interface BlobStore {

  /** A payload that is larger is put here. */
  int inlineBytesMax();

  /**
   * Has {@code bytes} kept, and returns when they are. Forgotten ten minutes later, unless a job
   * refers to them by then.
   *
   * @throws dev.podpool.PodpoolException if they are refused, or the queue is gone
   */
  Blob put(byte[] bytes);

  /**
   * The bytes of {@code blob}, compared with its name. Blocks.
   *
   * @throws dev.podpool.PodpoolException if they can't be had; again may help where the message
   *     does not say otherwise
   */
  byte[] get(Blob blob);
}
