package dev.podpool.operator.local;

import dev.podpool.crd.ManifestException;
import dev.podpool.crd.Manifests;
import dev.podpool.crd.WorkerPool;
import dev.podpool.function.internal.ClassPathArchives;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.rpc.RuntimeDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The durable runtime of one machine, in this JVM: its queue and its workers are processes that end
 * with this JVM, however that ends; its pools, jobs and results are in its directory, and there for
 * the next.
 *
 * <p>What pools there are is what manifests there are in the directory: {@link #apply} and {@link
 * #delete} write there, and need no runtime that runs. One that does notices within a second.
 */
public final class LocalRuntime implements AutoCloseable {

  /** How long {@link #close} waits for what workers have begun. */
  public static final Duration STOP_MAX = Duration.ofSeconds(20);

  private static final System.Logger LOG = System.getLogger(LocalRuntime.class.getName());
  private static final long LOOK_MILLIS = 250;

  private final RuntimeFiles files;
  private final RuntimeLock lock;
  private final EventRelay events;
  private final QueueProcess queue;
  private final QueueConnection connection;
  private final Surroundings surroundings;
  private final LocalProcesses processes;
  // Why it could not go on; empty if it was closed.
  private final CompletableFuture<Optional<RuntimeUnusableException>> over =
      new CompletableFuture<>();
  private final Semaphore wake = new Semaphore(0);
  private final Thread thread;
  private final TreeMap<String, ManagedPool> pools = new TreeMap<>(); // guarded by itself
  // What was last said of each pool whose files fail; owned by the thread.
  private final Map<String, String> troubles = new TreeMap<>();
  private volatile boolean closing;
  private boolean closed; // guarded by this

  private LocalRuntime(
      RuntimeFiles files, RuntimeLock lock, String classPath, RuntimeEvents owner) {
    this.files = files;
    this.lock = lock;
    this.events = new EventRelay(owner);
    this.queue = new QueueProcess(files, classPath, events);
    this.connection = new QueueConnection(files.directory());
    this.surroundings =
        new Surroundings(files, connection, classPath, events, new MonotonicClock(), this::broken);
    this.processes = new LocalProcesses(surroundings);
    this.thread = Thread.ofPlatform().daemon().name("podpool-runtime").unstarted(this::run);
  }

  /**
   * {@link #start(RuntimeDirectory, String, RuntimeEvents)} with nothing beside this class path.
   */
  public static LocalRuntime start(RuntimeDirectory directory, RuntimeEvents events)
      throws IOException, InterruptedException {
    return start(directory, "", events);
  }

  /**
   * Starts the runtime of {@code directory}, which is made where it is missing. Returns when its
   * queue serves; its pools come up meanwhile.
   *
   * @param classPath for workers, behind this JVM's own class path: initializers, and functions
   *     that do not travel; may be empty
   * @throws RuntimeUnusableException if another runtime runs there, or the queue can't be used
   * @throws IOException if the directory can't be used
   */
  public static LocalRuntime start(
      RuntimeDirectory directory, String classPath, RuntimeEvents events)
      throws IOException, InterruptedException {
    RuntimeFiles files = new RuntimeFiles(directory);
    files.makeDirectories();
    RuntimeLock lock = RuntimeLock.take(directory);
    LocalRuntime started = null;
    boolean done = false;
    try {
      files.prepare();
      started = new LocalRuntime(files, lock, Jvm.classPath(classPath), events);
      started.queue.start();
      started.thread.start();
      started.processes.start();
      done = true;
      return started;
    } finally {
      if (!done) {
        if (started == null) {
          lock.close();
        } else {
          started.close();
        }
      }
    }
  }

  /** The process of the runtime that runs in {@code directory}; empty where none does. */
  public static OptionalLong runningIn(RuntimeDirectory directory) throws IOException {
    return RuntimeLock.holder(directory);
  }

  // ---- what is wanted

  /**
   * Has {@code directory} hold the pool that {@code yaml} describes, new or changed.
   *
   * @param source how problems name where it came from
   * @return the pool
   * @throws ManifestException if it is no valid WorkerPool; nothing is changed then
   */
  public static WorkerPool apply(RuntimeDirectory directory, String yaml, String source)
      throws ManifestException, IOException {
    WorkerPool pool = Manifests.read(yaml, source);
    RuntimeFiles files = new RuntimeFiles(directory);
    files.makeDirectories();
    RuntimeFiles.write(RuntimeFiles.manifest(files.pools(), pool.getMetadata().getName()), yaml);
    return pool;
  }

  /**
   * Has {@code directory} no longer hold that pool: its runtime deletes it, as {@code kubectl
   * delete} would on a cluster.
   *
   * @return false if there was none
   */
  public static boolean delete(RuntimeDirectory directory, String pool) throws IOException {
    return Files.deleteIfExists(RuntimeFiles.manifest(new RuntimeFiles(directory).pools(), pool));
  }

  /** The text of each manifest that {@code directory} holds, by its pool. */
  public static Map<String, String> manifests(RuntimeDirectory directory) throws IOException {
    RuntimeFiles files = new RuntimeFiles(directory);
    return Files.isDirectory(files.pools()) ? RuntimeFiles.manifests(files.pools()) : Map.of();
  }

  /**
   * What was last said of each pool, in the order of their names. Old, if no runtime runs: {@link
   * PoolReport#observedAt}.
   */
  public static List<PoolReport> status(RuntimeDirectory directory) throws IOException {
    RuntimeFiles files = new RuntimeFiles(directory);
    List<PoolReport> reports = new ArrayList<>();
    if (Files.isDirectory(files.status())) {
      try (var each = Files.newDirectoryStream(files.status(), "*.json")) {
        for (var file : each) {
          String text = RuntimeFiles.read(file);
          if (text != null) {
            reports.add(PoolReport.ofJson(text));
          }
        }
      }
    }
    reports.sort(Comparator.comparing(PoolReport::pool));
    return reports;
  }

  /** What {@link PoolReport#manifestSha256} is of a manifest with this text. */
  public static String sha256(String yaml) {
    return HexFormat.of()
        .formatHex(ClassPathArchives.sha256().digest(yaml.getBytes(StandardCharsets.UTF_8)));
  }

  /** Where it runs. */
  public RuntimeDirectory directory() {
    return files.directory();
  }

  /** {@link #apply(RuntimeDirectory, String, String)} to this runtime, which notices at once. */
  public WorkerPool apply(String yaml, String source) throws ManifestException, IOException {
    WorkerPool pool = apply(directory(), yaml, source);
    wake.release();
    return pool;
  }

  /** {@link #delete(RuntimeDirectory, String)} in this runtime, which notices at once. */
  public boolean delete(String pool) throws IOException {
    boolean was = delete(directory(), pool);
    wake.release();
    return was;
  }

  /** What it last saw of each pool, in the order of their names. */
  public List<PoolReport> status() {
    List<PoolReport> reports = new ArrayList<>();
    synchronized (pools) {
      for (ManagedPool each : pools.values()) {
        PoolReport last = each.report();
        if (last != null) {
          reports.add(last);
        }
      }
    }
    return reports;
  }

  // ---- its own thread

  private void run() {
    try {
      while (!closing && !queue.unusable().isDone()) {
        reconcile();
        if (wake.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
          wake.drainPermits();
        }
      }
      if (!closing) {
        over.complete(Optional.of(queue.unusable().join()));
      }
    } catch (InterruptedException | RuntimeException | Error e) {
      broken(e);
    }
  }

  private void broken(Throwable cause) {
    over.complete(
        Optional.of(
            new RuntimeUnusableException(
                "the runtime met an error of its own; please report it: " + cause)));
  }

  private void reconcile() {
    synchronized (pools) {
      Set<String> names = new TreeSet<>(pools.keySet());
      try {
        names.addAll(RuntimeFiles.pools(files.pools()));
        names.addAll(RuntimeFiles.pools(files.applied()));
      } catch (IOException e) {
        trouble("", "the manifests can't be listed: " + e);
        return;
      }
      troubles.remove("");
      names.forEach(this::reconcile);
    }
  }

  private void reconcile(String name) {
    ManagedPool pool = pools.computeIfAbsent(name, any -> new ManagedPool(name, surroundings));
    try {
      if (!pool.want(RuntimeFiles.read(RuntimeFiles.manifest(files.pools(), name)))) {
        pools.remove(name);
      }
      troubles.remove(name);
    } catch (IOException e) {
      trouble(name, "the manifest of pool " + name + " can't be read or kept: " + e);
    }
  }

  /** What it concerns stays as it is, and is looked at again soon. */
  private void trouble(String pool, String message) {
    if (!message.equals(troubles.put(pool, message))) {
      LOG.log(System.Logger.Level.WARNING, message);
    }
  }

  // ---- its end

  /**
   * Waits until this is closed, or can't go on.
   *
   * @throws RuntimeUnusableException if it can't go on; says why. Close it all the same
   */
  public void awaitEnd() throws RuntimeUnusableException, InterruptedException {
    try {
      Optional<RuntimeUnusableException> reason = over.get();
      if (reason.isPresent()) {
        throw reason.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("it is never completed so", e);
    }
  }

  /**
   * Ends all processes, and returns when they are gone. Workers finish what they have begun, for
   * {@link #STOP_MAX} at most, and give back the rest. Pools, jobs and results stay.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    closing = true;
    wake.release();
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        synchronized (pools) {
          pools.values().forEach(pool -> pool.stop(STOP_MAX));
          for (ManagedPool pool : pools.values()) {
            pool.awaitEnd();
          }
        }
        break;
      } catch (InterruptedException e) {
        interrupted = true; // no process is left behind for that
      }
    }
    processes.close();
    connection.close();
    queue.close();
    events.close();
    RuntimeFiles.delete(files.temporary());
    try {
      lock.close();
    } catch (IOException e) {
      // Free all the same once this process ends.
    }
    over.complete(Optional.empty());
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
