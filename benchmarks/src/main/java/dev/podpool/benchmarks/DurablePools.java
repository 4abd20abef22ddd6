package dev.podpool.benchmarks;

import dev.podpool.ConnectOptions;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import dev.podpool.operator.local.LocalRuntime;
import dev.podpool.operator.local.RuntimeEvents;
import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.rpc.RuntimeDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A durable runtime of its own, in a directory below the current one: on its disk. */
final class DurablePools implements Pools {

  private static final String POOL = "bench";
  private static final long READY_POLL_MILLIS = 20;
  private static final String FLAGS = "podpool.jvm.flags";
  private static final Pattern COLLECTION = Pattern.compile(" (\\d+)M->(\\d+)M\\(");

  private final Path home;
  private final Processes processes = new Processes();
  private final LocalRuntime runtime;
  private final QueueConnection connection;
  private final Podpool podpool;
  private @Nullable Pool pool;

  /** The processes of the runtime, as they come and go. */
  private static final class Processes implements RuntimeEvents {

    final Map<String, Long> workers = new ConcurrentHashMap<>();
    volatile long queue;

    @Override
    public void queueReady(long pid) {
      queue = pid;
    }

    @Override
    public void workerStarted(String worker, long pid) {
      workers.put(worker, pid);
    }

    @Override
    public void workerEnded(String worker, boolean asked, int exitCode) {
      workers.remove(worker);
    }
  }

  DurablePools() throws IOException, InterruptedException {
    // Not in /tmp, which may be in memory, and no disk.
    home = Files.createTempDirectory(Path.of("").toAbsolutePath(), "bench-").toRealPath();
    String flags = System.getProperty(FLAGS, "");
    System.setProperty(FLAGS, flags + " -Xlog:gc:file=" + home + "/gc-%p.log");
    runtime = LocalRuntime.start(new RuntimeDirectory(home), processes);
    connection = new QueueConnection(runtime.directory());
    podpool = Podpool.connect(home, ConnectOptions.defaults().withCodeInWorkers());
  }

  @Override
  public Pool open(int workers, int slots) throws Exception {
    String sha256 = LocalRuntime.sha256(apply(workers, slots));
    while (runtime.status().stream()
        .noneMatch(report -> report.isReady() && report.manifestSha256().equals(sha256))) {
      Thread.sleep(READY_POLL_MILLIS);
    }
    Pool opened = podpool.pool(POOL);
    pool = opened;
    return opened;
  }

  /** The pool is to have so many; does not wait. */
  String apply(int workers, int slots) throws Exception {
    String yaml =
        """
        apiVersion: podpool.dev/v1alpha1
        kind: WorkerPool
        metadata: {name: %s}
        spec: {workers: %d, slots: %d}
        """
            .formatted(POOL, workers, slots);
    runtime.apply(yaml, "benchmark");
    return yaml;
  }

  @Override
  public Podpool podpool() {
    return podpool;
  }

  @Override
  public Cost cost() throws IOException, InterruptedException {
    Map<String, Long> cpu = new LinkedHashMap<>();
    cpu.put("client", Cpu.nanos(ProcessHandle.current()));
    cpu.put("queue", Cpu.nanos(ProcessHandle.of(processes.queue).stream()));
    List<ProcessHandle> workers =
        processes.workers.values().stream().flatMap(pid -> ProcessHandle.of(pid).stream()).toList();
    cpu.put("workers", Cpu.nanos(workers.stream()));
    cpu.put("children", Cpu.nanos(workers.stream().flatMap(ProcessHandle::descendants)));
    return new Cost(cpu, entries(), allocated());
  }

  private long entries() throws IOException, InterruptedException {
    return connection
        .read(
            ReadRequest.newBuilder().setPools(PoolsQuery.newBuilder().setPool(POOL)).build(),
            Duration.ofSeconds(10))
        .getPools()
        .getPools(0)
        .getQueueIndex();
  }

  /** From what each collection found and left. */
  private long allocated() throws IOException {
    Path log = home.resolve("gc-" + processes.queue + ".log");
    long mebibytes = 0;
    long left = 0;
    for (String line : Files.readAllLines(log)) {
      Matcher collection = COLLECTION.matcher(line);
      if (collection.find()) {
        mebibytes += Long.parseLong(collection.group(1)) - left;
        left = Long.parseLong(collection.group(2));
      }
    }
    return mebibytes << 20;
  }

  @Override
  public void close() throws IOException {
    if (pool != null) {
      pool.close();
    }
    podpool.close();
    connection.close();
    runtime.close();
    try (Stream<Path> all = Files.walk(home)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
