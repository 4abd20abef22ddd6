package dev.podpool.queue.raft;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Whether the log can be trusted. It begins unready, becomes ready once, and fails or is closed
 * once; the first failure is told, and no other.
 */
final class Health {

  private static final System.Logger LOG = System.getLogger(Health.class.getName());

  private final Consumer<Throwable> onFailure;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile boolean closed;

  Health(Consumer<Throwable> onFailure) {
    this.onFailure = onFailure;
  }

  /** Completes when the replica leads, or with what prevented it. */
  CompletableFuture<Void> ready() {
    return ready;
  }

  /** The log can't be trusted from now on, because of {@code cause}. */
  void fail(Throwable cause) {
    if (closed || !failure.compareAndSet(null, cause)) {
      return;
    }
    if (ready.completeExceptionally(cause)) {
      return; // whoever waits for the start is told
    }
    LOG.log(System.Logger.Level.ERROR, "the log has failed: nothing is applied any more", cause);
    onFailure.accept(cause);
  }

  boolean hasFailed() {
    return failure.get() != null;
  }

  /** What happens from now on is no failure. */
  void close() {
    closed = true;
  }

  boolean isClosed() {
    return closed;
  }
}
