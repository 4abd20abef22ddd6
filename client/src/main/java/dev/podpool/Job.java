package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.internal.RandomId;
import dev.podpool.protocol.ConfirmResults;
import dev.podpool.protocol.JobResults;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.ReleaseJob;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of one job: follows its outcomes until it has ended or is let go. Called by one
 * thread at a time in the queue's order, but for what says otherwise.
 *
 * <p>Ends once: {@link #onEnd} or {@link #onBroken} is called, then the queue forgets the job, then
 * the client does; so who waits for a client without jobs finds everyone told.
 */
abstract class Job {

  private static final int CONFIRM_AFTER_OUTCOMES = 256;
  private static final long CONFIRM_AFTER_BYTES = 1 << 20;

  final PoolClient client;
  final ByteString id;
  private long position;
  private long confirmed;
  private long unconfirmedBytes;
  private final AtomicBoolean ended = new AtomicBoolean();

  private volatile Progress progress; // written by receive alone: others know an older one
  private final AtomicBoolean progressDue = new AtomicBoolean();
  private volatile @Nullable Consumer<? super Progress> progressListener;

  /** A job of so many items, as far as it is known. */
  Job(PoolClient client, long items) {
    this.client = client;
    this.id = RandomId.next();
    this.progress = new Progress(0, 0, items);
  }

  /** An outcome, for the first time. False: no others are wanted. */
  abstract boolean onOutcome(Outcome outcome);

  /** All outcomes are there that are wanted. */
  abstract void onEnd();

  /** No more will come, because of {@code reason}: a new exception each time. Any thread. */
  abstract void onBroken(Supplier<? extends RuntimeException> reason);

  /** Called when the pool closes: what can't go on by itself is given up. Any thread. */
  void onPoolClosing() {}

  final UUID uuid() {
    ByteBuffer bytes = id.asReadOnlyByteBuffer();
    return new UUID(bytes.getLong(), bytes.getLong());
  }

  final boolean hasEnded() {
    return ended.get();
  }

  final void receive(JobResults results) {
    Progress before = progress;
    long done = before.done();
    long failed = before.failed();
    // After a lost connection, outcomes come again from the last confirmed.
    int known = Math.toIntExact(position - results.getPosition());
    boolean more = true;
    for (int i = known; i < results.getOutcomesCount() && more; i++) {
      Outcome outcome = results.getOutcomes(i);
      position++;
      unconfirmedBytes += outcome.getSerializedSize();
      done += outcome.getCount();
      failed += outcome.hasSucceeded() ? 0 : outcome.getCount();
      more = onOutcome(outcome);
    }
    if (hasEnded()) {
      return;
    }
    progress = new Progress(done, failed, Math.max(before.total(), results.getItems()));
    tellProgress();
    if (!more || results.getLast()) {
      end(this::onEnd);
    } else if (position - confirmed >= CONFIRM_AFTER_OUTCOMES
        || unconfirmedBytes >= CONFIRM_AFTER_BYTES) {
      confirm();
    }
  }

  private void confirm() {
    confirmed = position;
    unconfirmedBytes = 0;
    ConfirmResults received =
        ConfirmResults.newBuilder().setJobId(id).setPosition(position).build();
    client.send(Operation.newBuilder().setConfirmResults(received).build());
  }

  /** Gives the job up: what has not ended is cancelled. False: it has ended. Any thread. */
  final boolean fail(Supplier<? extends RuntimeException> reason) {
    return end(() -> onBroken(reason));
  }

  /** Ends the job, once; {@code tell} tells who waits. Any thread. */
  final boolean end(Runnable tell) {
    if (!ended.compareAndSet(false, true)) {
      return false;
    }
    tell.run();
    release();
    client.forget(this);
    return true;
  }

  /** Has the queue forget the job. Any thread; again, or too early: does nothing. */
  final void release() {
    client.send(Operation.newBuilder().setReleaseJob(ReleaseJob.newBuilder().setJobId(id)).build());
  }

  final Progress progress() {
    return progress;
  }

  /** Any thread. */
  final void onProgress(Consumer<? super Progress> listener) {
    progressListener = listener;
    tellProgress();
  }

  private void tellProgress() {
    if (progressListener != null && progressDue.compareAndSet(false, true)) {
      client.callbacks().run(this::tellListener);
    }
  }

  private void tellListener() {
    progressDue.set(false);
    Consumer<? super Progress> listener = progressListener;
    if (listener != null) {
      listener.accept(progress);
    }
  }
}
