package dev.podpool.operator.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.AsyncResult;
import dev.podpool.JobOptions;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import dev.podpool.protocol.OutputQuery;
import dev.podpool.protocol.TaskOutput;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.rpc.RuntimeDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a runtime and its processes survive, and what they refuse. */
@Timeout(180)
class RuntimeFaultsTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration TERM = Duration.ofSeconds(10);

  /** Of a session, for which a long item runs; more with {@code -Dterms=}. */
  private static final int TERMS = Integer.getInteger("terms", 2);

  private static final JobOptions ONE_BY_ONE = JobOptions.defaults().withChunkSize(1);

  @TempDir private Path directory;

  // ---- functions

  static int slowSquare(int n) throws InterruptedException {
    Thread.sleep(2); // the work
    return n * n;
  }

  /** Says that it has begun, and ends when it may. */
  static long waitFor(String begun, String end) throws IOException, InterruptedException {
    Files.writeString(
        Path.of(begun),
        ProcessHandle.current().pid() + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    while (!Files.exists(Path.of(end))) {
      Thread.sleep(5);
    }
    return ProcessHandle.current().pid();
  }

  static int print(String text) {
    System.out.print(text);
    return text.length();
  }

  /** Past System.out, which keeps 64 KiB of an item. */
  static int printMuch(int mebibytes) throws IOException, InterruptedException {
    return new ProcessBuilder("head", "-c", Integer.toString(mebibytes << 20), "/dev/zero")
        .inheritIO()
        .start()
        .waitFor();
  }

  private static List<String> awaitLines(Path file, int lines)
      throws IOException, InterruptedException {
    while (!Files.exists(file) || Files.readAllLines(file).size() < lines) {
      Thread.sleep(5); // a poll of what has no signal
    }
    return Files.readAllLines(file);
  }

  // ---- a runtime in a process of its own

  private Process startMain(Path home) throws IOException {
    return Jvm.command(List.of(), directory, Jvm.classPath(""), RuntimeMain.class, home.toString())
        .redirectErrorStream(true)
        .start();
  }

  private static Process awaitUp(Process main) throws IOException {
    BufferedReader said = main.inputReader();
    for (String line = said.readLine(); line != null; line = said.readLine()) {
      if (line.endsWith(" is up")) {
        Thread.ofPlatform().daemon().start(() -> said.lines().forEach(more -> {}));
        return main;
      }
    }
    throw new IOException("the runtime did not start");
  }

  private static void awaitReady(RuntimeDirectory home) throws IOException, InterruptedException {
    while (LocalRuntime.status(home).stream().noneMatch(PoolReport::isReady)) {
      Thread.sleep(5); // a poll of what has no signal
    }
  }

  @Test
  void aKilledRuntimeLeavesNoProcessAndTheNextHasItsJobs() throws Exception {
    RuntimeDirectory home = new RuntimeDirectory(directory.resolve("home"));
    LocalRuntime.apply(home, TestRuntime.manifest("workers: 2"), "test");
    Process first = awaitUp(startMain(home.path()));
    List<Integer> inputs = IntStream.range(0, 2_000).boxed().toList();
    awaitReady(home);
    try (Podpool podpool = TestRuntime.client(home);
        Pool pool = podpool.pool(TestRuntime.POOL)) {
      AsyncResult<List<Integer>> result =
          pool.with(ONE_BY_ONE.withMaxAttempts(100))
              .mapAsync(RuntimeFaultsTest::slowSquare, inputs);
      new Crew().awaitProgress(result, 200);
      List<ProcessHandle> all = first.descendants().toList();
      assertThat(all).as("queue, workers, children").hasSizeGreaterThanOrEqualTo(5);

      first.destroyForcibly().waitFor();

      all.forEach(process -> assertThat(process.onExit()).succeedsWithin(SOON));
      Process second = awaitUp(startMain(home.path()));
      assertThat(LocalRuntime.runningIn(home)).hasValue(second.pid());
      assertThat(result.get()).isEqualTo(inputs.stream().map(n -> n * n).toList());
      all = second.descendants().toList();
      second.toHandle().destroy(); // SIGTERM
      assertThat(second.waitFor()).isZero();
      all.forEach(process -> assertThat(process.onExit()).succeedsWithin(SOON));
    }
    assertThat(LocalRuntime.runningIn(home)).isEmpty();
    assertThat(home.path().resolve("tmp")).doesNotExist();
  }

  @Test
  void aSecondRuntimeIsRefusedAndNamesTheFirst() throws Exception {
    Path home = directory.resolve("home");
    try (TestRuntime first = new TestRuntime(home)) {
      assertThatThrownBy(() -> new TestRuntime(home))
          .isInstanceOf(RuntimeUnusableException.class)
          .hasMessageContaining("process " + ProcessHandle.current().pid());
      Process other = startMain(home);
      String said = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(other.waitFor()).isEqualTo(3);
      assertThat(said)
          .contains("runs in " + home)
          .contains("process " + ProcessHandle.current().pid());
      assertThat(LocalRuntime.runningIn(first.runtime.directory()))
          .hasValue(ProcessHandle.current().pid());
    }
    new TestRuntime(home).close();
  }

  @Test
  void aQueueOfANewerReleaseIsRefusedWithItsReason() throws Exception {
    new TestRuntime(directory).close();
    Files.writeString(directory.resolve("queue/log/format"), "podpool-log 99\n");

    assertThatThrownBy(() -> new TestRuntime(directory))
        .isInstanceOf(RuntimeUnusableException.class)
        .hasMessageContaining("has format 99");

    assertThat(LocalRuntime.runningIn(new RuntimeDirectory(directory))).isEmpty();
  }

  @Test
  void aFlippedByteInTheQueuesLogIsRefusedWithItsPlace() throws Exception {
    try (TestRuntime before = new TestRuntime(directory)) {
      before.applyAndAwaitReady("workers: 0");
      // More entries behind the one that is flipped.
      before.applyAndAwaitReady("workers: 0, maxAttempts: 4");
      before.applyAndAwaitReady("workers: 0, maxAttempts: 5");
      before.counts();
    }
    Path segment = segment();
    byte[] bytes = Files.readAllBytes(segment);
    bytes[60] ^= 0x10;
    Files.write(segment, bytes);

    Process main = startMain(directory);
    String said = new String(main.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(main.waitFor()).isEqualTo(3);
    assertThat(said).contains("the runtime can't run").contains(segment.getFileName().toString());
    assertThat(LocalRuntime.runningIn(new RuntimeDirectory(directory))).isEmpty();
  }

  private Path segment() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("queue/log/raft"))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("log_"))
          .sorted()
          .findFirst()
          .orElseThrow();
    }
  }

  // ---- workers

  @Test
  void aStoppedWorkersItemGoesToAnotherAndItsLateReportIsRefused() throws Exception {
    String begun = directory.resolve("begun").toString();
    String end = directory.resolve("end").toString();
    try (TestRuntime local = new TestRuntime(directory.resolve("home"))) {
      local.applyAndAwaitReady("workers: 1");
      try (Pool pool = local.pool()) {
        AsyncResult<Long> result = pool.applyAsync(RuntimeFaultsTest::waitFor, begun, end);
        awaitLines(Path.of(begun), 1);
        ProcessHandle first = local.crew.worker("test-0");
        Crew.signal("STOP", first);

        local.apply("workers: 2");
        List<String> pids = awaitLines(Path.of(begun), 2); // handed out again, after its term
        Files.createFile(Path.of(end)); // both end: the first one's child is not stopped

        assertThat(result.get()).isEqualTo(Long.parseLong(pids.get(1)));
        Crew.signal("CONT", first);
        local.crew.awaitEnded(1); // its session is over, and another takes its place
        local.crew.awaitReady(2);
        assertThat(local.counts().getSucceeded()).isEqualTo(1);
      }
    }
  }

  @Test
  void anItemThatOutlastsTermsOfItsSessionRunsOnce() throws Exception {
    String begun = directory.resolve("begun").toString();
    String end = directory.resolve("end").toString();
    try (TestRuntime local = new TestRuntime(directory.resolve("home"))) {
      local.applyAndAwaitReady("workers: 2");
      try (Pool pool = local.pool()) {
        AsyncResult<Long> result = pool.applyAsync(RuntimeFaultsTest::waitFor, begun, end);
        awaitLines(Path.of(begun), 1);
        assertThat(result.await(TERM.multipliedBy(TERMS))).isFalse();
        Files.createFile(Path.of(end));

        result.get();

        assertThat(Files.readAllLines(Path.of(begun))).hasSize(1);
        assertThat(local.counts().getRedelivered()).isZero();
      }
    }
  }

  // ---- output

  @Test
  void whatItemsPrintReachesWhoeverFollows() throws Exception {
    try (TestRuntime local = new TestRuntime(directory)) {
      local.applyAndAwaitReady("workers: 1");
      try (Pool pool = local.pool();
          QueueConnection reader = new QueueConnection(local.runtime.directory())) {
        BlockingQueue<TaskOutput> told = new LinkedBlockingQueue<>();
        Thread follower = follow(reader, told);

        pool.apply(RuntimeFaultsTest::print, "hello");

        TaskOutput output = told.poll(60, TimeUnit.SECONDS);
        assertThat(output.getText()).isEqualTo("hello");
        assertThat(output.getWorker()).isEqualTo("test-0");
        follower.interrupt();
        follower.join();
      }
    }
  }

  private static Thread follow(QueueConnection reader, BlockingQueue<TaskOutput> told) {
    OutputQuery query = OutputQuery.newBuilder().setPool(TestRuntime.POOL).build();
    return Thread.ofPlatform()
        .start(
            () -> {
              try {
                reader.follow(query, told::add);
              } catch (IOException | InterruptedException e) {
                // How this is ended.
              }
            });
  }

  @Test
  void aHundredMebibytesOfOutputCostNoWorkerAndNoQueueTheirMemory() throws Exception {
    try (TestRuntime local = new TestRuntime(directory)) {
      local.applyAndAwaitReady("workers: 1, template: {resources: {limits: {memory: 128Mi}}}");
      try (Pool pool = local.pool()) {

        assertThat(pool.apply(RuntimeFaultsTest::printMuch, 100)).isZero();
        assertThat(pool.apply(RuntimeFaultsTest::print, "still there")).isEqualTo(11);

        assertThat(local.crew.started()).isEqualTo(1);
        assertThat(bytes(directory.resolve("logs"))).isLessThan(4 << 20);
      }
    }
  }

  private static long bytes(Path of) throws IOException {
    try (Stream<Path> files = Files.walk(of)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
