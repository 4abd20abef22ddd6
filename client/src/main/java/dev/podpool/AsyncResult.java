package dev.podpool;

import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The result of a call that did not wait for it. Thread-safe.
 *
 * <p>Callbacks run one after the other in a thread of the pool's, in the order in which they were
 * added; one that blocks holds up the others, one that throws does not. One that is added when the
 * pool has closed runs at once, in the thread that adds it.
 *
 * @param <T> the result
 */
public final class AsyncResult<T extends @Nullable Object> implements Future<T> {

  private final MapJob job;
  private final Function<List<Outcome>, T> decoder;
  private @Nullable Decoded<T> decoded; // guarded by this

  private record Decoded<T extends @Nullable Object>(T value) {}

  AsyncResult(MapJob job, Function<List<Outcome>, T> decoder) {
    this.job = job;
    this.decoder = decoder;
  }

  /** The job's id, unique for all time. */
  public UUID jobId() {
    return job.uuid();
  }

  /**
   * Waits until the queue has accepted what was submitted: on a pool of {@link Podpool}, it goes on
   * from there even if this JVM ends.
   *
   * @throws PodpoolException if it was refused, or the queue is gone
   */
  public void awaitAccepted() throws InterruptedException {
    job.awaitAccepted();
    if (job.isDone() && !job.isAccepted()) {
      MapJob.Ending ending = job.ended();
      if (ending.broken() != null) {
        throw ending.broken().get();
      }
    }
  }

  /** Runs {@code callback} once with the result, when it is there; not if there is none. */
  public AsyncResult<T> onSuccess(Consumer<? super T> callback) {
    return whenEnded(callback, error -> {});
  }

  /**
   * Runs {@code callback} once with a {@link TaskFailedException}, a {@link CancellationException}
   * or another {@link PodpoolException}, when it is certain that there is no result.
   */
  public AsyncResult<T> onError(Consumer<? super RuntimeException> callback) {
    return whenEnded(value -> {}, callback);
  }

  private AsyncResult<T> whenEnded(
      Consumer<? super T> onSuccess, Consumer<? super RuntimeException> onError) {
    job.whenEnded(
        () -> {
          T value;
          try {
            value = value(job.ended());
          } catch (RuntimeException e) {
            onError.accept(e);
            return;
          }
          onSuccess.accept(value);
        });
    return this;
  }

  /** Runs {@code listener} now and then, and when all is done; a newer listener replaces it. */
  public AsyncResult<T> onProgress(Consumer<? super Progress> listener) {
    job.onProgress(listener);
    return this;
  }

  /** How far it is. */
  public Progress progress() {
    return job.progress();
  }

  /**
   * Waits for the result. Each call gives the same object.
   *
   * @throws ExecutionException caused by a {@link TaskFailedException} if an item failed, by
   *     another {@link PodpoolException} if the pool went away
   * @throws CancellationException if it was cancelled
   */
  @Override
  public T get() throws InterruptedException, ExecutionException {
    return get(job.await());
  }

  /**
   * Waits for the result, which goes on if the time passes.
   *
   * @throws TimeoutException if it is not there in time
   */
  @Override
  public T get(long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    MapJob.Ending ending = job.await(unit.toNanos(timeout));
    if (ending == null) {
      String given = timeout + " " + unit.name().toLowerCase(Locale.ROOT);
      throw new TimeoutException("no result within " + given + "; the task goes on");
    }
    return get(ending);
  }

  private T get(MapJob.Ending ending) throws ExecutionException {
    try {
      return value(ending);
    } catch (PodpoolException e) {
      throw new ExecutionException(e);
    }
  }

  /**
   * Waits for the result, without a checked exception.
   *
   * @throws TaskFailedException if an item failed; its stack trace begins in the worker
   * @throws CancellationException if it was cancelled
   * @throws PodpoolException if the pool went away, or the thread was interrupted, which stays set
   */
  public T join() {
    try {
      return value();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PodpoolException("interrupted while waiting for a result; the task goes on", e);
    }
  }

  /** {@link #join}, that can be interrupted. */
  T value() throws InterruptedException {
    return value(job.await());
  }

  private T value(MapJob.Ending ending) {
    if (ending.broken() != null) {
      throw ending.broken().get();
    }
    if (ending.failed() != null) {
      throw Failures.of(ending.failed(), ending.failed().getFirst(), job.items());
    }
    synchronized (this) {
      if (decoded == null) {
        decoded = new Decoded<>(decoder.apply(ending.succeeded()));
        job.taken();
      }
      return decoded.value();
    }
  }

  /** Waits until there is a result or an error; false if {@code timeout} passes before. */
  public boolean await(Duration timeout) throws InterruptedException {
    return job.await(TimeUnit.NANOSECONDS.convert(timeout)) != null;
  }

  /** Whether there is a result or an error. Does not wait. */
  public boolean isReady() {
    return job.isDone();
  }

  /**
   * Whether there is a result, and no error.
   *
   * @throws IllegalStateException if it is not {@linkplain #isReady ready}
   */
  public boolean isSuccessful() {
    if (!isReady()) {
      throw new IllegalStateException("the result is not ready; wait for it first");
    }
    try {
      var unused = value(job.ended());
      return true;
    } catch (RuntimeException e) {
      return false;
    }
  }

  /**
   * Cancels what has not ended, for good; what runs is stopped, its process replaced.
   *
   * @param mayInterruptIfRunning is taken for true
   * @return false if it had ended before
   */
  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    return job.fail(() -> new CancellationException("the job was cancelled"));
  }

  @Override
  public boolean isCancelled() {
    if (!isReady()) {
      return false;
    }
    MapJob.Ending ending = job.ended();
    return ending.broken() != null
        ? ending.broken().get() instanceof CancellationException
        : ending.failed() != null && ending.failed().getEnded().getState() == ItemState.CANCELLED;
  }

  @Override
  public boolean isDone() {
    return isReady();
  }

  /**
   * This result as a stage, completed in the common pool, so that a callback may wait for it; here,
   * if the result is {@linkplain #isReady ready}. Cancelling the stage does not cancel the job, and
   * {@link Pool#join} does not wait for what hangs on it.
   */
  public CompletableFuture<T> toCompletableFuture() {
    CompletableFuture<T> future = new CompletableFuture<>();
    if (isReady()) {
      settle(future);
    } else {
      job.onceEnded(
          () -> {
            var unused = CompletableFuture.runAsync(() -> settle(future));
          });
    }
    return future;
  }

  private void settle(CompletableFuture<T> future) {
    try {
      future.complete(value(job.ended()));
    } catch (Throwable e) { // whatever it is, somebody waits
      future.completeExceptionally(e);
    }
  }

  /**
   * Runs {@code action} when this is ready, by whichever thread: it must neither block nor throw.
   */
  void onceReady(Runnable action) {
    job.onceEnded(action);
  }
}
