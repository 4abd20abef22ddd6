package dev.podpool;

import dev.podpool.function.RemoteRunnable;
import dev.podpool.function.internal.Capture;
import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.function.internal.FieldsTravel;
import dev.podpool.function.internal.OwnProcess;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PipeEnd;
import dev.podpool.protocol.ProcessSpec;
import dev.podpool.protocol.ProcessStatus;
import dev.podpool.protocol.SignalProcess;
import dev.podpool.session.ProcessOperations;
import java.io.Serializable;
import java.time.Duration;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One process that runs one function once, as {@code multiprocessing.Process}: on this machine a
 * process of the operating system, on a cluster a pod. Nothing is shared with it but what is
 * {@linkplain SharedObject shared}: its arguments are copies.
 *
 * <pre>{@code
 * PodProcess process = podpool.process(Greetings::hello, "egon");
 * process.start();
 * process.join();
 * }</pre>
 *
 * <p>What it prints appears where this program prints, or in {@code podpool logs}. It runs once:
 * one that dies is not started again. Thread-safe.
 */
public class PodProcess implements RemoteRunnable, FieldsTravel {

  private static final long serialVersionUID = 1;
  private static final Duration RETENTION = Duration.ofHours(1);
  private static final long POLL_MILLIS = 10;
  private static final String MAIN = "MainProcess"; // as in Python

  /** What runs it, and where its end is seen. */
  private record Started(
      String pool, PoolClient client, CompletableFuture<Void> defined, MapJob job) {

    /** Why the queue does not have it, once its job is accepted or has ended; null: it has. */
    @Nullable RuntimeException refused() {
      Supplier<? extends RuntimeException> broken =
          job.isAccepted() || !job.isDone() ? null : job.ended().broken();
      if (broken == null) {
        return null;
      }
      try {
        // Without that the job is refused too, for want of it.
        QueueLink.await(defined);
        return broken.get();
      } catch (PodpoolException e) {
        return e;
      }
    }
  }

  private final transient @Nullable Podpool podpool; // null where it runs
  private final transient @Nullable CapturedFunction function; // null: this
  private final transient @Nullable Object arguments;
  private final transient @Nullable RemoteRunnable direct;
  private transient String name; // guarded by this, as all below
  private transient boolean daemon;
  private transient @Nullable Started started;
  private transient @Nullable ProcessStatus exit;
  private transient boolean closed;

  /**
   * For classes that override {@link #run}: that is what the process will do. It is made there
   * anew, by none of their constructors: its fields are copies, but for those that are transient,
   * which are empty. Like an argument, each must be able to travel.
   *
   * @param podpool starts it
   */
  protected PodProcess(Podpool podpool) {
    this.podpool = podpool;
    function = null;
    arguments = null;
    direct = null;
    name = podpool.nextProcessName();
  }

  /** One that runs {@code function}, or here {@code direct}. */
  PodProcess(
      Podpool podpool, Serializable function, @Nullable Object arguments, RemoteRunnable direct) {
    this.podpool = podpool;
    this.function = podpool.atQueue(() -> Capture.capture(function));
    this.arguments = arguments;
    this.direct = direct;
    name = podpool.nextProcessName();
  }

  /** Where it runs: this process. */
  @SuppressWarnings("unused") // by what puts it together
  private PodProcess() {
    podpool = null;
    function = null;
    arguments = null;
    direct = null;
    OwnProcess own = OwnProcess.ofThisJvm();
    name = own == null ? "" : own.name();
    daemon = own != null && own.daemon();
  }

  private Podpool podpool() {
    if (podpool == null) {
      throw new IllegalStateException(
          "this is process '" + name + "' itself, and only its parent can ask that");
    }
    return podpool;
  }

  // ---- before it starts

  /** Its name, for people; "Process-1" and so on where none was given. */
  public synchronized String name() {
    return name;
  }

  /**
   * Names it.
   *
   * @param value 1 to 63 characters
   * @throws IllegalStateException if it has been started
   */
  public synchronized PodProcess name(String value) {
    if (value.isEmpty() || value.length() > 63) {
      throw new IllegalArgumentException(
          "a process name of " + value.length() + " characters; give 1 to 63");
    }
    requireNotStarted("named");
    name = value;
    return this;
  }

  /** Whether it ends with this program's connection, whatever it does. */
  public synchronized boolean isDaemon() {
    return daemon;
  }

  /**
   * Makes it a daemon: it ends with the connection of who started it, and may not start processes.
   * Others are waited for when the connection is closed.
   *
   * @throws IllegalStateException if it has been started
   */
  public synchronized PodProcess daemon(boolean value) {
    requireNotStarted("made a daemon");
    daemon = value;
    return this;
  }

  private void requireNotStarted(String what) {
    requireOpen();
    if (started != null) {
      throw new IllegalStateException(
          "process '" + name + "' has been started, and can't be " + what + " any more");
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("process '" + name + "' is closed");
    }
  }

  // ---- running

  /**
   * What the process does. Called directly, it runs here, in the thread that calls it, and no
   * process is started.
   *
   * @throws Exception what the function throws
   */
  @Override
  public void run() throws Exception {
    if (direct != null) {
      direct.run();
    }
  }

  /**
   * Starts it. Returns when the queue has it; it comes up by itself.
   *
   * @throws IllegalStateException if it was started before, or this is a daemon itself: those may
   *     not have children
   * @throws dev.podpool.function.EncodeException if an argument can't travel
   * @throws PodpoolException if the queue refuses it, and says why, or is given up; it is not
   *     started then
   */
  public void start() {
    Started starting;
    synchronized (this) {
      requireNotStarted("started");
      OwnProcess own = OwnProcess.ofThisJvm();
      if (own != null && own.daemon()) {
        throw new IllegalStateException(
            "daemonic processes are not allowed to have children: '"
                + own.name()
                + "' is one; start it without daemon(true)");
      }
      starting = begin(own == null ? "" : own.pool(), current());
      started = starting;
    }
    podpool().started(this);
    try {
      starting.job().awaitAccepted();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // it is under way
      return;
    }
    RuntimeException refused = starting.refused();
    if (refused != null) {
      synchronized (this) {
        started = null;
      }
      throw refused;
    }
  }

  private Started begin(String parentPool, ProcessInfo parent) {
    UUID uid = UUID.randomUUID();
    String pool =
        ProcessOperations.PREFIX
            + HexFormat.of().toHexDigits(uid.getMostSignificantBits()); // of a DNS label
    CapturedFunction what =
        function == null ? podpool().atQueue(() -> Capture.capture(this)) : function;
    // It holds them from its start, so that this process may close its own at once.
    List<PipeEnd> ends =
        Connection.encodedBy(() -> podpool().atQueue(() -> what.payload(arguments)));
    DefinePool define =
        DefinePool.newBuilder()
            .setPool(pool)
            .setUid(uid.toString())
            .setMaxAttempts(1)
            .setProcess(
                ProcessSpec.newBuilder()
                    .setName(name)
                    .setDaemon(daemon)
                    .setParent(parentPool)
                    .setParentName(parent.name())
                    .setParentPid(parent.pid())
                    .addAllEnds(ends))
            .build();
    PoolClient client = podpool().client(pool);
    MapJob job = new MapJob(client, 1, MapJob.Role.KEEPER);
    CompletableFuture<Void> defined =
        podpool().ask(Operation.newBuilder().setDefinePool(define).build());
    new Submission(client, job.id, what)
        .submit(
            job,
            JobOptions.defaults().withMaxAttempts(1).withRetention(RETENTION),
            1,
            Collections.singletonList(arguments));
    return new Started(pool, client, defined, job);
  }

  private Started started() {
    requireOpen();
    Started running = started;
    if (running == null) {
      throw new IllegalStateException(
          "process '" + name + "' has not been started; start it first");
    }
    return running;
  }

  // ---- its end

  /**
   * Waits until it has ended, however long that takes.
   *
   * @throws IllegalStateException if it has not been started
   */
  public void join() throws InterruptedException {
    Started running;
    synchronized (this) {
      running = started();
    }
    var unused = running.job().await();
  }

  /**
   * Waits until it has ended, or the time is over.
   *
   * @return whether it has ended
   */
  public boolean join(Duration timeout) throws InterruptedException {
    Started running;
    synchronized (this) {
      running = started();
    }
    return running.job().await(TimeUnit.NANOSECONDS.convert(timeout)) != null;
  }

  /** Whether it was started and has not ended. */
  public synchronized boolean isAlive() {
    requireOpen();
    return isRunning();
  }

  /** {@link #isAlive} of one that may be closed. */
  synchronized boolean isRunning() {
    return !closed && started != null && !started.job().isDone();
  }

  /** Completed when it has ended. */
  public CompletableFuture<PodProcess> onExit() {
    Started running;
    synchronized (this) {
      running = started();
    }
    CompletableFuture<PodProcess> ended = new CompletableFuture<>();
    running.job().whenEnded(() -> ended.complete(this));
    return ended;
  }

  /**
   * Its exit code: 0 where the function returned, 1 where it threw, n of {@code System.exit(n)}, −N
   * where signal N ended it; an exit code of 128 + N reads as −N too. Null while it has not ended.
   */
  public @Nullable Integer exitCode() {
    ProcessStatus status = exit();
    return status == null ? null : status.getExitCode();
  }

  /**
   * How it ended, in words: "SIGKILL", "OOMKilled…", or what it threw; empty after an orderly end.
   */
  public String exitReason() {
    ProcessStatus status = exit();
    return status == null ? "" : status.getCause();
  }

  private synchronized @Nullable ProcessStatus exit() {
    requireOpen();
    if (exit == null && started != null && started.job().isDone()) {
      ProcessStatus status = podpool().processStatus(started.pool());
      exit =
          status != null
              ? status
              : ProcessStatus.newBuilder()
                  .setExitCode(-9)
                  .setCause("it ended with the connection that had started it")
                  .build();
    }
    return exit;
  }

  /**
   * Number of its process, where that runs: on a cluster, in its pod. Waits until it has come up.
   *
   * @return null if it has ended without
   * @throws IllegalStateException if it has not been started
   */
  public @Nullable Long pid() throws InterruptedException {
    Started running;
    synchronized (this) {
      running = started();
    }
    while (true) {
      boolean isOver = running.job().isDone();
      ProcessStatus status = podpool().processStatus(running.pool());
      if (status != null && status.getPid() != 0) {
        return status.getPid();
      }
      if (isOver || status == null) {
        return null;
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  /** Asks it to end, by SIGTERM: its shutdown hooks run. One that has ended: does nothing. */
  public void terminate() {
    signal(15);
  }

  /** Ends it at once, by SIGKILL. One that has ended: does nothing. */
  public void kill() {
    signal(9);
  }

  private void signal(int signal) {
    Started running;
    synchronized (this) {
      running = started();
    }
    if (!running.job().isDone()) {
      podpool()
          .signal(SignalProcess.newBuilder().setPool(running.pool()).setSignal(signal).build());
    }
  }

  /**
   * Has the queue forget it. Nothing can be asked of it afterwards. Again: does nothing.
   *
   * @throws IllegalStateException while it runs: end it, or wait for it
   */
  public synchronized void close() {
    if (closed) {
      return;
    }
    if (isAlive()) {
      throw new IllegalStateException(
          "process '" + name + "' still runs; join() or terminate() it before it is closed");
    }
    closed = true;
    if (started != null) {
      started.job().release();
      started.client().shutdown();
    }
  }

  // ---- who is who

  /** This process. In a worker of a pool it is the child that runs the item. */
  public static ProcessInfo current() {
    OwnProcess own = OwnProcess.ofThisJvm();
    long pid = ProcessHandle.current().pid();
    return own == null
        ? new ProcessInfo(MAIN, pid, false)
        : new ProcessInfo(own.name(), pid, own.daemon());
  }

  /** Who has started this process; null where it was not started as one. */
  public static @Nullable ProcessInfo parent() {
    OwnProcess own = OwnProcess.ofThisJvm();
    // A daemon can't have started it.
    return own == null ? null : new ProcessInfo(own.parentName(), own.parentPid(), false);
  }

  /**
   * Processors that this JVM may use, at least 1: as many processes can be at work at once here.
   */
  public static int cpuCount() {
    return Runtime.getRuntime().availableProcessors();
  }

  @Override
  public synchronized String toString() {
    return "process " + name + (started == null ? ", not started" : "");
  }
}
