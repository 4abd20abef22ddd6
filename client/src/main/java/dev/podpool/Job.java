package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ConfirmResults;
import dev.podpool.protocol.JobResults;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.ReleaseJob;
import dev.podpool.protocol.WatchJob;
import dev.podpool.session.RandomId;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of one job: follows its outcomes until it has ended or is let go. Called by one
 * thread at a time in the queue's order, but for what says otherwise.
 *
 * <p>Ends once: the queue is told, then {@link #onEnd} or {@link #onBroken} is called, then the
 * client forgets the job; so who waits for a client without jobs finds everyone told.
 */
abstract class Job {

  private static final int CONFIRM_AFTER_OUTCOMES = 256;
  private static final long CONFIRM_AFTER_BYTES = 1 << 20;

  final PoolClient client;
  final ByteString id;
  final String pool;
  private long position;
  private long confirmed;
  private final AtomicLong unconfirmedBytes = new AtomicLong(); // counted in the client's, too
  private boolean skipped;
  private boolean submittedAgain;
  private final AtomicBoolean ended = new AtomicBoolean();
  private final CountDownLatch decided = new CountDownLatch(1); // accepted, or ended
  private volatile boolean accepted;

  private volatile Progress progress; // written by receive alone: others know an older one
  private final AtomicBoolean progressDue = new AtomicBoolean();
  private volatile @Nullable Consumer<? super Progress> progressListener;

  /** A job of {@code client}'s pool, of so many items as far as it is known. */
  Job(PoolClient client, long items) {
    this(client, RandomId.next(), client.backend().pool(), items);
  }

  Job(PoolClient client, ByteString id, String pool, long items) {
    this.client = client;
    this.id = id;
    this.pool = pool;
    this.progress = new Progress(0, 0, items);
  }

  /** An outcome, for the first time. False: no others are wanted. */
  abstract boolean onOutcome(Outcome outcome);

  /** All outcomes are there that are wanted. */
  abstract void onEnd();

  /** No more will come, because of {@code reason}: a new exception each time. Any thread. */
  abstract void onBroken(Supplier<? extends RuntimeException> reason);

  /** What the queue is told when all is here that is wanted of the job. */
  void settle() {
    release();
  }

  /** What the queue is told when nobody wants what has not ended. Any thread. */
  void giveUp() {
    release();
  }

  /** Called when the pool closes: what can't go on by itself is given up. Any thread. */
  void onPoolClosing() {}

  final UUID uuid() {
    return Infos.uuid(id);
  }

  final boolean hasEnded() {
    return ended.get();
  }

  final void receive(JobResults results) {
    Progress before = progress;
    long done = before.done();
    long failed = before.failed();
    if (results.getPosition() > position) {
      if (accepted || !isReader()) {
        abandon("results of the job were read and dropped by its submitter: it flows (imap)");
      }
      skipped = true; // perhaps of what an earlier reader here has begun: see accepted
      return;
    }
    // After a lost connection, outcomes come again from the last confirmed.
    int known = Math.toIntExact(position - results.getPosition());
    boolean more = true;
    long bytes = 0;
    for (int i = known; i < results.getOutcomesCount() && more; i++) {
      Outcome outcome = results.getOutcomes(i);
      position++;
      bytes += outcome.getSerializedSize();
      done += outcome.getCount();
      failed += outcome.hasSucceeded() ? 0 : outcome.getCount();
      more = onOutcome(outcome);
    }
    unconfirmedBytes.addAndGet(bytes);
    client.unconfirmed().add(bytes);
    if (hasEnded()) {
      forgetUnconfirmed(); // may have come behind the end
      return;
    }
    progress = new Progress(done, failed, Math.max(before.total(), results.getItems()));
    tellProgress();
    if (!more || results.getLast()) {
      end(this::onEnd, this::settle);
    } else if (position - confirmed >= CONFIRM_AFTER_OUTCOMES
        || unconfirmedBytes.get() >= CONFIRM_AFTER_BYTES) {
      confirm();
    } else if (client.unconfirmed().isMuch()) {
      client.confirmAll();
    }
  }

  /** {@link #confirm}, where there is anything. */
  final void confirmWhatIsHere() {
    if (unconfirmedBytes.get() > 0 && !hasEnded()) {
      confirm();
    }
  }

  /** Confirmed, or of no interest to the queue any more. Any thread. */
  private void forgetUnconfirmed() {
    client.unconfirmed().add(-unconfirmedBytes.getAndSet(0));
  }

  /** Lets the queue go on behind what is here. */
  final void confirm() {
    confirmed = position;
    forgetUnconfirmed();
    ConfirmResults received =
        ConfirmResults.newBuilder().setJobId(id).setPosition(position).build();
    client.send(Operation.newBuilder().setConfirmResults(received).build());
  }

  /** Gives the job up: what has not ended is cancelled. False: it has ended. Any thread. */
  final boolean fail(Supplier<? extends RuntimeException> reason) {
    return end(() -> onBroken(reason), this::giveUp);
  }

  /** Lets go of the job: in the queue it stays what it is. Any thread. */
  final void abandon(String reason) {
    abandon(() -> new PodpoolException(reason));
  }

  /** {@link #abandon(String)} with a reason of its own kind. */
  final void abandon(Supplier<? extends RuntimeException> reason) {
    end(() -> onBroken(reason), () -> {});
  }

  /**
   * Once: tells the queue, and then who waits, so that what that asks the queue next comes behind.
   * Any thread.
   */
  private boolean end(Runnable tellWaiting, Runnable tellQueue) {
    if (!ended.compareAndSet(false, true)) {
      return false;
    }
    forgetUnconfirmed();
    tellQueue.run();
    tellWaiting.run();
    decided.countDown();
    client.forget(this);
    return true;
  }

  // ---- sessions

  /** The queue has the job, and delivers its outcomes. */
  final void accepted() {
    accepted = true;
    decided.countDown();
    if (skipped && position == 0 && !hasEnded()) {
      client.send(watch()); // what is skipped once more was dropped
    }
  }

  /** Waits until the queue has the job, or it has ended. */
  final void awaitAccepted() throws InterruptedException {
    decided.await();
  }

  final boolean isAccepted() {
    return accepted;
  }

  /** Whether it is somebody else's. */
  boolean isReader() {
    return false;
  }

  /** Whether the queue cancels and forgets the job when the session expires. */
  boolean endsWithSession() {
    return false;
  }

  /** Has the outcomes that are not here delivered to a new session. */
  final Operation watch() {
    forgetUnconfirmed();
    WatchJob watch = WatchJob.newBuilder().setJobId(id).setPosition(position).build();
    return Operation.newBuilder().setWatchJob(watch).build();
  }

  /**
   * Whether {@code submission}, whose code the queue does not have any more, may be handed in once
   * more: it is all there is to the job. Once.
   */
  final boolean mayBeSubmittedAgain(Operation submission) {
    boolean may =
        submission.getSubmitJob().getComplete()
            && submission.getSubmitJob().getInputs().getBlobsCount() == 0
            && !submittedAgain;
    submittedAgain = true;
    return may;
  }

  /**
   * Has the queue forget the job. Any thread; what has not ended is cancelled; again, or too early:
   * does nothing.
   */
  final void release() {
    client.send(releaseOperation());
  }

  /** {@link #release} of a job whose items have all ended: nobody waits for that. Any thread. */
  final void releaseLater() {
    client.sendLater(releaseOperation());
  }

  private Operation releaseOperation() {
    ReleaseJob release = ReleaseJob.newBuilder().setJobId(id).build();
    return Operation.newBuilder().setReleaseJob(release).build();
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
