package dev.podpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.podpool.Podpool;
import dev.podpool.SharedLock;
import dev.podpool.operator.local.LocalRuntime;
import dev.podpool.rpc.RuntimeDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands on a runtime that they start themselves, and end. */
@Timeout(120)
class CommandsTest {

  private static final String WORK =
      """
      class Work {
        static String shout(String text) { return text.toUpperCase() + "!"; }
        static int invert(int n) { return 100 / n; }
        static int add(int a, int b) { return a + b; }
        static int nap(int millis) throws Exception { Thread.sleep(millis); return millis; }
        static int exit(int code) { System.exit(code); return code; }
        static String around() {
          return System.getProperty("user.dir") + System.getenv("PODPOOL_ENDPOINT");
        }
        static void say(String text) { System.out.println("said: " + text); }
      }
      """;
  private static final String NO_JOB = "00000000-0000-0000-0000-000000000000";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir private static Path directory;
  private static Podpools podpool = new Podpools(Path.of(""));
  private static String classPath = "";

  @BeforeAll
  static void up() throws IOException {
    podpool = new Podpools(directory.resolve("runtime"));
    classPath = Podpools.compile(directory, "Work", WORK).toString();
    assertThat(podpool.run("local", "up", "-f", manifest("work", "workers: 2")).ok())
        .startsWith("pool work: 2 workers ready in ");
  }

  @AfterAll
  static void down() throws IOException {
    RuntimeDirectory runtime = new RuntimeDirectory(podpool.runtime());
    ProcessHandle process =
        ProcessHandle.of(LocalRuntime.runningIn(runtime).getAsLong()).orElseThrow();
    List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
    all.add(process);
    assertThat(all).as("runtime, queue, workers and their children").hasSizeGreaterThan(5);
    assertThat(podpool.run("local", "down", "--purge").ok()).startsWith("the runtime has ended");
    assertThat(all).noneMatch(ProcessHandle::isAlive);
    assertThat(podpool.runtime()).doesNotExist();
    assertThat(podpool.run("local", "down").ok()).startsWith("no runtime runs in ");
  }

  private static String manifest(String pool, String spec) throws IOException {
    Path file = directory.resolve(pool + ".yaml");
    Files.writeString(
        file,
        """
        apiVersion: podpool.dev/v1alpha1
        kind: WorkerPool
        metadata: {name: %s}
        spec: {%s}
        """
            .formatted(pool, spec));
    return file.toString();
  }

  private static Podpools.Ran map(String input, String function, String... more) {
    String[] arguments = podpool.asking("map work", more);
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of(function, "--class-path", classPath));
    return podpool.runOn(input, all.toArray(String[]::new));
  }

  private static String submit(String function, String... arguments) {
    List<String> all = new ArrayList<>(List.of("--class-path", classPath, "work", function));
    all.add("--");
    all.addAll(List.of(arguments));
    return podpool.ask("submit", all.toArray(String[]::new)).ok();
  }

  @Test
  void eachLineIsMappedInTheirOrder() {
    assertThat(map("a\nb \"c\"\n\n", "Work::shout").ok())
        .isEqualTo("\"A!\"\n\"B \\\"C\\\"!\"\n\"!\"");
    String numbers =
        IntStream.rangeClosed(1, 3_000).mapToObj(n -> n + "\n").collect(Collectors.joining());
    assertThat(map(numbers, "java.lang.Math::abs(int)").ok()).isEqualTo(numbers.strip());
  }

  @Test
  void aLineThatFailsIsNamedAndTheOthersGoOn() {
    Podpools.Ran ran = map("10\n0\n5\n", "Work::invert");
    assertThat(ran.failed(ExitCode.FAILED))
        .isEqualTo("podpool: line 2 failed: java.lang.ArithmeticException: / by zero");
    assertThat(map("0\n", "Work::invert").failed(ExitCode.FAILED))
        .isEqualTo("podpool: line 1 failed: java.lang.ArithmeticException: / by zero");
    assertThat(ran.out()).isEqualTo("10\n20\n");
    assertThat(map("10\n0\n5\n", "Work::invert", "-o", "json").out().lines())
        .containsExactly(
            "{\"index\":0,\"result\":10}",
            "{\"index\":1,\"error\":\"item 1 of 3 failed: java.lang.ArithmeticException: / by"
                + " zero\"}",
            "{\"index\":2,\"result\":20}");
  }

  @Test
  void aLineThatIsNoInputEndsTheMapBehindTheResultsBeforeIt() {
    Podpools.Ran ran = map("10\nten\n5\n", "Work::invert");
    assertThat(ran.failed(ExitCode.USAGE)).isEqualTo("podpool: line 2: ten is no int");
    assertThat(ran.out()).isEqualTo("10\n");
  }

  @Test
  void sharedObjectsAreListedByFamily() throws IOException {
    try (Podpool shared = Podpool.connect(podpool.runtime())) {
      SharedLock lock = shared.lock("basket");
      lock.lock();
      shared.sharedMap("basket", String.class, Integer.class).put("apples", 5);
      shared.sharedList("numbers", Integer.class).addAll(List.of(1, 2));
      shared.sharedMap(String.class, Integer.class);

      assertThat(podpool.ask("locks").ok().lines())
          .anyMatch(line -> line.matches("lock +basket +held +0 +1 +.+ \\(session \\d+\\)"));
      assertThat(podpool.ask("maps").ok().lines())
          .anyMatch(line -> line.matches("map +basket +1 +1 +1"))
          .anyMatch(line -> line.matches("list +numbers +2 +2 +1"))
          .anyMatch(line -> line.matches("map +\\([0-9a-f]{32}\\) +0 +0 +1"));
      assertThat(podpool.ask("maps numbers").ok().lines()).hasSize(2);
      assertThat(podpool.ask("maps --limit 1").err()).contains("--limit 0 for all");
      assertThat(podpool.ask("queues").ok()).startsWith("KIND   NAME   SIZE");
      JsonNode one = JSON.readTree(podpool.ask("locks basket", "-o", "json").ok()).get(0);
      assertThat(one.get("kind").asText()).isEqualTo("lock");
      assertThat(one.get("id").isNull()).isTrue();
      assertThat(one.get("holders")).hasSize(1);
      assertThat(podpool.ask("queues basket").failed(ExitCode.NOT_FOUND)).contains("'basket'");
      podpool.ask("maps --limit -1").failed(ExitCode.USAGE);
    }
  }

  @Test
  void aSubmittedJobIsWaitedForWithItsResult() throws IOException {
    String sum = submit("Work::add", "-1", "3");
    String shout = submit("Work::shout", "hello");
    assertThat(podpool.ask("jobs --limit 1").ok().lines()).hasSize(2);
    assertThat(podpool.ask("jobs --limit 1").err()).contains("--limit 0 for all");
    podpool.ask("jobs --limit -1").failed(ExitCode.USAGE);
    assertThat(podpool.ask("wait", sum, shout, "--results").ok()).isEqualTo("2\n\"HELLO!\"");
    JsonNode jobs = JSON.readTree(podpool.ask("jobs work", "-o", "json").ok());
    assertThat(jobs).anyMatch(job -> job.get("id").asText().equals(sum));
    assertThat(podpool.ask("jobs", "work").ok()).contains(sum + "   work   Work::add");
    String failing = submit("Work::invert", "0");
    assertThat(podpool.ask("wait", failing).failed(ExitCode.FAILED))
        .isEqualTo("podpool: job " + failing + ": 1 of 1 items have no result");
    assertThat(podpool.ask("wait --results", failing).failed(ExitCode.FAILED))
        .contains("/ by zero");
  }

  @Test
  void aWaitEndsInTimeAndACancelledJobEndsIt() {
    String job = submit("Work::nap", "600000");
    assertThat(podpool.ask("wait --timeout 10ms", job).failed(ExitCode.TIMED_OUT))
        .contains("0 of 1 items are done; it goes on");
    assertThat(podpool.ask("cancel", job).ok()).isEqualTo("job " + job + ": 1 item cancelled");
    assertThat(podpool.ask("cancel", job).ok()).isEqualTo("job " + job + " had ended");
    podpool.ask("wait", job).failed(ExitCode.FAILED);
  }

  @Test
  void aMapThatIsUnderWayCanBeWaitedFor() throws Exception {
    PipedOutputStream lines = new PipedOutputStream();
    PipedInputStream in = new PipedInputStream(lines);
    String[] arguments =
        podpool.asking("map work", "Work::shout", "--class-path", classPath, "--priority", "7");
    Future<Podpools.Ran> map = inBackground(() -> podpool.run(in, arguments));
    lines.write("a\n".getBytes(StandardCharsets.UTF_8));
    lines.flush();
    String job = "";
    while (job.isEmpty()) { // a poll of what has no signal; JUnit's time-out ends it
      for (JsonNode each : JSON.readTree(podpool.ask("jobs", "-o", "json").ok())) {
        if (each.get("priority").asInt() == 7 && each.get("done").asInt() == 1) {
          assertThat(each.get("complete").asBoolean()).isFalse();
          job = each.get("id").asText();
        }
      }
    }
    podpool.ask("wait --timeout 1ms", job).failed(ExitCode.TIMED_OUT);
    CountDownLatch waiting = new CountDownLatch(1);
    String[] waited = podpool.asking("wait", job);
    Future<Podpools.Ran> wait = inBackground(() -> podpool.runOnTerminal(seen(waiting), waited));
    waiting.await();
    lines.close();
    assertThat(map.get().ok()).isEqualTo("\"A!\"");
    Podpools.Ran end = wait.get(); // its end was seen, or the map was quicker to forget it
    if (end.exit() != ExitCode.OK) {
      assertThat(end.failed(ExitCode.FAILED))
          .endsWith("job " + job + " was forgotten by its submitter: how it ended is not known");
    }
  }

  private static Future<Podpools.Ran> inBackground(Callable<Podpools.Ran> command) {
    FutureTask<Podpools.Ran> task = new FutureTask<>(command);
    Thread.ofPlatform().daemon().start(task);
    return task;
  }

  /** A terminal on which something was said. */
  private static ByteArrayOutputStream seen(CountDownLatch something) {
    return new ByteArrayOutputStream() {
      @Override
      public synchronized void write(byte[] bytes, int offset, int length) {
        super.write(bytes, offset, length);
        something.countDown();
      }
    };
  }

  @Test
  void deadItemsAreListedRetriedAndDropped() throws IOException {
    List<String> killing = List.of("--class-path", classPath, "--max-attempts", "1");
    List<String> arguments = new ArrayList<>(killing);
    arguments.addAll(List.of("work", "Work::exit", "3"));
    String job = podpool.ask("submit", arguments.toArray(String[]::new)).ok();
    podpool.ask("wait", job).failed(ExitCode.FAILED);

    String list = podpool.ask("dead list", "work").ok();
    assertThat(list).contains(job + "/0   Work::exit   1          work-").endsWith("exit 3");
    assertThat(podpool.ask("doctor").out())
        .contains("- pool work has dead items: 1", "podpool dead list work");
    assertThat(podpool.ask("dead retry", job + "/0").ok()).isEqualTo("1 item to run again");
    podpool.ask("wait", job).failed(ExitCode.FAILED);
    JsonNode dead = JSON.readTree(podpool.ask("dead list", job, "-o", "json").ok());
    assertThat(dead.get(0).get("exitCode").asInt()).isEqualTo(3);
    assertThat(podpool.ask("dead drop", "work").ok()).isEqualTo("1 item dropped");
    assertThat(podpool.ask("dead list", "work").ok().lines()).hasSize(1);
    podpool.ask("dead retry", job + "/0").failed(ExitCode.NOT_FOUND);
  }

  @Test
  void whatItemsPrintIsThere() {
    String job = submit("Work::say", "hello");
    podpool.ask("wait", job).ok();
    assertThat(podpool.ask("logs", job).ok())
        .matches("work-\\d " + job.substring(0, 8) + "/0 \\| said: hello");
    assertThat(podpool.ask("logs", "work", "-o", "json").ok()).contains("said: hello");
  }

  @Test
  void whatIsPrintedOutsideOfItemsIsTheWorkers() throws IOException {
    String spec = "initializer: {function: 'java.lang.Thread::dumpStack'}";
    podpool.run("local", "up", "-f", manifest("loud", spec)).ok();
    assertThat(podpool.ask("submit loud", "java.lang.Math::sqrt", "4").ok()).isNotEmpty();
    String logs = "";
    while (!logs.contains("dumpStack")) { // a poll of what has no signal; JUnit's time-out ends it
      logs = podpool.ask("logs", "loud").ok();
    }
    assertThat(logs).startsWith("loud-0 | java.lang.Exception: Stack trace");
    JsonNode first =
        JSON.readTree(podpool.ask("logs", "loud", "-o", "json").ok().lines().findFirst().get());
    assertThat(first.get("job").isNull()).isTrue();
    assertThat(first.get("index").isNull()).isTrue();
    assertThat(podpool.ask("logs", "nowhere").failed(ExitCode.NOT_FOUND)).contains("nowhere");
  }

  @Test
  void whatAnExamplesProcessPrintsIsInTheLogsOfTheRuntime() {
    podpool.ask("example", "1").ok();
    String said = "";
    while (said.isEmpty()) { // it is on its way, and nothing says when it is there
      said =
          podpool
              .ask("logs")
              .ok()
              .lines()
              .filter(line -> line.contains("hsr"))
              .findFirst()
              .orElse("");
    }
    assertThat(said).matches("process-\\w+ \\w{8}/0 \\| child: hello, hsr");
    assertThat(podpool.ask("logs", said.substring(0, said.indexOf(' '))).ok()).isEqualTo(said);
  }

  @Test
  void examplesWithAPoolRunOnOneThatIsThere() {
    podpool.ask("example", "23", "--pool", "work").ok();
    assertThat(podpool.ask("example", "23").failed(ExitCode.NOT_FOUND))
        .contains("there is no pool 'tutorial'; there is ");
  }

  @Test
  void inputThatCannotBeReadIsNoErrorOfPodpool() {
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("Is a directory");
          }
        };
    String[] arguments = podpool.asking("map work", "java.lang.Math::sqrt");
    assertThat(podpool.run(broken, arguments).failed(ExitCode.FAILED))
        .isEqualTo("podpool: standard input can't be read: Is a directory");
  }

  @Test
  void itemsRunInTheUsersHomeAndFindThisRuntime() {
    String job = submit("Work::around");
    assertThat(podpool.ask("wait --results", job).ok())
        .isEqualTo("\"" + System.getProperty("user.home") + "null\"");
  }

  @Test
  void anotherManifestIsAppliedToTheRuntimeThatRuns() throws IOException {
    String grown =
        podpool.run("local", "up", "-f", manifest("other", "workers: 1"), "-o", "json").ok();
    assertThat(JSON.readTree(grown).get(0).get("readyWorkers").asInt()).isEqualTo(1);
    assertThat(podpool.run("local", "up", "-f", manifest("other", "workers: 0")).ok())
        .startsWith("pool other: 0 workers ready");
    assertThat(podpool.run("local", "status").ok().lines().toList().get(0))
        .matches("NAME +WORKERS +READY +UNFINISHED +DEAD +STATUS +AGE");
    assertThat(podpool.run("local", "status").ok()).containsPattern("other +0 +0 +0 +0 +Joined");
    assertThat(podpool.ask("doctor").out()).contains("- pool other has no workers");
    assertThat(podpool.run("local", "up", "--class-path", classPath).failed(ExitCode.USAGE))
        .contains("runs already, with the class path that it was started with");
    Files.writeString(directory.resolve("bad.yaml"), "kind: Pod\n");
    assertThat(
            podpool
                .run("local", "up", "-f", directory.resolve("bad.yaml").toString())
                .failed(ExitCode.USAGE))
        .contains("kind: 'Pod' is not read here");
  }

  @Test
  void whatIsNotThereIsTold() {
    for (String command : List.of("jobs", "drain", "logs", "dead list")) {
      assertThat(podpool.ask(command, "nowhere").failed(ExitCode.NOT_FOUND))
          .startsWith("podpool: there is no pool 'nowhere'; there is ");
    }
    podpool.ask("wait", NO_JOB).failed(ExitCode.NOT_FOUND);
    podpool.ask("cancel", NO_JOB).failed(ExitCode.NOT_FOUND);
    podpool.ask("logs", NO_JOB).failed(ExitCode.NOT_FOUND);
    assertThat(podpool.ask("wait", "12").failed(ExitCode.USAGE)).contains("'12' is no job's id");
    assertThat(map("", "Work::shut").failed(ExitCode.USAGE))
        .startsWith("podpool: Work has no method shut; it has add(int,int)");
    assertThat(podpool.ask("map nowhere", "java.lang.Math::sqrt").failed(ExitCode.NOT_FOUND))
        .contains("there is no pool 'nowhere'");
  }
}
