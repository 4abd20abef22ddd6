package dev.podpool;

import dev.podpool.function.ErasedTypeException;
import dev.podpool.function.RemoteBiConsumer;
import dev.podpool.function.RemoteConsumer;
import dev.podpool.function.RemoteConsumer3;
import dev.podpool.function.RemoteConsumer4;
import dev.podpool.function.RemoteRunnable;
import dev.podpool.function.Tuple2;
import dev.podpool.function.Tuple3;
import dev.podpool.function.Tuple4;
import dev.podpool.function.TypeRef;
import dev.podpool.function.internal.Codec;
import dev.podpool.function.internal.Codecs;
import dev.podpool.function.internal.ConcreteTypes;
import dev.podpool.function.internal.OwnProcess;
import dev.podpool.function.internal.QueueBridge;
import dev.podpool.internal.LocalRuntime;
import dev.podpool.internal.RouteException;
import dev.podpool.protocol.CancelJob;
import dev.podpool.protocol.CordonWorker;
import dev.podpool.protocol.DeadQuery;
import dev.podpool.protocol.DropDead;
import dev.podpool.protocol.JobsQuery;
import dev.podpool.protocol.ObjectQuery;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.ObjectStatuses;
import dev.podpool.protocol.ObjectsQuery;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.OutputQuery;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.ProcessStatus;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReleaseJob;
import dev.podpool.protocol.RetryDead;
import dev.podpool.protocol.SignalProcess;
import dev.podpool.protocol.StatusQuery;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.rpc.QueueUnreachableException;
import dev.podpool.rpc.RuntimeDirectory;
import dev.podpool.session.QueueAccess;
import dev.podpool.session.RandomId;
import java.io.IOException;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a runtime whose queue and pools outlive this JVM. Thread-safe; one is enough for
 * a program.
 *
 * <pre>{@code
 * try (Podpool podpool = Podpool.connect();
 *     Pool pool = podpool.pool("index")) {
 *   List<Words> words = pool.map(Index::words, files);
 * }
 * }</pre>
 *
 * <p>The code travels: workers need not have this JVM's classes. A queue that is away for a moment,
 * or restarted, is waited for. What was submitted goes on when this JVM ends; {@link #job} gets its
 * results, here or elsewhere.
 */
public final class Podpool implements AutoCloseable {

  private static final Duration CONNECT_TIME_MAX = Duration.ofSeconds(5);
  private static final Duration STARTING_TIME_MAX = Duration.ofMinutes(1);
  private static final long STARTING_POLL_MILLIS = 500;
  private static final long PUBLISHED_POLL_MILLIS = 50;

  private final @Nullable RuntimeSearch found; // null: a queue of this JVM's
  private final QueueLink link;
  private final LinkBlobs blobs;
  private final @Nullable TravellingCode code;
  // Of jobs that others submitted.
  private final PoolClient readers;
  private final List<PodProcess> children = new ArrayList<>(); // guarded by itself
  private final AtomicInteger processes = new AtomicInteger();
  private final @Nullable LocalRuntime runtime; // null: not one of this JVM's own
  private final Set<Pool> pools = ConcurrentHashMap.newKeySet();
  private final boolean isProcess; // its pool's: nobody closes it

  private Podpool(@Nullable RuntimeSearch found, QueueAccess connection, ConnectOptions options) {
    this(found, connection, options, null, false);
  }

  private Podpool(
      @Nullable RuntimeSearch found,
      QueueAccess connection,
      ConnectOptions options,
      @Nullable LocalRuntime runtime,
      boolean isProcess) {
    this.found = found;
    this.runtime = runtime;
    this.isProcess = isProcess;
    link = new QueueLink(connection, options.patience());
    if (!isProcess) {
      ObjectResolver.opened(link.objects());
    }
    blobs = new LinkBlobs(link);
    code =
        options.codeTravels()
            ? new TravellingCode(options.classPath(), options.isOwnCode(), link, blobs)
            : null;
    RemotePool none = new RemotePool("", link, null, blobs);
    readers = new PoolClient(none);
    none.serve(readers);
  }

  // ---- connecting

  /**
   * In a function that a pool runs: the queue of that pool, by way of its worker, without any
   * credential. What is shared there can be used; there is no right to more. It is the same for all
   * of the process's functions, and closing it does nothing.
   *
   * <p>Elsewhere, connects to the runtime that {@code PODPOOL_ENDPOINT} and {@code
   * PODPOOL_KEY_FILE} name; or else to the queue of a cluster whose access directory {@code
   * PODPOOL_ACCESS} names, or a pod has at {@code /var/run/podpool}; or else to this user's on this
   * machine, which {@code podpool local up} has started; or else to the cluster of the kubeconfig,
   * where the dependency {@code podpool-client-kubernetes} is there. {@link
   * ConnectOptions#toCluster} asks for a cluster.
   *
   * @throws UnreachableException if none answers within 5 s, or a minute where the queue is
   *     starting; says where it was looked for
   * @throws ConfigurationException if what names one can't be used
   */
  public static Podpool connect() {
    return connect(ConnectOptions.defaults());
  }

  /** {@link #connect()}, as {@code options} say. */
  public static Podpool connect(ConnectOptions options) {
    QueueBridge bridge = QueueBridge.installed();
    if (bridge != null && options.cluster() == null) {
      return ofProcess(bridge);
    }
    return connect(System.getenv(), Path.of(System.getProperty("user.home")), options);
  }

  /** This process's own, which is a pool's. */
  static Podpool ofProcess(QueueBridge bridge) {
    return OfProcess.get(bridge);
  }

  /** One for as long as it works. */
  private static final class OfProcess {
    private static @Nullable Podpool current; // guarded by the class

    static synchronized Podpool get(QueueBridge bridge) {
      Podpool podpool = current;
      if (podpool == null || podpool.link.hasEnded()) {
        podpool =
            new Podpool(
                null,
                new BridgeAccess(bridge),
                ConnectOptions.defaults().withCodeInWorkers(),
                null,
                true);
        bridge.atEnd(podpool::joinChildren);
        current = podpool;
      }
      return podpool;
    }
  }

  ObjectLink objects() {
    return link.objects();
  }

  static Podpool connect(Map<String, String> environment, Path home, ConnectOptions options) {
    ClusterOptions cluster = options.cluster();
    return connect(
        cluster == null ? RuntimeSearch.of(environment, home) : RuntimeSearch.of(cluster), options);
  }

  /**
   * Connects to the runtime that lives in {@code runtimeDirectory}.
   *
   * @throws UnreachableException if it does not answer within 5 s, or a minute while it is starting
   */
  public static Podpool connect(Path runtimeDirectory) {
    return connect(runtimeDirectory, ConnectOptions.defaults());
  }

  /** {@link #connect(Path)}, as {@code options} say. */
  public static Podpool connect(Path runtimeDirectory, ConnectOptions options) {
    RuntimeDirectory directory = new RuntimeDirectory(runtimeDirectory.toAbsolutePath());
    return connect(
        new RuntimeSearch(
            directory, "the runtime directory " + directory.path(), RuntimeSearch.START_ONE),
        options);
  }

  /**
   * A runtime of this JVM's own, which keeps nothing beyond it: nothing needs to be running. {@link
   * #pool(PoolOptions)} gives it pools.
   *
   * @throws PodpoolException if {@code podpool-client-local} is not on the class path
   */
  public static Podpool local() {
    LocalRuntime runtime = localRuntime();
    return new Podpool(
        null, runtime.queue(), ConnectOptions.defaults().withCodeInWorkers(), runtime, false);
  }

  static LocalRuntime localRuntime() {
    return ServiceLoader.load(LocalRuntime.class, Podpool.class.getClassLoader())
        .findFirst()
        .orElseThrow(
            () ->
                new PodpoolException(
                    "no local runtime on the class path; add the dependency"
                        + " dev.podpool:podpool-client-local"));
  }

  private static Podpool connect(RuntimeSearch search, ConnectOptions options) {
    QueueConnection connection = new QueueConnection(search.source());
    try {
      // Before the session, which would wait for long for a runtime that is not there.
      reach(search, connection, options);
      return new Podpool(search, connection, options);
    } catch (IOException e) {
      connection.close();
      search.close();
      throw new UnreachableException(notFound(search, options, e), e);
    } catch (RuntimeException e) {
      connection.close();
      search.close();
      throw e;
    }
  }

  /** Ends when the queue has answered. One that is starting is waited for. */
  private static void reach(
      RuntimeSearch search, QueueConnection connection, ConnectOptions options) throws IOException {
    long begin = System.nanoTime();
    boolean isTold = false;
    while (true) {
      try {
        var unused = QueueLink.read(connection, RemotePool.question(""), CONNECT_TIME_MAX, false);
        return;
      } catch (IOException e) {
        IOException why = search.explain(e);
        String starting = search.starting(why);
        if (starting == null || System.nanoTime() - begin > STARTING_TIME_MAX.toNanos()) {
          throw why;
        }
        if (!isTold) {
          isTold = true;
          options.whenStarting().accept(starting);
        }
      }
      try {
        Thread.sleep(STARTING_POLL_MILLIS);
      } catch (InterruptedException e) {
        throw QueueLink.interrupted(e);
      }
    }
  }

  private static String notFound(RuntimeSearch search, ConnectOptions options, IOException why) {
    if (why instanceof RouteException && options.cluster() != null) {
      return String.valueOf(why.getMessage()); // nothing else was tried
    }
    boolean isRefused = why instanceof QueueUnreachableException q && q.isForGood();
    return (isRefused ? "the runtime refuses this client" : "no Podpool runtime answers")
        + ". Tried:\n  - "
        + search.place()
        + ": "
        + why.getMessage()
        + (isRefused ? "" : "\n" + search.remedy());
  }

  // ---- pools

  /**
   * The pool of that name. Closing it waits for what was submitted through it, and leaves the pool
   * running.
   *
   * @throws NotFoundException if there is none; names those there are
   */
  public Pool pool(String name) {
    List<PoolInfo> pools = pools();
    if (pools.stream().noneMatch(pool -> pool.name().equals(name))) {
      throw noPool(name, pools, null);
    }
    RemotePool backend = new RemotePool(name, link, code, blobs);
    Pool pool = Pool.on(backend);
    backend.serve(pool.client());
    return pool;
  }

  private NotFoundException noPool(String name, List<PoolInfo> pools, @Nullable Throwable cause) {
    List<String> names = pools.stream().map(PoolInfo::name).toList();
    return new NotFoundException(
        "there is no pool '"
            + name
            + "'; "
            + (names.isEmpty()
                ? "there is none at all. Start one: "
                    + (isCluster() ? "kubectl apply" : "podpool local up")
                    + " -f pool.yaml"
                : "there is " + String.join(", ", names)),
        cause,
        true);
  }

  /** What {@code asked} gets, which the queue refuses where it has no such pool. */
  private <T extends @Nullable Object> T of(String pool, Supplier<T> asked) {
    try {
      return asked.get();
    } catch (NotFoundException e) {
      throw e.isPool() ? noPool(pool, pools(), e) : e;
    }
  }

  /**
   * A new pool of processes on this machine, of a runtime of this JVM's own ({@link #local}). As
   * {@link Pool#local(PoolOptions)}, but its functions can use what the runtime's sessions share:
   * handles are ordinary arguments. Ends when it or this is closed.
   *
   * @throws IllegalStateException if this is no runtime of the JVM's own
   * @throws PodpoolException if there is a pool of that name
   */
  public Pool pool(PoolOptions options) {
    if (runtime == null) {
      throw new IllegalStateException(
          "pools of this runtime come from manifests, and not from PoolOptions: "
              + (isProcess
                  ? "a function of a pool's process can start none here"
                  : (isCluster() ? "kubectl apply" : "podpool local up")
                      + " -f pool.yaml, and then pool(name)"));
    }
    Pool pool = Pool.on(runtime.start(options, link.connection()), link.objects());
    pools.removeIf(each -> each.client().isClosed());
    pools.add(pool);
    return pool;
  }

  /** {@link #pool(PoolOptions)} of {@code workers} processes, named {@code local}. */
  public Pool pool(int workers) {
    return pool(new PoolOptions().workers(workers));
  }

  /** All pools; processes are none. */
  public List<PoolInfo> pools() {
    return link.read(RemotePool.question("")).getPools().getPoolsList().stream()
        .filter(status -> !status.hasProcess())
        .map(Infos::of)
        .toList();
  }

  /**
   * One pool.
   *
   * @throws NotFoundException if there is no such pool
   */
  public PoolInfo poolInfo(String name) {
    return Infos.of(status(name));
  }

  /**
   * Waits until a cluster's status of a pool, as {@code kubectl} shows it, takes account of all
   * that the queue has accepted until now: {@code kubectl wait --for=condition=Joined} can't end
   * too early then. Returns at once where this is no cluster.
   *
   * @return false if it did not come so far in time: no operator answers
   * @throws NotFoundException if there is no such pool
   */
  public boolean awaitPublished(String pool, Duration atMost) throws InterruptedException {
    if (!isCluster()) {
      return true;
    }
    long end = System.nanoTime() + TimeUnit.NANOSECONDS.convert(atMost);
    long accepted = status(pool).getQueueIndex();
    while (status(pool).getPublishedIndex() < accepted) {
      if (System.nanoTime() - end >= 0) {
        return false;
      }
      Thread.sleep(PUBLISHED_POLL_MILLIS);
    }
    return true;
  }

  private boolean isCluster() {
    return found != null && found.isCluster();
  }

  private PoolStatus status(String pool) {
    return of(pool, () -> link.read(RemotePool.question(pool)).getPools().getPools(0));
  }

  // ---- jobs

  /**
   * The results of a job that somebody submitted, in input order; of an {@code apply}, one. Reading
   * them leaves the job as it is, for others to read: they are kept for 24 h after its end, or as
   * {@link JobOptions#withRetention} said; but a submitter that has its results has the job
   * forgotten where nothing was said. {@link AsyncResult#cancel} cancels the job, for everybody.
   *
   * <p>The first failed item, in their order, is the result's failure; it is known when all have
   * ended. A job whose submitter ended before it had handed in all inputs never ends: {@link
   * #cancel} it.
   *
   * @param type of one result
   * @throws NotFoundException if the queue does not have the job
   * @throws ErasedTypeException if {@code type} has a part that is not known
   */
  public <O extends @Nullable Object> AsyncResult<List<O>> job(UUID id, TypeRef<O> type) {
    return job(id, type.type());
  }

  /** {@link #job(UUID, TypeRef)} of a type without arguments. */
  public <O> AsyncResult<List<O>> job(UUID id, Class<O> type) {
    return job(id, (Type) type);
  }

  private <O extends @Nullable Object> AsyncResult<List<O>> job(UUID id, Type type) {
    String problem = ConcreteTypes.problem(type);
    if (problem != null) {
      throw new ErasedTypeException(
          "results of type "
              + type.getTypeName()
              + " can't be decoded: "
              + problem
              + "; give new TypeRef<…>() {} with all of its arguments");
    }
    return results(id, Codecs.of(type == Void.class ? void.class : type));
  }

  /** {@link #job(UUID, TypeRef)} of whatever type, each result as JSON. */
  public AsyncResult<List<String>> jobInJson(UUID id) {
    return results(id, Codecs.json());
  }

  private <O extends @Nullable Object> AsyncResult<List<O>> results(UUID id, Codec<?> codec) {
    MapJob reader = MapJob.reader(readers, job(id));
    return new AsyncResult<>(reader, outcomes -> readers.decode(outcomes, codec));
  }

  /**
   * How far a job is.
   *
   * @throws NotFoundException if the queue does not have it
   */
  public JobInfo job(UUID id) {
    return jobs(JobsQuery.newBuilder().setJobId(RandomId.of(id))).get(0);
  }

  /** All jobs, those submitted last first. */
  public List<JobInfo> jobs() {
    return jobs(0);
  }

  /**
   * The jobs of one pool, those submitted last first.
   *
   * @throws NotFoundException if there is no such pool
   */
  public List<JobInfo> jobs(String pool) {
    return jobs(pool, 0);
  }

  /**
   * {@link #jobs()}, the first of them.
   *
   * @param limit at most so many; 0 for all
   * @throws IllegalArgumentException below 0
   */
  public List<JobInfo> jobs(int limit) {
    return jobs(JobsQuery.newBuilder().setLimit(atLeastNone(limit)));
  }

  /** {@link #jobs(String)}, the first of them, as {@link #jobs(int)}. */
  public List<JobInfo> jobs(String pool, int limit) {
    JobsQuery.Builder query = JobsQuery.newBuilder().setPool(pool).setLimit(atLeastNone(limit));
    return of(pool, () -> jobs(query));
  }

  private static int atLeastNone(int limit) {
    if (limit < 0) {
      throw new IllegalArgumentException("limit " + limit + " is below 0; give 0 for no limit");
    }
    return limit;
  }

  private List<JobInfo> jobs(JobsQuery.Builder query) {
    return link
        .readAfterFarewells(ReadRequest.newBuilder().setJobs(query).build())
        .getJobs()
        .getJobsList()
        .stream()
        .map(Infos::of)
        .toList();
  }

  /**
   * Cancels what has not ended of a job, for good; its other results stay. Returns when that is
   * durable. Where all has ended, nothing changes.
   *
   * @throws NotFoundException if the queue does not have it
   */
  public void cancel(UUID id) {
    call(
        Operation.newBuilder()
            .setCancelJob(CancelJob.newBuilder().setJobId(RandomId.of(id)))
            .build());
  }

  /**
   * Cancels what has not ended of a job, and has all of it forgotten, its results too. Returns when
   * that is durable. A job that is not there: nothing to do.
   */
  public void release(UUID id) {
    call(
        Operation.newBuilder()
            .setReleaseJob(ReleaseJob.newBuilder().setJobId(RandomId.of(id)))
            .build());
  }

  // ---- the dead list

  /**
   * The dead items of one pool.
   *
   * @throws NotFoundException if there is no such pool
   */
  public List<DeadItem> dead(String pool) {
    return dead(pool, 0);
  }

  /**
   * The dead items of one job.
   *
   * @throws NotFoundException if the queue does not have it
   */
  public List<DeadItem> dead(UUID job) {
    return dead(job, 0);
  }

  /** {@link #dead(String)}, the first of them, as {@link #jobs(int)}. */
  public List<DeadItem> dead(String pool, int limit) {
    DeadQuery.Builder query = DeadQuery.newBuilder().setPool(pool).setLimit(atLeastNone(limit));
    return of(pool, () -> dead(query));
  }

  /** {@link #dead(UUID)}, the first of them, as {@link #jobs(int)}. */
  public List<DeadItem> dead(UUID job, int limit) {
    return dead(DeadQuery.newBuilder().setJobId(RandomId.of(job)).setLimit(atLeastNone(limit)));
  }

  private List<DeadItem> dead(DeadQuery.Builder query) {
    return link
        .readAfterFarewells(ReadRequest.newBuilder().setDead(query).build())
        .getDead()
        .getItemsList()
        .stream()
        .map(Infos::of)
        .toList();
  }

  /**
   * Has dead items of a job run again, as if they had never been charged. Returns when that is
   * durable. Items that are not dead stay as they are.
   *
   * @param first index of the first
   * @param count how many from there on; 0 for all
   * @throws NotFoundException if the queue does not have the job
   */
  public void retryDead(UUID job, long first, long count) {
    call(
        Operation.newBuilder()
            .setRetryDead(
                RetryDead.newBuilder().setJobId(RandomId.of(job)).setFirst(first).setCount(count))
            .build());
  }

  /** Takes items off the dead list, for good. Otherwise as {@link #retryDead}. */
  public void dropDead(UUID job, long first, long count) {
    call(
        Operation.newBuilder()
            .setDropDead(
                DropDead.newBuilder().setJobId(RandomId.of(job)).setFirst(first).setCount(count))
            .build());
  }

  // ---- workers

  /**
   * Has a worker of a pool get no more items, or get them again; what it has begun goes on, and
   * what it has not goes to others. Holds as long as the worker lives: whoever takes its place is
   * not concerned. Returns when that is durable.
   *
   * @throws NotFoundException if there is no such pool, or the pool has no such worker now
   */
  public void cordon(String pool, String worker, boolean cordoned) {
    Operation operation =
        Operation.newBuilder()
            .setCordonWorker(
                CordonWorker.newBuilder().setPool(pool).setWorker(worker).setCordoned(cordoned))
            .build();
    var unused =
        of(
            pool,
            () -> {
              call(operation);
              return operation;
            });
  }

  private void call(Operation operation) {
    QueueLink.await(link.call(operation));
  }

  // ---- processes

  /** What {@code coding} gives; handles that it decodes or encodes are of this queue. */
  <T extends @Nullable Object> T atQueue(Supplier<T> coding) {
    return ObjectResolver.within(link.objects(), coding);
  }

  /** A process that will run {@code function}; it is not started yet. */
  public PodProcess process(RemoteRunnable function) {
    return new PodProcess(this, function, null, function);
  }

  /** A process that will run {@code function} with {@code a}; it is not started yet. */
  public <A extends @Nullable Object> PodProcess process(RemoteConsumer<A> function, A a) {
    return new PodProcess(this, function, a, () -> function.accept(a));
  }

  /** {@link #process(RemoteConsumer, Object)} of two arguments. */
  public <A extends @Nullable Object, B extends @Nullable Object> PodProcess process(
      RemoteBiConsumer<A, B> function, A a, B b) {
    return new PodProcess(this, function, new Tuple2<>(a, b), () -> function.accept(a, b));
  }

  /** {@link #process(RemoteConsumer, Object)} of three arguments. */
  public <A extends @Nullable Object, B extends @Nullable Object, C extends @Nullable Object>
      PodProcess process(RemoteConsumer3<A, B, C> function, A a, B b, C c) {
    return new PodProcess(this, function, new Tuple3<>(a, b, c), () -> function.accept(a, b, c));
  }

  /** {@link #process(RemoteConsumer, Object)} of four arguments. */
  public <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object>
      PodProcess process(RemoteConsumer4<A, B, C, D> function, A a, B b, C c, D d) {
    return new PodProcess(
        this, function, new Tuple4<>(a, b, c, d), () -> function.accept(a, b, c, d));
  }

  /** Those that were started through this connection and have not ended, in that order. */
  public List<PodProcess> activeChildren() {
    synchronized (children) {
      children.removeIf(child -> !child.isRunning());
      return List.copyOf(children);
    }
  }

  void started(PodProcess child) {
    synchronized (children) {
      children.removeIf(each -> !each.isRunning());
      children.add(child);
    }
  }

  /** As Python's: numbered as they are made, behind the name of who makes them. */
  String nextProcessName() {
    OwnProcess own = OwnProcess.ofThisJvm();
    int number = processes.incrementAndGet();
    return own == null ? "Process-" + number : own.name() + ":" + number;
  }

  /** A client of the pool of that name, which need not be there yet. */
  PoolClient client(String pool) {
    RemotePool backend = new RemotePool(pool, link, code, blobs);
    PoolClient client = new PoolClient(backend);
    backend.serve(client);
    return client;
  }

  /** Does not wait: completes as {@link QueueLink#call} says. */
  CompletableFuture<Void> ask(Operation operation) {
    return link.call(operation);
  }

  void signal(SignalProcess signal) {
    try {
      call(Operation.newBuilder().setSignalProcess(signal).build());
    } catch (NotFoundException e) {
      // It has ended, and was forgotten.
    }
  }

  /** Null: the queue has forgotten it. */
  @Nullable ProcessStatus processStatus(String pool) {
    try {
      return status(pool).getProcess();
    } catch (NotFoundException e) {
      return null;
    }
  }

  // ---- what processes share

  /** Not null, with which it would be a new one for whoever asks, and shared by nobody. */
  private static String named(String name) {
    return Objects.requireNonNull(
        name, "the name is null; the method without a name makes one that has none");
  }

  /** The lock of that name; makes it where there is none. */
  public SharedLock lock(String name) {
    return new SharedLock(link.objects(), SharedLock.ref(named(name)), SharedLock.SPEC);
  }

  /** A new lock without a name. */
  public SharedLock lock() {
    return new SharedLock(link.objects(), SharedLock.ref(null), SharedLock.SPEC);
  }

  /** The lock of that name, as one that a thread may lock again; makes it where there is none. */
  public SharedReentrantLock reentrantLock(String name) {
    return new SharedReentrantLock(link.objects(), SharedLock.ref(named(name)), SharedLock.SPEC);
  }

  /** A new lock without a name, which a thread may lock again. */
  public SharedReentrantLock reentrantLock() {
    return new SharedReentrantLock(link.objects(), SharedLock.ref(null), SharedLock.SPEC);
  }

  /**
   * The condition of that name; makes it where there is none. {@link SharedLock#newCondition} makes
   * one without a name.
   *
   * @param lock is given back while waiting; of this connection
   * @throws IllegalArgumentException if {@code lock} is of another connection
   * @throws PodpoolException if there is one of that name with another lock
   */
  public SharedCondition condition(String name, SharedLock lock) {
    return new SharedCondition(link.objects().own(lock, "the condition"), named(name));
  }

  /**
   * The semaphore of that name, made with {@code permits} where there is none. Releases beyond what
   * was acquired add permits.
   *
   * @param permits from 0 on
   * @throws PodpoolException if there is one that was made with other permits, or bounded
   */
  public SharedSemaphore semaphore(String name, int permits) {
    return new SharedSemaphore(
        link.objects(), SharedSemaphore.ref(named(name)), SharedSemaphore.spec(permits, false));
  }

  /** A new semaphore without a name. */
  public SharedSemaphore semaphore(int permits) {
    return new SharedSemaphore(
        link.objects(), SharedSemaphore.ref(null), SharedSemaphore.spec(permits, false));
  }

  /**
   * As {@link #semaphore(String, int)}, but it never has more than {@code permits}: to release more
   * than was acquired is an error.
   */
  public SharedSemaphore boundedSemaphore(String name, int permits) {
    return new SharedSemaphore(
        link.objects(), SharedSemaphore.ref(named(name)), SharedSemaphore.spec(permits, true));
  }

  /** A new bounded semaphore without a name. */
  public SharedSemaphore boundedSemaphore(int permits) {
    return new SharedSemaphore(
        link.objects(), SharedSemaphore.ref(null), SharedSemaphore.spec(permits, true));
  }

  /** The event of that name; makes it, not set, where there is none. */
  public SharedEvent event(String name) {
    return new SharedEvent(link.objects(), SharedEvent.ref(named(name)), SharedEvent.SPEC);
  }

  /** A new event without a name, not set. */
  public SharedEvent event() {
    return new SharedEvent(link.objects(), SharedEvent.ref(null), SharedEvent.SPEC);
  }

  /**
   * The barrier of that name; makes it where there is none.
   *
   * @param parties how many must come before they go on; at least 1
   * @throws PodpoolException if there is one for other parties
   */
  public SharedBarrier barrier(String name, int parties) {
    return new SharedBarrier(
        link.objects(), SharedBarrier.ref(named(name)), SharedBarrier.spec(parties));
  }

  /** A new barrier without a name. */
  public SharedBarrier barrier(int parties) {
    return new SharedBarrier(link.objects(), SharedBarrier.ref(null), SharedBarrier.spec(parties));
  }

  // ---- maps, lists, values, arrays

  /**
   * The map of that name; makes it where there is none. Whoever opens it gives the same types.
   *
   * @param keys String, Long, Integer, Short, Byte, UUID or an enum
   * @throws IllegalArgumentException if they are another
   * @throws ErasedTypeException if {@code values} has a part that is not known
   */
  public <K, V> SharedMap<K, V> sharedMap(String name, Class<K> keys, Class<V> values) {
    return map(named(name), keys, values);
  }

  /** {@link #sharedMap(String, Class, Class)} of values with type arguments. */
  public <K, V extends @Nullable Object> SharedMap<K, V> sharedMap(
      String name, Class<K> keys, TypeRef<V> values) {
    return map(named(name), keys, values.type());
  }

  /** A new map without a name. */
  public <K, V> SharedMap<K, V> sharedMap(Class<K> keys, Class<V> values) {
    return map(null, keys, values);
  }

  /** A new map without a name. */
  public <K, V extends @Nullable Object> SharedMap<K, V> sharedMap(
      Class<K> keys, TypeRef<V> values) {
    return map(null, keys, values.type());
  }

  private <K, V extends @Nullable Object> SharedMap<K, V> map(
      @Nullable String name, Class<K> keys, Type values) {
    return new SharedMap<>(
        link.objects(),
        SharedMap.ref(name),
        KeyCodec.of(keys),
        ValueCodec.of(link.objects(), values));
  }

  /** The namespace of that name; makes it where there is none. */
  public Namespace namespace(String name) {
    return new Namespace(link.objects(), SharedMap.ref(named(name)));
  }

  /** A new namespace without a name. */
  public Namespace namespace() {
    return new Namespace(link.objects(), SharedMap.ref(null));
  }

  /**
   * The list of that name; makes it where there is none. Whoever opens it gives the same type.
   *
   * @throws ErasedTypeException if {@code type} has a part that is not known
   */
  public <E> SharedList<E> sharedList(String name, Class<E> type) {
    return list(named(name), type);
  }

  /** {@link #sharedList(String, Class)} of elements with type arguments. */
  public <E extends @Nullable Object> SharedList<E> sharedList(String name, TypeRef<E> type) {
    return list(named(name), type.type());
  }

  /** A new list without a name. */
  public <E> SharedList<E> sharedList(Class<E> type) {
    return list(null, type);
  }

  /** A new list without a name. */
  public <E extends @Nullable Object> SharedList<E> sharedList(TypeRef<E> type) {
    return list(null, type.type());
  }

  private <E extends @Nullable Object> SharedList<E> list(@Nullable String name, Type type) {
    return new SharedList<>(
        link.objects(), SharedList.ref(name), ValueCodec.of(link.objects(), type));
  }

  /**
   * The value of that name; makes it where there is none.
   *
   * @param initial what it is at first
   * @throws PodpoolException if there is one that began as something else
   * @throws ErasedTypeException if {@code type} has a part that is not known
   */
  public <T> SharedValue<T> sharedValue(String name, Class<T> type, T initial) {
    return value(named(name), type, initial);
  }

  /** {@link #sharedValue(String, Class, Object)} of a type with arguments. */
  public <T extends @Nullable Object> SharedValue<T> sharedValue(
      String name, TypeRef<T> type, T initial) {
    return value(named(name), type.type(), initial);
  }

  /** A new value without a name. */
  public <T> SharedValue<T> sharedValue(Class<T> type, T initial) {
    return value(null, type, initial);
  }

  /** A new value without a name. */
  public <T extends @Nullable Object> SharedValue<T> sharedValue(TypeRef<T> type, T initial) {
    return value(null, type.type(), initial);
  }

  /**
   * The value that somebody has made under that name.
   *
   * @throws NotFoundException if there is none
   */
  public <T> SharedValue<T> sharedValue(String name, Class<T> type) {
    return new SharedValue<>(
        link.objects(), SharedValue.ref(named(name)), null, ValueCodec.of(link.objects(), type));
  }

  private <T extends @Nullable Object> SharedValue<T> value(
      @Nullable String name, Type type, T initial) {
    ValueCodec<T> values = ValueCodec.of(link.objects(), type);
    return new SharedValue<>(
        link.objects(), SharedValue.ref(name), SharedValue.spec(values, initial), values);
  }

  /**
   * The array of that name; makes it where there is none.
   *
   * @param length 0 to 1,000,000
   * @param initial what each element is at first
   * @throws PodpoolException if there is one of another length, or that began as something else
   * @throws ErasedTypeException if {@code type} has a part that is not known
   */
  public <T> SharedArray<T> sharedArray(String name, Class<T> type, int length, T initial) {
    return array(named(name), type, length, initial);
  }

  /** {@link #sharedArray(String, Class, int, Object)} of a type with arguments. */
  public <T extends @Nullable Object> SharedArray<T> sharedArray(
      String name, TypeRef<T> type, int length, T initial) {
    return array(named(name), type.type(), length, initial);
  }

  /** A new array without a name. */
  public <T> SharedArray<T> sharedArray(Class<T> type, int length, T initial) {
    return array(null, type, length, initial);
  }

  /** A new array without a name. */
  public <T extends @Nullable Object> SharedArray<T> sharedArray(
      TypeRef<T> type, int length, T initial) {
    return array(null, type.type(), length, initial);
  }

  /**
   * The array that somebody has made under that name.
   *
   * @throws NotFoundException if there is none
   */
  public <T> SharedArray<T> sharedArray(String name, Class<T> type) {
    return new SharedArray<>(
        link.objects(), SharedArray.ref(named(name)), null, ValueCodec.of(link.objects(), type));
  }

  private <T extends @Nullable Object> SharedArray<T> array(
      @Nullable String name, Type type, int length, T initial) {
    ValueCodec<T> values = ValueCodec.of(link.objects(), type);
    return new SharedArray<>(
        link.objects(), SharedArray.ref(name), SharedArray.spec(values, length, initial), values);
  }

  // ---- which objects there are

  /** All shared objects of a kind: those with a name first, by name. */
  public List<ObjectInfo> objects(ObjectInfo.Kind kind) {
    return objects(kind, 0);
  }

  /** {@link #objects(ObjectInfo.Kind)}, the first of them, as {@link #jobs(int)}. */
  public List<ObjectInfo> objects(ObjectInfo.Kind kind, int limit) {
    int left = atLeastNone(limit) == 0 ? Integer.MAX_VALUE : limit;
    ObjectsQuery.Builder query = ObjectsQuery.newBuilder().setKind(Infos.of(kind));
    List<ObjectInfo> all = new ArrayList<>();
    ObjectStatuses page;
    do {
      query.setLimit(left); // and no more than fit into one answer
      page = link.read(ReadRequest.newBuilder().setObjects(query).build()).getObjects();
      for (ObjectStatus status : page.getObjectsList()) {
        all.add(Infos.of(status));
        query.setAfter(status.getObject().getName());
        query.setAfterNumber(status.getObject().getName().isEmpty() ? status.getNumber() : 0);
      }
      left -= page.getObjectsCount();
    } while (page.getMore() && left > 0);
    return all;
  }

  /**
   * One shared object that has a name.
   *
   * @throws NotFoundException if there is none of that kind and name
   */
  public ObjectInfo object(ObjectInfo.Kind kind, String name) {
    ObjectQuery query =
        ObjectQuery.newBuilder()
            .setObject(SharedObject.ref(Infos.of(kind), named(name)))
            .setStatus(StatusQuery.getDefaultInstance())
            .build();
    return Infos.of(link.objects().read(query).getObject());
  }

  /**
   * The queue of that name, without a maximum; makes it where there is none.
   *
   * @throws PodpoolException if there is one with another maximum, or a joinable one
   * @throws ErasedTypeException if {@code type} has a part that is not known
   */
  public <E extends @Nullable Object> SharedQueue<E> queue(String name, TypeRef<E> type) {
    return queue(named(name), type.type(), 0);
  }

  /** {@link #queue(String, TypeRef)} of a type without arguments. */
  public <E> SharedQueue<E> queue(String name, Class<E> type) {
    return queue(named(name), (Type) type, 0);
  }

  /**
   * {@link #queue(String, TypeRef)} with room for so many items.
   *
   * @param maxSize 0: no maximum
   * @throws IllegalArgumentException below 0
   */
  public <E extends @Nullable Object> SharedQueue<E> queue(
      String name, TypeRef<E> type, int maxSize) {
    return queue(named(name), type.type(), maxSize);
  }

  /** {@link #queue(String, TypeRef, int)} of a type without arguments. */
  public <E> SharedQueue<E> queue(String name, Class<E> type, int maxSize) {
    return queue(named(name), (Type) type, maxSize);
  }

  /** A new queue without a name and without a maximum, as {@link #queue(String, TypeRef)}. */
  public <E extends @Nullable Object> SharedQueue<E> queue(TypeRef<E> type) {
    return queue(null, type.type(), 0);
  }

  /** {@link #queue(TypeRef)} of a type without arguments. */
  public <E> SharedQueue<E> queue(Class<E> type) {
    return queue(null, (Type) type, 0);
  }

  /** A new queue without a name, as {@link #queue(String, TypeRef, int)}. */
  public <E extends @Nullable Object> SharedQueue<E> queue(TypeRef<E> type, int maxSize) {
    return queue(null, type.type(), maxSize);
  }

  /** {@link #queue(TypeRef, int)} of a type without arguments. */
  public <E> SharedQueue<E> queue(Class<E> type, int maxSize) {
    return queue(null, (Type) type, maxSize);
  }

  private <E extends @Nullable Object> SharedQueue<E> queue(
      @Nullable String name, Type type, int maxSize) {
    return new SharedQueue<>(
        link.objects(),
        SharedQueue.ref(name),
        SharedQueue.spec(maxSize, false),
        ValueCodec.of(link.objects(), type));
  }

  /**
   * The joinable queue of that name; otherwise as {@link #queue(String, TypeRef)}.
   *
   * @throws PodpoolException if there is one with another maximum, or that is not joinable
   */
  public <E extends @Nullable Object> SharedJoinableQueue<E> joinableQueue(
      String name, TypeRef<E> type) {
    return joinableQueue(named(name), type.type(), 0);
  }

  /** {@link #joinableQueue(String, TypeRef)} of a type without arguments. */
  public <E> SharedJoinableQueue<E> joinableQueue(String name, Class<E> type) {
    return joinableQueue(named(name), (Type) type, 0);
  }

  /** {@link #joinableQueue(String, TypeRef)}, as {@link #queue(String, TypeRef, int)}. */
  public <E extends @Nullable Object> SharedJoinableQueue<E> joinableQueue(
      String name, TypeRef<E> type, int maxSize) {
    return joinableQueue(named(name), type.type(), maxSize);
  }

  /** {@link #joinableQueue(String, TypeRef, int)} of a type without arguments. */
  public <E> SharedJoinableQueue<E> joinableQueue(String name, Class<E> type, int maxSize) {
    return joinableQueue(named(name), (Type) type, maxSize);
  }

  /** A new joinable queue without a name. */
  public <E extends @Nullable Object> SharedJoinableQueue<E> joinableQueue(TypeRef<E> type) {
    return joinableQueue(null, type.type(), 0);
  }

  /** {@link #joinableQueue(TypeRef)} of a type without arguments. */
  public <E> SharedJoinableQueue<E> joinableQueue(Class<E> type) {
    return joinableQueue(null, (Type) type, 0);
  }

  /** A new joinable queue without a name, as {@link #queue(String, TypeRef, int)}. */
  public <E extends @Nullable Object> SharedJoinableQueue<E> joinableQueue(
      TypeRef<E> type, int maxSize) {
    return joinableQueue(null, type.type(), maxSize);
  }

  /** {@link #joinableQueue(TypeRef, int)} of a type without arguments. */
  public <E> SharedJoinableQueue<E> joinableQueue(Class<E> type, int maxSize) {
    return joinableQueue(null, (Type) type, maxSize);
  }

  private <E extends @Nullable Object> SharedJoinableQueue<E> joinableQueue(
      @Nullable String name, Type type, int maxSize) {
    return new SharedJoinableQueue<>(
        link.objects(),
        SharedQueue.ref(name),
        SharedQueue.spec(maxSize, true),
        ValueCodec.of(link.objects(), type));
  }

  /**
   * A new pipe whose ends both send and receive; this process holds both.
   *
   * @throws ErasedTypeException if {@code type} has a part that is not known
   */
  public <E extends @Nullable Object> Pipe<E> pipe(TypeRef<E> type) {
    return pipe(type, true);
  }

  /** {@link #pipe(TypeRef)} of a type without arguments. */
  public <E> Pipe<E> pipe(Class<E> type) {
    return pipe(type, true);
  }

  /**
   * {@link #pipe(TypeRef)} of either kind.
   *
   * @param duplex false: the first end only receives, and the second only sends
   */
  public <E extends @Nullable Object> Pipe<E> pipe(TypeRef<E> type, boolean duplex) {
    return new Pipe<>(link.objects(), duplex, ValueCodec.of(link.objects(), type.type()));
  }

  /** {@link #pipe(TypeRef, boolean)} of a type without arguments. */
  public <E> Pipe<E> pipe(Class<E> type, boolean duplex) {
    return new Pipe<>(link.objects(), duplex, ValueCodec.of(link.objects(), type));
  }

  // ---- output

  /**
   * Gives {@code each} what a job's items print, until the thread is interrupted. Lossy: a slow
   * reader misses some, and is told how much; a queue that restarts has forgotten what was printed
   * before.
   *
   * @param follow false: only what there is
   * @throws PodpoolException if the connection breaks
   */
  public void followOutput(UUID job, boolean follow, Consumer<? super ItemOutput> each)
      throws InterruptedException {
    follow(OutputQuery.newBuilder().setJobId(RandomId.of(job)), follow, each);
  }

  /** {@link #followOutput(UUID, boolean, Consumer)} of all of a pool's items. */
  public void followOutput(String pool, boolean follow, Consumer<? super ItemOutput> each)
      throws InterruptedException {
    follow(OutputQuery.newBuilder().setPool(pool), follow, each);
  }

  /**
   * {@link #followOutput(UUID, boolean, Consumer)} of all that the queue's pools and processes run.
   */
  public void followOutput(boolean follow, Consumer<? super ItemOutput> each)
      throws InterruptedException {
    follow(OutputQuery.newBuilder(), follow, each);
  }

  private void follow(OutputQuery.Builder query, boolean follow, Consumer<? super ItemOutput> each)
      throws InterruptedException {
    try {
      link.connection()
          .follow(query.setNoFollow(!follow).build(), output -> each.accept(Infos.of(output)));
    } catch (IOException e) {
      throw new PodpoolException("what items print can't be followed: " + e.getMessage(), e);
    }
  }

  // ---- ending

  /**
   * Lets go of the runtime, and does not wait for jobs: what was submitted goes on, but for {@code
   * imap}s. Pools of this connection take no more work, and whoever waits for a result is told.
   * Pools that were started here are terminated: they end with a runtime of this JVM's own. Again:
   * does nothing.
   *
   * <p>What is held here is free then. Where the queue does not answer within 2 s, nobody waits for
   * it: what is held is free when the queue has not heard of this session for 10 s.
   *
   * <p>Waits for the processes that were started here, but for daemons, which it ends. If the
   * thread is interrupted, it waits no longer: they go on, but for those of {@link #local}.
   */
  @Override
  public void close() {
    if (isProcess) {
      return;
    }
    joinChildren();
    pools.forEach(Pool::terminate);
    ObjectResolver.closed(link.objects());
    link.close();
    if (found != null) {
      found.close();
    }
  }

  private void joinChildren() {
    try {
      for (PodProcess child : activeChildren()) {
        if (!child.isDaemon()) {
          child.join();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
