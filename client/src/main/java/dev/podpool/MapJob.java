package dev.podpool;

import dev.podpool.protocol.CancelJob;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.session.RandomId;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A job whose results are wanted all together. The first failure ends it, but for a reader. */
final class MapJob extends Job {

  private final Role role;
  // Never exceptionally.
  private final CompletableFuture<Ending> ending = new CompletableFuture<>();
  private final List<Outcome> succeeded = new ArrayList<>();
  private boolean isPartlyElsewhere;
  private @Nullable Outcome failed;
  // Of a reader: items without a result that a retry may still bring, by index.
  private final TreeMap<Long, Outcome> failures = new TreeMap<>();
  private final List<Runnable> callbacks = new ArrayList<>(); // guarded by itself

  /** Whose results they are. */
  enum Role {
    /** Submits the job, and has it forgotten when its results are here. */
    OWNER,
    /** Submits the job, which runs to its end; its results stay until their time is over. */
    KEEPER,
    /** Reads the results of another's job. */
    READER
  }

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

  /** A job that is to be submitted. */
  MapJob(PoolClient client, int items, Role role) {
    super(client, items);
    this.role = role;
  }

  private MapJob(PoolClient client, JobInfo job) {
    super(client, RandomId.of(job.id()), job.pool(), job.items());
    this.role = Role.READER;
  }

  /**
   * Reads the results of {@code job}; one that {@code client} reads already is read once for all.
   *
   * @throws PodpoolException if the queue is gone
   */
  static MapJob reader(PoolClient client, JobInfo job) {
    MapJob reader = new MapJob(client, job);
    MapJob first = (MapJob) client.beginUnlessKnown(reader);
    if (first == reader) {
      client.send(reader.watch());
    }
    return first;
  }

  /** Number of items; not before all are there the last word. */
  int items() {
    return Math.toIntExact(progress().total());
  }

  @Override
  boolean isReader() {
    return role == Role.READER;
  }

  @Override
  boolean onOutcome(Outcome outcome) {
    if (role == Role.READER) {
      // It cancels nobody's items, so it waits for all; and a dead one may have been retried.
      for (long i = outcome.getFirst(); i < outcome.getFirst() + outcome.getCount(); i++) {
        failures.remove(i);
      }
      if (!outcome.hasSucceeded()) {
        failures.put(outcome.getFirst(), outcome);
        return true;
      }
    }
    if (outcome.hasSucceeded()) {
      succeeded.add(outcome);
      isPartlyElsewhere |= outcome.getSucceeded().getBlobsCount() > 0;
      return true;
    }
    failed = outcome;
    return false;
  }

  @Override
  void settle() {
    if (role == Role.OWNER) {
      if (failed != null) {
        release();
        return;
      }
      if (!isPartlyElsewhere) {
        releaseLater();
        return;
      } // else when they have been fetched
    }
    confirm(); // so that it does not come again with every connection, nor hold others up
  }

  @Override
  void giveUp() {
    if (role == Role.OWNER) {
      release();
    } else {
      cancelInQueue();
    }
  }

  private void cancelInQueue() {
    CancelJob cancel = CancelJob.newBuilder().setJobId(id).build();
    client.send(Operation.newBuilder().setCancelJob(cancel).build());
  }

  /** The results are decoded: nothing more will be fetched for them. Any thread; once. */
  void taken() {
    if (role == Role.OWNER && isPartlyElsewhere) {
      releaseLater();
    }
  }

  @Override
  void onEnd() {
    if (!failures.isEmpty()) {
      failed = failures.firstEntry().getValue();
    }
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

  /** Waits. What its functions have printed comes first, as it did there. */
  Ending await() throws InterruptedException {
    try {
      Ending end = ending.get();
      client.backend().awaitPrinted();
      return end;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits; null if the time passes before. */
  @Nullable Ending await(long nanos) throws InterruptedException {
    try {
      Ending end = ending.get(nanos, TimeUnit.NANOSECONDS);
      client.backend().awaitPrinted();
      return end;
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
