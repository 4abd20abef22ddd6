package dev.podpool.examples.index;

import static dev.podpool.examples.index.ProgressBar.count;

import dev.podpool.AsyncResult;
import dev.podpool.ConnectOptions;
import dev.podpool.JobOptions;
import dev.podpool.Podpool;
import dev.podpool.PodpoolException;
import dev.podpool.Pool;
import dev.podpool.PoolInfo;
import dev.podpool.crd.ManifestException;
import dev.podpool.crd.Manifests;
import dev.podpool.crd.WorkerPool;
import dev.podpool.operator.local.LocalRuntime;
import dev.podpool.operator.local.PoolReport;
import dev.podpool.rpc.RuntimeDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

/**
 * Indexes many files on the pool of a manifest, kills one of its workers and then its queue in the
 * middle, and compares the result with that of a single process. Exit code 0 only if they are
 * equal.
 */
public final class IndexDemo {

  private static final int DOCUMENTS_PER_ITEM = 8;
  private static final double KILL_WORKER_AT = 0.3;
  private static final double KILL_QUEUE_AT = 0.6;
  private static final long READY_MILLIS_MAX = 60_000;

  private IndexDemo() {}

  /** Arguments: the manifest, and the repository whose texts are indexed too. */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 2) {
      throw usage("give a manifest and a directory: examples/index/pool.yaml .");
    }
    Path manifest = Path.of(arguments[0]);
    String yaml;
    WorkerPool pool;
    try {
      yaml = Files.readString(manifest);
      pool = Manifests.read(yaml, manifest.toString());
    } catch (ManifestException e) {
      throw usage(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw usage("the manifest can't be read: " + e);
    }
    if (pool.getSpec().workers() == 0) {
      throw usage(manifest + ": workers is 0, and the demo wants to see work; give 1 or more");
    }
    if (!Files.isDirectory(Path.of(arguments[1]))) {
      throw usage(arguments[1] + " is no directory; give one whose texts to index");
    }
    try {
      System.exit(run(manifest, yaml, pool, Path.of(arguments[1])) ? 0 : 1);
    } catch (PodpoolException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  /** Ends the program with {@code problem}; nothing was started yet. */
  private static IllegalArgumentException usage(String problem) {
    System.err.println(problem);
    System.exit(2);
    return new IllegalArgumentException(problem);
  }

  private static boolean run(Path manifest, String yaml, WorkerPool wanted, Path repository)
      throws IOException, ManifestException, InterruptedException, ExecutionException {
    List<Document> documents =
        Collection.find(Path.of(System.getProperty("java.home")), repository);
    List<List<Document>> items = items(documents);
    ProgressBar bar = new ProgressBar();
    Crew crew = new Crew(bar);
    InvertedIndex index = new InvertedIndex();
    boolean replaced;
    PoolInfo counts;
    double seconds;
    String name = wanted.getMetadata().getName();
    Path home = Files.createTempDirectory("podpool-demo");
    long start = System.nanoTime();
    try (LocalRuntime runtime = LocalRuntime.start(new RuntimeDirectory(home), crew)) {
      runtime.apply(yaml, manifest.toString());
      awaitReady(crew, wanted.getSpec().workers(), runtime);
      bar.say(
          String.format(
              Locale.ROOT,
              "pool %s (%s): %s ready in %.1f s",
              name,
              manifest,
              count(crew.ready(), "worker"),
              seconds(start)));
      // The workers run on this program's class path.
      try (Podpool podpool = Podpool.connect(home, ConnectOptions.defaults().withCodeInWorkers());
          Pool pool = podpool.pool(name)) {
        bar.say("indexing " + count(documents.size(), "file"));
        bar.start();
        start = System.nanoTime();
        AsyncResult<List<PartialIndex>> result =
            pool.with(JobOptions.defaults().withChunkSize(1))
                .mapAsync(Indexer::index, items)
                .onProgress(
                    progress -> {
                      bar.update(progress, crew.ready());
                      double done = (double) progress.done() / items.size();
                      if (done >= KILL_WORKER_AT) {
                        crew.kill(Crew.Victim.WORKER);
                      }
                      if (done >= KILL_QUEUE_AT) {
                        crew.kill(Crew.Victim.QUEUE);
                      }
                    });
        result.get().forEach(index::add);
        seconds = seconds(start);
        bar.end();
        replaced = crew.awaitReplaced(READY_MILLIS_MAX);
        counts =
            podpool.pools().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
      }
    } finally {
      delete(home);
    }
    System.out.println("  the same in a single process, to compare ...");
    long singleStart = System.nanoTime();
    InvertedIndex single = new InvertedIndex();
    for (List<Document> item : items) {
      single.add(Indexer.index(item));
    }
    boolean equal = single.isSameAs(index);
    row("files", String.format(Locale.ROOT, "%,d", index.files()));
    row(
        "words",
        String.format(
            Locale.ROOT, "%,d, %,d of them different", index.words(), index.distinctWords()));
    row("workers", wanted.getSpec().workers() + ", " + crew.fates());
    row("items", String.format(Locale.ROOT, "%,d of %d files", items.size(), DOCUMENTS_PER_ITEM));
    row(
        "redelivered",
        count(counts.redelivered(), "item")
            + " of the killed worker, handed out again; "
            + counts.charged()
            + " charged with its death");
    row("wall time", String.format(Locale.ROOT, "%.1f s", seconds));
    System.out.printf(
        Locale.ROOT,
        "equal to the single-process result: %s (%.1f s)%n",
        equal ? "yes" : "NO",
        seconds(singleStart));
    return equal && replaced;
  }

  private static void awaitReady(Crew crew, int workers, LocalRuntime runtime)
      throws InterruptedException {
    if (!crew.awaitReady(workers, READY_MILLIS_MAX)) {
      throw new PodpoolException(
          "after a minute only "
              + crew.ready()
              + " of "
              + count(workers, "worker")
              + " are ready: "
              + String.join(", ", runtime.status().stream().map(PoolReport::status).toList()));
    }
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

  private static List<List<Document>> items(List<Document> documents) {
    List<List<Document>> items = new ArrayList<>();
    for (int i = 0; i < documents.size(); i += DOCUMENTS_PER_ITEM) {
      items.add(
          List.copyOf(documents.subList(i, Math.min(documents.size(), i + DOCUMENTS_PER_ITEM))));
    }
    return items;
  }

  private static double seconds(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) / 1e9;
  }
}
