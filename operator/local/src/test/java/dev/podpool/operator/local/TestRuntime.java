package dev.podpool.operator.local;

import dev.podpool.ConnectOptions;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import dev.podpool.crd.ManifestException;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.rpc.RuntimeDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Predicate;

/** A runtime in this JVM with one pool, {@code test}. */
final class TestRuntime implements AutoCloseable {

  static final String POOL = "test";

  final Crew crew = new Crew();
  final LocalRuntime runtime;
  private final QueueConnection connection;
  private final Podpool podpool;

  TestRuntime(Path directory) throws IOException, InterruptedException {
    runtime = LocalRuntime.start(new RuntimeDirectory(directory), crew);
    connection = new QueueConnection(runtime.directory());
    podpool = client(runtime.directory());
  }

  /** A client whose functions the workers have: they run on the test's class path. */
  static Podpool client(RuntimeDirectory directory) {
    return Podpool.connect(directory.path(), ConnectOptions.defaults().withCodeInWorkers());
  }

  static String manifest(String spec) {
    return """
    apiVersion: podpool.dev/v1alpha1
    kind: WorkerPool
    metadata: {name: %s}
    spec: {%s}
    """
        .formatted(POOL, spec);
  }

  /** The pool is to be so; returns when the runtime has seen that. */
  void apply(String spec) throws IOException, InterruptedException {
    String yaml = manifest(spec);
    try {
      runtime.apply(yaml, "test");
    } catch (ManifestException e) {
      throw new AssertionError(e);
    }
    await(report -> report.manifestSha256().equals(LocalRuntime.sha256(yaml)));
  }

  /** {@link #apply}, and returns when all workers are there. */
  void applyAndAwaitReady(String spec) throws IOException, InterruptedException {
    apply(spec);
    String sha256 = LocalRuntime.sha256(manifest(spec));
    await(report -> report.isReady() && report.manifestSha256().equals(sha256));
  }

  /** Returns when what the runtime says of the pool is so. Not for ever: JUnit's time-out. */
  PoolReport await(Predicate<PoolReport> so) throws InterruptedException {
    while (true) {
      for (PoolReport report : runtime.status()) {
        if (so.test(report)) {
          return report;
        }
      }
      Thread.sleep(5); // a poll of what has no signal
    }
  }

  /** Once it was {@link #apply}'d. */
  Pool pool() {
    return podpool.pool(POOL);
  }

  /** The client that {@link #pool} is of. */
  Podpool podpool() {
    return podpool;
  }

  QueueConnection connection() {
    return connection;
  }

  /** The queue's own counts. */
  PoolStatus counts() throws IOException, InterruptedException {
    return connection
        .read(
            ReadRequest.newBuilder().setPools(PoolsQuery.newBuilder().setPool(POOL)).build(),
            Duration.ofSeconds(20))
        .getPools()
        .getPools(0);
  }

  @Override
  public void close() {
    podpool.close();
    connection.close();
    runtime.close();
  }
}
