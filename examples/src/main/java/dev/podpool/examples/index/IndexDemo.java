package dev.podpool.examples.index;

import dev.podpool.AsyncResult;
import dev.podpool.JobOptions;
import dev.podpool.PodpoolException;
import dev.podpool.Pool;
import dev.podpool.crd.ManifestException;
import dev.podpool.crd.Manifests;
import dev.podpool.crd.WorkerPool;
import dev.podpool.operator.local.LocalRuntime;
import dev.podpool.operator.local.PoolReport;
import dev.podpool.operator.local.RuntimeBackend;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.rpc.RuntimeDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

/**
 * Indexes many files on the pool of a manifest, kills one of its workers in the middle, and
 * compares the result with that of a single process. Exit code 0 only if they are equal.
 */
public final class IndexDemo {

  private static final int DOCUMENTS_PER_TASK = 4;
  private static final double KILL_AT = 0.4;
  private static final long READY_MILLIS_MAX = 60_000;
  private static final Duration READ_MAX = Duration.ofSeconds(10);

  private IndexDemo() {}

  /** Arguments: the manifest, and the repository whose texts are indexed too. */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 2) {
      System.err.println("give a manifest and a directory: examples/index/pool.yaml .");
      System.exit(2);
    }
    Path manifest = Path.of(arguments[0]);
    String yaml;
    WorkerPool pool;
    try {
      yaml = Files.readString(manifest);
      pool = Manifests.read(yaml, manifest.toString());
    } catch (ManifestException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    } catch (IOException e) {
      System.err.println("the manifest can't be read: " + e);
      System.exit(2);
      return;
    }
    if (!Files.isDirectory(Path.of(arguments[1]))) {
      System.err.println(arguments[1] + " is no directory; give one whose texts to index");
      System.exit(2);
    }
    System.exit(run(manifest, yaml, pool, Path.of(arguments[1])) ? 0 : 1);
  }

  private static boolean run(Path manifest, String yaml, WorkerPool wanted, Path repository)
      throws IOException, ManifestException, InterruptedException, ExecutionException {
    List<Document> documents =
        Collection.find(Path.of(System.getProperty("java.home")), repository);
    List<List<Document>> tasks = tasks(documents);
    ProgressBar bar = new ProgressBar();
    Crew crew = new Crew(bar);
    long start = System.nanoTime();
    InvertedIndex index = new InvertedIndex();
    PoolStatus counts;
    double seconds;
    String name = wanted.getMetadata().getName();
    int workers = wanted.getSpec().workers();
    Path home = Files.createTempDirectory("podpool-demo");
    try (LocalRuntime local = LocalRuntime.start(new RuntimeDirectory(home), crew);
        Pool pool =
            Pool.on(
                new RuntimeBackend(local.directory(), name, workers * wanted.getSpec().slots()));
        QueueConnection queue = new QueueConnection(local.directory())) {
      local.apply(yaml, manifest.toString());
      if (!crew.awaitReady(workers, READY_MILLIS_MAX)) {
        throw new PodpoolException(
            "after a minute only "
                + crew.ready()
                + " of "
                + workers
                + " workers are ready: "
                + local.status().stream().map(PoolReport::status).toList());
      }
      bar.say(
          String.format(
              Locale.ROOT,
              "pool %s (%s): %d workers ready in %.1f s",
              name,
              manifest,
              workers,
              seconds(start)));
      bar.say(String.format(Locale.ROOT, "indexing %,d files", documents.size()));
      start = System.nanoTime();
      AsyncResult<List<PartialIndex>> result =
          pool.with(JobOptions.defaults().withChunkSize(1))
              .mapAsync(Indexer::index, tasks)
              .onProgress(
                  progress -> {
                    bar.update(progress, crew.ready());
                    if (progress.done() >= KILL_AT * tasks.size()) {
                      crew.killOne();
                    }
                  });
      result.get().forEach(index::add);
      seconds = seconds(start);
      bar.end();
      crew.awaitReplaced(READY_MILLIS_MAX);
      counts = counts(queue, name);
    } finally {
      delete(home);
    }
    System.out.println("  the same in a single process, to compare …");
    long singleStart = System.nanoTime();
    InvertedIndex single = new InvertedIndex();
    for (List<Document> task : tasks) {
      single.add(Indexer.index(task));
    }
    boolean equal = single.isSameAs(index);
    report(index, tasks.size(), crew, counts, seconds, seconds(singleStart), equal);
    return equal && crew.replaced() == 1;
  }

  private static void report(
      InvertedIndex index,
      int tasks,
      Crew crew,
      PoolStatus counts,
      double seconds,
      double singleSeconds,
      boolean equal) {
    row("files", String.format(Locale.ROOT, "%,d", index.files()));
    row(
        "words",
        String.format(Locale.ROOT, "%,d (%,d different)", index.words(), index.distinctWords()));
    row(
        "workers",
        crew.started() - crew.replaced() + " (" + crew.replaced() + " killed and replaced)");
    row("items", String.format(Locale.ROOT, "%,d", tasks));
    row(
        "redelivered",
        String.format(
            Locale.ROOT, "%d (%d charged)", counts.getRedelivered(), counts.getCharged()));
    row("wall time", String.format(Locale.ROOT, "%.1f s", seconds));
    System.out.printf(
        Locale.ROOT,
        "equal to the single-process result: %s (%.1f s)%n",
        equal ? "yes" : "NO",
        singleSeconds);
  }

  private static PoolStatus counts(QueueConnection queue, String pool)
      throws IOException, InterruptedException {
    return queue
        .read(
            ReadRequest.newBuilder().setPools(PoolsQuery.newBuilder().setPool(pool)).build(),
            READ_MAX)
        .getPools()
        .getPools(0);
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  private static void row(String name, String value) {
    System.out.printf(Locale.ROOT, "  %-12s %s%n", name, value);
  }

  private static List<List<Document>> tasks(List<Document> documents) {
    List<List<Document>> tasks = new ArrayList<>();
    for (int i = 0; i < documents.size(); i += DOCUMENTS_PER_TASK) {
      tasks.add(
          List.copyOf(documents.subList(i, Math.min(documents.size(), i + DOCUMENTS_PER_TASK))));
    }
    return tasks;
  }

  private static double seconds(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) / 1e9;
  }
}
