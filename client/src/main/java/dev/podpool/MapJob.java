package dev.podpool;

import dev.podpool.protocol.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A job whose results are wanted all together. The first failure ends it. */
final class MapJob extends Job {

  final int items;
  // Never exceptionally.
  private final CompletableFuture<Ending> ending = new CompletableFuture<>();
  private final List<Outcome> succeeded = new ArrayList<>();
  private @Nullable Outcome failed;
  private final List<Runnable> callbacks = new ArrayList<>(); // guarded by itself

  /**
   * What became of it; both null: it succeeded.
   *
   * @param succeeded outcomes of all items, if it succeeded
   * @param failed the outcome that ended it
   * @param broken why there is no outcome; a new exception each time
   */
  record Ending(
      List<Outcome> succeeded,
      @Nullable Outcome failed,
      @Nullable Supplier<? extends RuntimeException> broken) {}

  MapJob(PoolClient client, int items) {
    super(client, items);
    this.items = items;
  }

  @Override
  boolean onOutcome(Outcome outcome) {
    if (outcome.hasSucceeded()) {
      succeeded.add(outcome);
      return true;
    }
    failed = outcome;
    return false;
  }

  @Override
  void onEnd() {
    complete(new Ending(failed == null ? succeeded : List.of(), failed, null));
  }

  @Override
  void onBroken(Supplier<? extends RuntimeException> reason) {
    complete(new Ending(List.of(), null, reason));
  }

  private void complete(Ending end) {
    synchronized (callbacks) {
      ending.complete(end);
      callbacks.forEach(client.callbacks()::run);
      callbacks.clear();
    }
  }

  /** Runs {@code callback} when this has ended, behind those that came before. */
  void whenEnded(Runnable callback) {
    synchronized (callbacks) {
      if (!ending.isDone()) {
        callbacks.add(callback);
        return;
      }
    }
    client.callbacks().run(callback);
  }

  /**
   * Runs {@code action} when this has ended, by whichever thread: it must neither block nor throw.
   */
  void onceEnded(Runnable action) {
    var unused = ending.thenRun(action);
  }

  boolean isDone() {
    return ending.isDone();
  }

  /** Waits. */
  Ending await() throws InterruptedException {
    try {
      return ending.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits; null if the time passes before. */
  @Nullable Ending await(long nanos) throws InterruptedException {
    try {
      return ending.get(nanos, TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return null;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Only when {@link #isDone}. */
  Ending ended() {
    return ending.join();
  }
}
