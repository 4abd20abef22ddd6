package dev.podpool;

import dev.podpool.function.internal.Codec;
import dev.podpool.protocol.Outcome;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Results as they come, of inputs as they are taken. For one thread, once.
 *
 * <p>Inputs are read by a thread of the pool's, at most a {@linkplain JobOptions#withWindow window}
 * ahead of what was consumed here; so they may be endless. Whoever stops early closes this, or the
 * pool; that interrupts the thread if it waits for an input.
 *
 * <p>On a pool that somebody else runs, results of more than 256 KiB are fetched as they are read:
 * to be read within ten minutes of their arrival.
 *
 * @param <O> a result
 */
public final class Results<O extends @Nullable Object> implements Iterable<O>, AutoCloseable {

  private final ImapJob job;
  private final Codec<?> codec;
  private boolean iterated;

  Results(ImapJob job, Codec<?> codec) {
    this.job = job;
    this.codec = codec;
  }

  /**
   * The results. {@code next} throws a {@link TaskFailedException} for an item that failed, and
   * goes on behind it; {@code hasNext} waits. What the inputs' iterator throws, or an {@link
   * dev.podpool.function.EncodeException} for an input that can't travel, comes last, behind the
   * results of the inputs before it.
   *
   * @throws IllegalStateException the second time
   */
  @Override
  public Iterator<O> iterator() {
    if (iterated) {
      throw new IllegalStateException(
          "these results can be read once; collect them, or call again");
    }
    iterated = true;
    return new Reading();
  }

  /** Takes no more inputs, and cancels what has not ended. Again: does nothing. */
  @Override
  public void close() {
    job.fail(() -> new IllegalStateException("the results were closed before they were all read"));
  }

  private final class Reading implements Iterator<O> {

    private @Nullable Outcome run;
    private Decoder.@Nullable Run results; // of a run that succeeded
    private int at;

    @Override
    public boolean hasNext() {
      while (run == null) {
        try {
          run = job.take();
          job.client.backend().awaitPrinted();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new PodpoolException("interrupted while waiting for a result", e);
        }
        if (run == null) {
          return false;
        }
        at = 0;
        results =
            run.hasSucceeded() ? new Decoder.Run(run, codec, job.client.backend().blobs()) : null;
      }
      return true;
    }

    @Override
    @SuppressWarnings({"unchecked", "NullAway"}) // null where O may be null
    public O next() {
      if (!hasNext()) {
        throw new NoSuchElementException("all results have been read");
      }
      Outcome current = Objects.requireNonNull(run);
      long index = current.getFirst() + at++;
      try {
        if (results == null) {
          throw Failures.of(current, index, job.submitted());
        }
        Decoder.Run values = results;
        return (O) job.client.atQueue(values::next);
      } finally {
        if (at == current.getCount()) {
          run = null;
        }
        job.consumed(1);
      }
    }
  }
}
