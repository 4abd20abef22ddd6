package dev.podpool.operator.local;

import dev.podpool.crd.WorkerPool;
import dev.podpool.crd.WorkerPoolSpec;
import dev.podpool.internal.PoolBackend;
import dev.podpool.internal.RandomId;
import dev.podpool.operator.plan.Backoff;
import dev.podpool.operator.plan.Observed;
import dev.podpool.operator.plan.Plan;
import dev.podpool.operator.plan.PlannedStatus;
import dev.podpool.operator.plan.PoolSpec;
import dev.podpool.operator.plan.Step;
import dev.podpool.operator.plan.Worker;
import dev.podpool.protocol.CordonWorker;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.JoinPool;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.WorkerStatus;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A manifest's pool on this machine: its queue in this JVM's memory, its workers processes of their
 * own, planned as on a cluster. Ends with this JVM, however that ends.
 *
 * <p>One thread observes, plans and performs the steps; the others only wake it.
 */
public final class LocalPool implements PoolBackend {

  private final WorkerPoolSpec manifest;
  private final String name;
  private final Template template;
  private final PoolEvents events;
  private final QueueLoop queue = QueueLoop.inMemory();
  private final QueueSession control;
  private final Semaphore wake = new Semaphore(0);
  private final CountDownLatch gone = new CountDownLatch(1);
  private final Thread thread;

  // What is wanted; guarded by this.
  private int workers;
  private @Nullable Instant deletedAt;

  // Owned by the thread.
  private final TreeMap<Integer, WorkerProcess> processes = new TreeMap<>();
  private Backoff backoff = Backoff.NONE;
  private @Nullable Instant joiningSince;
  private volatile PlannedStatus status = new PlannedStatus(0, 0, true, false, "Starting");

  private LocalPool(WorkerPool pool, PoolEvents events) {
    this.manifest = pool.getSpec();
    this.name = pool.getMetadata().getName();
    this.template = new Template(name, manifest);
    this.events = events;
    this.workers = manifest.workers();
    this.control =
        queue.open(OpenSession.newBuilder().setNonce(RandomId.next()).build(), new Control());
    control.send(
        Operation.newBuilder()
            .setDefinePool(
                DefinePool.newBuilder()
                    .setPool(name)
                    .setUid(UUID.randomUUID().toString())
                    .setMaxAttempts(manifest.maxAttempts()))
            .build());
    this.thread = new Thread(this::run, "podpool-planner");
    thread.setDaemon(true);
  }

  /**
   * Starts the workers of {@code pool}; does not wait for them.
   *
   * @throws dev.podpool.function.FunctionNotFoundException if the initializer is not on this JVM's
   *     class path
   */
  public static LocalPool start(WorkerPool pool, PoolEvents events) {
    LocalPool started = new LocalPool(pool, events);
    started.thread.start();
    return started;
  }

  // ---- what is wanted

  /** Changes the number of workers: new ones help at once, idle ones go first. */
  public void scale(int wanted) {
    if (wanted < 0) {
      throw new IllegalArgumentException("workers " + wanted + "; give 0 or more");
    }
    synchronized (this) {
      workers = wanted;
    }
    wake.release();
  }

  /** What a person would want to know. */
  public PlannedStatus status() {
    return status;
  }

  /** The queue's counts. */
  public PoolStatus queueStatus() {
    PoolStatus counts = queue.status(name).join();
    return counts == null ? PoolStatus.getDefaultInstance() : counts;
  }

  private synchronized PoolSpec wanted() {
    return new PoolSpec(
        name,
        workers,
        template.hash(),
        manifest.daemon(),
        manifest.drainDeadlineOrDefault(),
        deletedAt);
  }

  // ---- as a backend

  @Override
  public String pool() {
    return name;
  }

  @Override
  public int slots() {
    return Math.max(1, manifest.workers() * manifest.slots());
  }

  @Override
  public @Nullable Duration itemTimeout() {
    return manifest.taskTimeoutIfAny().orElse(null);
  }

  @Override
  public QueueSession open(SessionHandler handler) {
    return queue.open(OpenSession.newBuilder().setNonce(RandomId.next()).build(), handler);
  }

  /**
   * Deletes the pool, as {@code kubectl delete} would, and waits until its workers are gone: with
   * {@code daemon: false}, its work is joined first, for {@code drainDeadline} at most. Again:
   * waits too.
   */
  @Override
  public void close() {
    synchronized (this) {
      if (deletedAt == null) {
        deletedAt = Instant.now();
      }
    }
    wake.release();
    boolean interrupted = false;
    while (true) {
      try {
        gone.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true; // no process is left behind for that
      }
    }
    queue.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- observe, plan, apply

  private void run() {
    boolean over = false;
    try {
      Plan plan;
      do {
        PoolSpec wanted = wanted();
        plan = Plan.towards(wanted, observe(), Instant.now());
        backoff = plan.backoff();
        status = plan.status();
        for (Step step : plan.steps()) {
          perform(step, wanted);
        }
        joinIfDeleted(wanted);
        endStopping(wanted);
        if (!plan.gone()) {
          await(plan.recheckAfter());
        }
      } while (!plan.gone());
      over = true;
    } finally {
      processes.values().forEach(WorkerProcess::kill);
      if (!over) {
        queue.close(); // an error of our own: nobody may wait for a pool without workers
      }
      gone.countDown();
    }
  }

  private void await(Duration atMost) {
    try {
      if (wake.tryAcquire(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
        wake.drainPermits();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("the planner's thread is nobody's to interrupt", e);
    }
  }

  private Observed observe() {
    PoolStatus counts = queueStatus();
    Map<String, WorkerStatus> inQueue = new HashMap<>();
    counts.getWorkersList().forEach(worker -> inQueue.put(worker.getWorker(), worker));
    List<Worker> seen = new ArrayList<>();
    for (WorkerProcess process : processes.values()) {
      WorkerStatus known = inQueue.get(process.name);
      if (process.cordonedAt != null && known != null && !known.getCordoned()) {
        cordon(process.name, true); // it joined after it was cordoned
      }
      seen.add(
          new Worker(
              process.ordinal,
              process.templateHash,
              process.phase(),
              process.startedAt,
              process.cordonedAt,
              known == null ? 0 : known.getLeased(),
              process.end()));
    }
    Observed.Queue facts =
        new Observed.Queue(
            true,
            counts.getReady() + counts.getLeased(),
            counts.getFailure().getFailures(),
            counts.getFailure().getFailure().getMessage());
    return new Observed(seen, new HashSet<>(), facts, backoff);
  }

  private void perform(Step step, PoolSpec wanted) {
    if (step instanceof Step.Start start) {
      start(start);
      return;
    }
    WorkerProcess process = find(step.name());
    if (step instanceof Step.Cordon) {
      process.cordonedAt = Instant.now();
      cordon(process.name, true);
    } else if (step instanceof Step.Uncordon) {
      process.cordonedAt = null;
      cordon(process.name, false);
    } else if (step instanceof Step.Stop) {
      if (wanted.deletedAt() != null || process.phase() == Worker.Phase.STARTING) {
        process.kill();
      } else {
        process.stop();
      }
    } else if (step instanceof Step.Remove) {
      processes.remove(process.ordinal);
    }
    wake.release(); // what was done is seen at once
  }

  private void start(Step.Start start) {
    try {
      processes.put(
          start.ordinal(),
          new WorkerProcess(
              start.ordinal(),
              start.templateHash(),
              template.start(start.name()),
              template.command(),
              queue,
              events,
              wake::release));
    } catch (IOException e) {
      // Out of processes or memory: the place stays empty, and is planned again soon.
      events.output(start.name(), 2, "worker " + start.name() + " can't be started: " + e + "\n");
    }
  }

  private WorkerProcess find(String worker) {
    for (WorkerProcess process : processes.values()) {
      if (process.name.equals(worker)) {
        return process;
      }
    }
    throw new IllegalStateException("a step for a worker that is not there: " + worker);
  }

  private void cordon(String worker, boolean cordoned) {
    control.send(
        Operation.newBuilder()
            .setCordonWorker(
                CordonWorker.newBuilder().setPool(name).setWorker(worker).setCordoned(cordoned))
            .build());
  }

  /**
   * Those told to end hold no item: they need not be waited for long, and not at all at the end.
   */
  private void endStopping(PoolSpec wanted) {
    for (WorkerProcess process : processes.values()) {
      if (wanted.deletedAt() != null && process.phase() == Worker.Phase.STOPPING) {
        process.kill();
      } else {
        process.killIfLate();
      }
    }
  }

  private void joinIfDeleted(PoolSpec wanted) {
    if (wanted.deletedAt() != null && joiningSince == null) {
      joiningSince = wanted.deletedAt();
      control.send(Operation.newBuilder().setJoinPool(JoinPool.newBuilder().setPool(name)).build());
    }
  }

  /** The planner's own session: all it waits for is the pool to be joined. */
  private final class Control implements SessionHandler {

    @Override
    public void onDelivery(Delivery delivery) {}

    @Override
    public void onReply(Operation operation, Reply reply) {
      wake.release();
    }

    @Override
    public void onEnd(Refusal reason) {
      wake.release();
    }
  }
}
