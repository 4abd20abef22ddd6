package dev.podpool;

import dev.podpool.function.ErasedTypeException;
import dev.podpool.function.TypeRef;
import dev.podpool.function.internal.Codec;
import dev.podpool.function.internal.Codecs;
import dev.podpool.function.internal.ConcreteTypes;
import dev.podpool.internal.RouteException;
import dev.podpool.protocol.CancelJob;
import dev.podpool.protocol.CordonWorker;
import dev.podpool.protocol.DeadQuery;
import dev.podpool.protocol.DropDead;
import dev.podpool.protocol.JobsQuery;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.OutputQuery;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReleaseJob;
import dev.podpool.protocol.RetryDead;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.rpc.QueueUnreachableException;
import dev.podpool.rpc.RuntimeDirectory;
import dev.podpool.session.RandomId;
import java.io.IOException;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
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

  private final RuntimeSearch found;
  private final QueueLink link;
  private final LinkBlobs blobs;
  private final @Nullable TravellingCode code;
  // Of jobs that others submitted.
  private final PoolClient readers;

  private Podpool(RuntimeSearch found, QueueConnection connection, ConnectOptions options) {
    this.found = found;
    link = new QueueLink(connection, options.patience());
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
   * Connects to the runtime that {@code PODPOOL_ENDPOINT} and {@code PODPOOL_KEY_FILE} name; or
   * else to the queue of a cluster whose access directory {@code PODPOOL_ACCESS} names, or a pod
   * has at {@code /var/run/podpool}; or else to this user's on this machine, which {@code podpool
   * local up} has started; or else to the cluster of the kubeconfig, where the dependency {@code
   * podpool-client-kubernetes} is there. {@link ConnectOptions#toCluster} asks for a cluster.
   *
   * @throws UnreachableException if none answers within 5 s, or a minute where the queue of a
   *     cluster is starting; says where it was looked for
   * @throws ConfigurationException if what names one can't be used
   */
  public static Podpool connect() {
    return connect(ConnectOptions.defaults());
  }

  /** {@link #connect()}, as {@code options} say. */
  public static Podpool connect(ConnectOptions options) {
    return connect(System.getenv(), Path.of(System.getProperty("user.home")), options);
  }

  static Podpool connect(Map<String, String> environment, Path home, ConnectOptions options) {
    ClusterOptions cluster = options.cluster();
    return connect(
        cluster == null ? RuntimeSearch.of(environment, home) : RuntimeSearch.of(cluster), options);
  }

  /**
   * Connects to the runtime that lives in {@code runtimeDirectory}.
   *
   * @throws UnreachableException if it does not answer within 5 s
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

  /** Ends when the queue has answered. One that is starting on a cluster is waited for. */
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
        boolean isStarting = why instanceof RouteException route && route.isStarting();
        if (!isStarting || System.nanoTime() - begin > STARTING_TIME_MAX.toNanos()) {
          throw why;
        }
        if (!isTold) {
          isTold = true;
          options.whenStarting().accept(((RouteException) why).problem());
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
                    + (found.isCluster() ? "kubectl apply" : "podpool local up")
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

  /** All pools. */
  public List<PoolInfo> pools() {
    return link.read(RemotePool.question("")).getPools().getPoolsList().stream()
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
    if (!found.isCluster()) {
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
        .readAfterReleases(ReadRequest.newBuilder().setJobs(query).build())
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
        .readAfterReleases(ReadRequest.newBuilder().setDead(query).build())
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
   * Again: does nothing.
   */
  @Override
  public void close() {
    link.close();
    found.close();
  }
}
