package dev.podpool.queue;

import dev.podpool.protocol.Blob;
import java.util.LinkedHashMap;

/**
 * How much of one blob has come, and who refers to it.
 *
 * <p>Invariant: only a complete blob is referred to; one that nothing refers to is due.
 */
final class BlobState {

  final Blob blob;
  long received;
  // When it is forgotten; 0 while something refers to it.
  long dueAtMillis;
  // How many references the jobs of each pool have: a pool's bytes count a blob once.
  private final LinkedHashMap<Pool, Integer> references = new LinkedHashMap<>(2);

  BlobState(Blob blob) {
    this.blob = blob;
  }

  long sizeBytes() {
    return blob.getSizeBytes();
  }

  boolean isComplete() {
    return received == sizeBytes();
  }

  boolean isReferredTo() {
    return !references.isEmpty();
  }

  int references(Pool pool) {
    return references.getOrDefault(pool, 0);
  }

  void hold(Pool pool) {
    if (references.merge(pool, 1, Integer::sum) == 1) {
      pool.countBytes(sizeBytes());
    }
  }

  void release(Pool pool) {
    int left = references(pool) - 1;
    if (left < 0) {
      throw new IllegalStateException("pool " + pool.name() + " releases what it does not hold");
    }
    if (left > 0) {
      references.put(pool, left);
    } else {
      references.remove(pool);
      pool.countBytes(-sizeBytes());
    }
  }
}
