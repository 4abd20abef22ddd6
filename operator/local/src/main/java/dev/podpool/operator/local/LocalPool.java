package dev.podpool.operator.local;

import com.google.protobuf.ByteString;
import dev.podpool.crd.WorkerPool;
import dev.podpool.crd.WorkerPoolSpec;
import dev.podpool.operator.control.Control;
import dev.podpool.operator.plan.Backoff;
import dev.podpool.operator.plan.Observed;
import dev.podpool.operator.plan.Plan;
import dev.podpool.operator.plan.PlannedStatus;
import dev.podpool.operator.plan.PoolSpec;
import dev.podpool.operator.plan.Step;
import dev.podpool.operator.plan.Worker;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.WorkerStatus;
import dev.podpool.session.RandomId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A manifest's pool on this machine: observes its worker processes and what the queue says of it,
 * plans as on a cluster, and performs the steps. One thread does that; the others only wake it.
 */
final class LocalPool {

  private static final Duration READ_MAX = Duration.ofSeconds(2);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(100);
  private static final Duration LOOK_AGAIN_STEADY = Duration.ofSeconds(1);
  // As long as a worker that is cut off runs on: docs/contract.md, L3.
  private static final Duration UNHEARD_MAX = Duration.ofMinutes(5);
  private static final long LOG_BYTES_MAX = 256 << 10;

  private final String name;
  private final Surroundings around;
  private final Control control;
  private final Consumer<PoolReport> reports;
  private final Instant createdAt;
  private final Semaphore wake = new Semaphore(0);
  private final Thread thread;

  // What is wanted; guarded by this.
  private WorkerPoolSpec spec;
  private String manifestSha256;
  private @Nullable Instant deletedAt;
  private @Nullable Duration stopWithin;

  // Owned by the thread.
  private final TreeMap<Integer, WorkerProcess> processes = new TreeMap<>();
  // Of processes that ended, until the queue has no session of theirs.
  private final Map<ByteString, Ended> ended = new HashMap<>();
  // Workers whose processes could not be started, by their names: to the planner these died.
  private final Map<String, Worker> stillborn = new HashMap<>();
  private Backoff backoff = Backoff.NONE;
  private String uid = "";
  private PoolStatus counts = PoolStatus.getDefaultInstance();
  private boolean everRead;
  private boolean reachable;
  private boolean gone; // from the queue
  private int definedIn; // generation of the control session
  private @Nullable WorkerPoolSpec defined;
  private int deletedIn;

  private record Ended(int exitCode, String cause, int reportedIn) {}

  /** One state of what is wanted. */
  private record Wanted(
      Template template, PoolSpec spec, String manifestSha256, @Nullable Duration stopWithin) {

    boolean isDeleted() {
      return spec.deletedAt() != null;
    }
  }

  /**
   * @param manifestSha256 of the manifest's text
   * @param createdAt when the pool was first wanted, for people
   * @param reports takes what there is to say of the pool, whenever that may have changed
   */
  LocalPool(
      WorkerPool manifest,
      String manifestSha256,
      Instant createdAt,
      Surroundings around,
      Consumer<PoolReport> reports) {
    this.name = manifest.getMetadata().getName();
    this.spec = manifest.getSpec();
    this.manifestSha256 = manifestSha256;
    this.around = around;
    this.createdAt = createdAt;
    this.reports = reports;
    this.control = new Control(around.connection(), pool -> wake.release(), wake::release);
    this.thread = Thread.ofPlatform().daemon().name("podpool-" + name).unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  // ---- what is wanted

  /** The pool is to be as {@code manifest} says, whose text has that digest. */
  synchronized void change(WorkerPool manifest, String sha256) {
    spec = manifest.getSpec();
    manifestSha256 = sha256;
    wake.release();
  }

  /**
   * The pool is to be deleted, as {@code kubectl delete} would: with {@code daemon: false} its work
   * is joined first, for {@code drainDeadline} at most.
   */
  synchronized void delete() {
    if (deletedAt == null) {
      deletedAt = around.clock().instant();
      wake.release();
    }
  }

  /** Its processes are to end, and the pool to stay: they finish what has begun, in that time. */
  synchronized void stop(Duration within) {
    stopWithin = within;
    wake.release();
  }

  /** Whether it is stopped, or deleted with all that there was of it. */
  boolean hasEnded() {
    return !thread.isAlive();
  }

  void awaitEnd() throws InterruptedException {
    thread.join();
  }

  private synchronized Wanted wanted() {
    Template template = new Template(name, spec);
    PoolSpec pool =
        new PoolSpec(
            name,
            spec.workers(),
            template.hash(),
            spec.daemon(),
            spec.drainDeadlineOrDefault(),
            deletedAt);
    return new Wanted(template, pool, manifestSha256, stopWithin);
  }

  // ---- observe, plan, apply

  private void run() {
    try {
      while (true) {
        Wanted wanted = wanted();
        if (wanted.stopWithin() != null) {
          stopAll(wanted.stopWithin());
          return;
        }
        read();
        define(wanted);
        if (uid.isEmpty() || (gone && !wanted.isDeleted())) {
          // Workers of a pool that the queue does not know would be sent away.
          report(
              new PlannedStatus(0, 0, true, false, reachable ? "Starting" : "Queue unreachable"),
              wanted);
          await(LOOK_AGAIN);
          continue;
        }
        Plan plan = Plan.towards(wanted.spec(), observe(), around.clock().instant());
        backoff = plan.backoff();
        perform(plan, wanted);
        report(plan.status(), wanted);
        if (plan.gone() && gone) {
          return;
        }
        await(plan);
      }
    } catch (RuntimeException | Error e) {
      around.broken().accept(e);
    } finally {
      processes.values().forEach(WorkerProcess::kill);
    }
  }

  private void await(Plan plan) {
    boolean steady = reachable && !plan.status().progressing() && !plan.status().draining();
    Duration most = steady ? LOOK_AGAIN_STEADY : LOOK_AGAIN;
    await(plan.recheckAfter().compareTo(most) < 0 ? plan.recheckAfter() : most);
  }

  private void await(Duration atMost) {
    try {
      if (wake.tryAcquire(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
        wake.drainPermits();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("a pool's thread is nobody's to interrupt", e);
    }
  }

  // ---- the queue

  /** Asks the queue for its counts; if it does not answer, the last ones stay. */
  private void read() {
    ReadRequest question =
        ReadRequest.newBuilder().setPools(PoolsQuery.newBuilder().setPool(name)).build();
    try {
      ReadResponse answer = around.connection().read(question, READ_MAX);
      everRead = true;
      reachable = true;
      if (answer.getPools().getPoolsCount() > 0) {
        counts = answer.getPools().getPools(0);
        // The one that is there, from before this runtime was started, is this pool.
        uid = counts.getUid();
        gone = false;
      } else if (answer.getRefusal().getCode() == ErrorCode.POOL_UNKNOWN) {
        uid = gone ? uid : UUID.randomUUID().toString();
        gone = true;
        counts = PoolStatus.getDefaultInstance();
      }
    } catch (IOException e) {
      reachable = false;
    } catch (InterruptedException e) {
      throw new IllegalStateException("a pool's thread is nobody's to interrupt", e);
    }
  }

  /** Has the queue know the pool as it is wanted, but for one that is on its way out. */
  private void define(Wanted wanted) {
    if (uid.isEmpty() || (wanted.isDeleted() && gone)) {
      return;
    }
    WorkerPoolSpec manifest = wanted.template().spec();
    int generation = control.generation();
    if (definedIn == generation && manifest.equals(defined) && !(reachable && gone)) {
      return;
    }
    definedIn = generation;
    defined = manifest;
    control.define(Control.definition(name, uid, manifest));
  }

  private Observed observe() {
    Map<ByteString, WorkerStatus> inQueue = new HashMap<>();
    counts.getWorkersList().forEach(worker -> inQueue.put(worker.getNonce(), worker));
    List<Worker> seen = new ArrayList<>();
    Instant now = around.clock().instant();
    for (WorkerProcess process : processes.values()) {
      WorkerStatus known = inQueue.get(process.nonce);
      seen.add(process.observe(known));
      if (process.hasEnded()) {
        ended.putIfAbsent(process.nonce, new Ended(process.exitCode(), process.cause(), 0));
      } else if (reachable && known != null && process.mustBeTold(known.getCordoned())) {
        control.cordon(name, process.name, process.cordonedAt != null);
      }
      Instant unheardSince = process.unheardSince(known != null || !reachable, now);
      if (unheardSince != null && now.isAfter(unheardSince.plus(UNHEARD_MAX))) {
        process.kill(); // its items are others' by now
      }
    }
    seen.addAll(stillborn.values());
    settle(inQueue);
    Observed.Queue facts =
        new Observed.Queue(
            reachable,
            counts.getReady() + counts.getLeased(),
            counts.getFailure().getFailures(),
            counts.getFailure().getFailure().getMessage());
    return new Observed(seen, new HashSet<>(), facts, backoff);
  }

  /** Tells the queue of sessions whose processes have ended, until it knows. */
  private void settle(Map<ByteString, WorkerStatus> inQueue) {
    if (!reachable || ended.isEmpty()) {
      return;
    }
    int generation = control.generation();
    ended.keySet().retainAll(inQueue.keySet());
    ended.replaceAll(
        (nonce, end) -> {
          if (end.reportedIn() != generation) {
            control.ended(nonce, end.exitCode(), end.cause(), false);
          }
          return new Ended(end.exitCode(), end.cause(), generation);
        });
  }

  // ---- steps

  private void perform(Plan plan, Wanted wanted) {
    if (plan.over() && !gone) {
      delete(control.generation()); // first: what is stopped now is nobody's any more
    }
    for (Step step : plan.steps()) {
      if (step instanceof Step.Start start) {
        if (start(start, wanted.template())) {
          wake.release();
        }
      } else if (stillborn.remove(step.name()) == null) {
        perform(step, find(step.name()), wanted.isDeleted());
        wake.release(); // what was done is seen at once
      }
    }
    for (WorkerProcess process : processes.values()) {
      process.killIfLate();
    }
  }

  private void delete(int generation) {
    if (deletedIn != generation) {
      deletedIn = generation;
      control.delete(name, "");
    }
  }

  private void perform(Step step, WorkerProcess process, boolean deleted) {
    switch (step) {
      case Step.Cordon _ -> {
        process.cordonedAt = around.clock().instant();
        control.cordon(name, process.name, true);
      }
      case Step.Uncordon _ -> {
        process.uncordon();
        control.cordon(name, process.name, false);
      }
      case Step.Stop _ -> {
        if (deleted || !process.isReady()) {
          process.kill();
        } else {
          process.stop();
        }
      }
      case Step.Remove _ -> {
        processes.remove(process.ordinal);
        process.remove();
      }
      case Step.Start _ -> throw new IllegalArgumentException("no step for a process: " + step);
    }
  }

  /** False if there is no process to be had. */
  private boolean start(Step.Start step, Template template) {
    RollingLog log = new RollingLog(log(step.name()), LOG_BYTES_MAX);
    Path temporary = null;
    try {
      temporary = around.files().temporary("w");
      WorkerProcess.Start start =
          new WorkerProcess.Start(
              step.ordinal(),
              step.templateHash(),
              template.start(step.name(), RandomId.next(), around.files()),
              template.command(around.files(), around.classPath(), temporary),
              temporary,
              log);
      processes.put(
          step.ordinal(), new WorkerProcess(start, around.events(), around.clock(), wake::release));
      return true;
    } catch (IOException e) {
      // Out of processes, memory or disk: tried again as after a death, ever more seldom.
      if (temporary != null) {
        RuntimeFiles.delete(temporary);
      }
      Instant now = around.clock().instant();
      Worker.End end = new Worker.End(now, false, "WorkerNotStarted", "not started: " + e);
      stillborn.put(
          step.name(),
          new Worker(step.ordinal(), step.templateHash(), Worker.Phase.ENDED, now, null, 0, end));
      log.append("podpool: the worker can't be started: " + e + "\n");
      log.close();
      return false;
    }
  }

  private Path log(String worker) {
    return around.files().logs().resolve(worker + ".log");
  }

  private WorkerProcess find(String worker) {
    for (WorkerProcess process : processes.values()) {
      if (process.name.equals(worker)) {
        return process;
      }
    }
    throw new IllegalStateException("a step for a worker that is not there: " + worker);
  }

  private void stopAll(Duration within) {
    long end = System.nanoTime() + within.toNanos();
    for (WorkerProcess process : processes.values()) {
      if (process.isReady()) {
        process.stop();
      } else {
        process.kill();
      }
    }
    while (processes.values().stream().anyMatch(process -> !process.hasEnded())) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        processes.values().forEach(WorkerProcess::kill);
      }
      await(Duration.ofNanos(Math.max(left, LOOK_AGAIN.toNanos())));
    }
    processes.values().forEach(WorkerProcess::remove);
    processes.clear();
  }

  private void report(PlannedStatus status, Wanted wanted) {
    String problem = control.problem(name);
    // A manifest is answered once the queue knows its pool, so that whoever waited may submit.
    boolean answered = (everRead && !gone) || !problem.isEmpty();
    reports.accept(
        new PoolReport(
            name,
            wanted.spec().workers(),
            status.readyWorkers(),
            everRead ? counts.getReady() + counts.getLeased() : null,
            everRead ? counts.getDead() : null,
            everRead ? counts.getFailed() : null,
            problem.isEmpty() ? said(status) : problem,
            status.progressing(),
            answered ? wanted.manifestSha256() : "",
            createdAt,
            Instant.now()));
  }

  /** What the planner says, unless all is well but that somebody holds workers back. */
  private String said(PlannedStatus status) {
    long heldBack =
        processes.values().stream()
            .filter(process -> !process.isPlannersDoing() && isCordoned(process))
            .count();
    return heldBack == 0 || status.progressing()
        ? status.message()
        : "Drained by hand: %d of %d workers cordoned".formatted(heldBack, status.workers());
  }

  private boolean isCordoned(WorkerProcess process) {
    return counts.getWorkersList().stream()
        .anyMatch(worker -> worker.getCordoned() && worker.getNonce().equals(process.nonce));
  }
}
