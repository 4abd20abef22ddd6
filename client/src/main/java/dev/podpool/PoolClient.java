package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.function.internal.Codec;
import dev.podpool.internal.PoolBackend;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.JobResults;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What all views of one pool share: the session, the jobs that run, the callbacks, and its life:
 * open, then shut down (no more jobs), then, when the last job has ended, closed.
 */
final class PoolClient implements SessionHandler {

  private final PoolBackend backend;
  private final Callbacks callbacks = new Callbacks();
  private final QueueSession session;
  private final Unconfirmed unconfirmed;
  private final @Nullable ObjectLink objects;

  private final CountDownLatch shutDown = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);

  private final Object lock = new Object();
  // Changed under the lock, read by anyone.
  private final ConcurrentHashMap<ByteString, Job> jobs = new ConcurrentHashMap<>();
  // Guarded by the lock.
  private boolean closing;
  private @Nullable Supplier<PodpoolException> gone;

  PoolClient(PoolBackend backend) {
    this(backend, null);
  }

  /**
   * @param objects what handles in inputs and results are of; null: the session says
   */
  PoolClient(PoolBackend backend, @Nullable ObjectLink objects) {
    this.backend = backend;
    this.session = backend.open(this);
    // A link is one session for many pools.
    QueueLink link = session instanceof QueueLink one ? one : null;
    this.unconfirmed = link == null ? new Unconfirmed() : link.unconfirmed();
    this.objects = objects == null && link != null ? link.objects() : objects;
  }

  PoolBackend backend() {
    return backend;
  }

  Callbacks callbacks() {
    return callbacks;
  }

  void send(Operation operation) {
    session.send(operation);
  }

  /** As {@link #send}; it may wait for company. */
  void sendLater(Operation operation) {
    session.sendLater(operation);
  }

  /** Of the session. */
  Unconfirmed unconfirmed() {
    return unconfirmed;
  }

  /** Confirms what all jobs have. By the thread that they get it from. */
  void confirmAll() {
    jobs.values().forEach(Job::confirmWhatIsHere);
  }

  /**
   * The connection is a new one. What became of another's job while there was none may have been
   * told in vain, so its readers ask again.
   */
  void watchAgain() {
    jobs.values().stream().filter(Job::isReader).forEach(job -> send(job.watch()));
  }

  // ---- jobs

  /**
   * {@code job} is about to be submitted, or watched.
   *
   * @throws IllegalStateException if the pool is shut down
   * @throws PodpoolException if its queue is gone
   */
  void begin(Job job) {
    synchronized (lock) {
      checkOpen();
      if (gone != null) {
        throw gone.get();
      }
      jobs.put(job.id, job);
    }
  }

  /** {@link #begin}, unless there is a job of its id: returns that which there is. */
  Job beginUnlessKnown(Job job) {
    synchronized (lock) {
      Job known = jobs.get(job.id);
      if (known == null) {
        begin(job);
      }
      return known == null ? job : known;
    }
  }

  /** {@code job} has ended, and whoever waits for it has been told. */
  void forget(Job job) {
    synchronized (lock) {
      jobs.remove(job.id, job);
      closeIfDone();
    }
  }

  List<Job> jobs() {
    return List.copyOf(jobs.values());
  }

  /** Results in input order, from the outcomes of all items of a job. */
  <O extends @Nullable Object> List<O> decode(List<Outcome> outcomes, Codec<?> codec) {
    return atQueue(() -> Decoder.<O>list(outcomes, codec, backend.blobs()));
  }

  /** What {@code coding} gives; handles that it decodes or encodes are of the pool's queue. */
  <T extends @Nullable Object> T atQueue(Supplier<T> coding) {
    return objects == null ? coding.get() : ObjectResolver.within(objects, coding);
  }

  // ---- life

  boolean isOpen() {
    return shutDown.getCount() > 0;
  }

  void checkOpen() {
    if (!isOpen()) {
      throw new IllegalStateException("the pool is shut down; open another to submit more");
    }
  }

  void shutdown() {
    synchronized (lock) {
      shutDown.countDown();
      closeIfDone();
    }
  }

  private void closeIfDone() {
    if (!isOpen() && jobs.isEmpty() && !closing) {
      closing = true;
      // Of its own: this one may be the queue's, a worker's or a callback's.
      Thread closer = new Thread(this::close, "podpool-close");
      closer.setDaemon(true);
      closer.start();
    }
  }

  private void close() {
    try {
      backend.close();
    } finally {
      callbacks.close();
      closed.countDown();
    }
  }

  boolean isClosed() {
    return closed.getCount() == 0;
  }

  /**
   * Waits until the pool is shut down, its jobs have ended, its processes are gone and its
   * callbacks have run; false if the time passes before.
   */
  boolean awaitEnd(long nanos) throws InterruptedException {
    long deadline = System.nanoTime() + Math.max(0, nanos);
    return shutDown.await(nanos, TimeUnit.NANOSECONDS)
        && closed.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)
        && callbacks.await(deadline - System.nanoTime());
  }

  /** Waits until the processes are gone. Not for ever: what they ran has ended. */
  void awaitClosed() {
    boolean interrupted = false;
    while (!isClosed()) {
      try {
        closed.await();
      } catch (InterruptedException e) {
        interrupted = true; // no process is left behind for that
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- from the queue

  @Override
  public void onDelivery(Delivery delivery) {
    if (delivery.hasJobResults()) {
      JobResults results = delivery.getJobResults();
      Job job = jobs.get(results.getJobId());
      if (job != null) {
        job.receive(results);
      }
    } else if (delivery.hasJobGone()) {
      Job job = jobs.get(delivery.getJobGone().getJobId());
      if (job != null) {
        job.abandon(
            () ->
                new NotFoundException(
                    "the job was released before all of its results were read here", null));
      }
    } else if (delivery.hasPoolGone()) {
      poolGone(delivery.getPoolGone().getPool());
    }
  }

  private void poolGone(String pool) {
    String reason = "pool '" + pool + "' was deleted; create it again";
    if (pool.equals(backend.pool())) {
      breakAll(() -> new PodpoolException(reason));
    } else {
      jobs().stream().filter(job -> job.pool.equals(pool)).forEach(job -> job.abandon(reason));
    }
  }

  @Override
  public void onDone(Operation operation) {
    Job job = jobs.get(begun(operation));
    if (job != null) {
      job.accepted();
    }
  }

  /** The job that {@code operation} submits, or begins to watch. */
  private static ByteString begun(Operation operation) {
    return switch (operation.getKindCase()) {
      case SUBMIT_JOB -> operation.getSubmitJob().getJobId();
      case WATCH_JOB -> operation.getWatchJob().getJobId();
      default -> ByteString.EMPTY;
    };
  }

  @Override
  public void onReply(Operation operation, Reply reply) {
    if (!reply.hasRefusal()) {
      onDone(operation); // a job that was known already
      return;
    }
    ByteString jobId =
        switch (operation.getKindCase()) {
          case ADD_ITEMS -> operation.getAddItems().getJobId();
          case CONFIRM_RESULTS -> operation.getConfirmResults().getJobId();
          default -> begun(operation);
        };
    Job job = jobs.get(jobId);
    if (job == null) {
      return;
    }
    Refusal refusal = reply.getRefusal();
    if (refusal.getCode() == ErrorCode.BLOB_UNKNOWN && job.mayBeSubmittedAgain(operation)) {
      submitAgain(job, operation);
    } else {
      if (operation.hasSubmitJob() || operation.hasAddItems()) {
        job.fail(() -> QueueLink.exception(refusal));
      } else {
        // Somebody else has released it, or its time is over.
        job.abandon(() -> QueueLink.exception(refusal));
      }
    }
  }

  /** Puts the code that the queue has forgotten once more, which takes its time. */
  private void submitAgain(Job job, Operation submission) {
    Thread thread =
        new Thread(
            () -> {
              try {
                backend.codeIsGone();
                var unused = backend.code();
                send(submission);
              } catch (RuntimeException e) {
                job.fail(() -> new PodpoolException(String.valueOf(e.getMessage()), e));
              }
            },
            "podpool-code");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * What a new session begins with, so that the jobs that the queue has go on. Those that end with
   * their session are broken.
   */
  List<Operation> resume(String expired) {
    List<Operation> first = new ArrayList<>();
    for (Job job : jobs()) {
      if (job.endsWithSession()) {
        job.abandon(
            expired
                + "; an imap ends when its client was away for so long. Call it again with the"
                + " inputs whose results are missing, or use map");
      } else if (job.isAccepted()) {
        first.add(job.watch());
      } // else what submits it is sent again, or has not been sent
    }
    return first;
  }

  @Override
  public void onEnd(Refusal reason) {
    breakAll(() -> QueueLink.exception(reason));
  }

  private void breakAll(Supplier<PodpoolException> reason) {
    synchronized (lock) {
      gone = reason;
    }
    jobs().forEach(job -> job.abandon(reason));
  }

  /** Lets go of the queue: takes no more work, and leaves alone what was submitted. */
  void detach(String reason) {
    String message =
        reason + "; what was submitted goes on, and Podpool.job(id, type) gets its results";
    breakAll(() -> new PodpoolException(message));
    shutdown();
  }
}
