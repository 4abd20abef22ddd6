package dev.podpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.podpool.crd.ManifestException;
import dev.podpool.operator.local.LocalRuntime;
import dev.podpool.operator.local.PoolReport;
import dev.podpool.rpc.AccessDirectory;
import dev.podpool.rpc.RuntimeDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What needs no runtime. */
class OfflineTest {

  private static final String POOL =
      """
      apiVersion: podpool.dev/v1alpha1
      kind: WorkerPool
      metadata: {name: work}
      """;

  private static final String KUBECONFIG =
      """
      apiVersion: v1
      kind: Config
      current-context: away
      clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]
      users: [{name: u, user: {token: secret}}]
      contexts: [{name: away, context: {cluster: c, user: u}}]
      """;

  @TempDir private Path directory;
  private Podpools podpool = new Podpools(Path.of(""));

  @BeforeEach
  void inADirectory() {
    podpool = new Podpools(directory.resolve("runtime"));
  }

  @Test
  void withoutARuntimeCommandsSayWhereTheyLookedAndHowToStartOne() {
    assertThat(podpool.ask("jobs").failed(ExitCode.UNREACHABLE))
        .contains(podpool.runtime().toString(), "podpool local up -f pool.yaml");
    assertThat(podpool.run("local", "status").failed(ExitCode.UNREACHABLE))
        .contains("no runtime runs in " + podpool.runtime());
    assertThat(podpool.run("doctor").out())
        .isEqualTo(
            """
            - no runtime was ever started in %s
              → podpool local up -f pool.yaml
            """
                .formatted(podpool.runtime()));
  }

  @Test
  void whatIsNoCommandIsRefusedWithWhatThereIs() {
    assertThat(podpool.run().failed(ExitCode.USAGE)).contains("give a command: local, submit, map");
    assertThat(podpool.run("frob").failed(ExitCode.USAGE)).contains("'frob'");
    assertThat(podpool.run("local").failed(ExitCode.USAGE)).contains("up, status or down");
    assertThat(podpool.run("wait", "--timeout", "5", "x").failed(ExitCode.USAGE))
        .contains("'5' is no duration: give numbers with h, m, s or ms");
    assertThat(podpool.run("submit", "p", "No::such", "--priority", "x").failed(ExitCode.USAGE))
        .contains("--priority");
    assertThat(podpool.run("jobs", "--runtime", "r", "-n", "team").failed(ExitCode.USAGE))
        .contains("--runtime is a runtime of this machine");
    assertThat(podpool.run("map", "p", "java.lang.Math::sqrt", "--window", "0"))
        .satisfies(ran -> assertThat(ran.failed(ExitCode.USAGE)).contains("window 0"));
    for (String command : List.of("local", "map", "submit", "dead", "doctor")) {
      assertThat(podpool.run(command, "--help").ok()).contains("Usage: podpool " + command);
    }
    assertThat(podpool.run("--version").ok()).startsWith("podpool ");
  }

  @Test
  void examplesAreListedAndBadNumbersRefused() {
    assertThat(podpool.run("example").ok().lines())
        .hasSize(25)
        .startsWith("1  A child says hello")
        .allMatch(line -> line.matches(" ?\\d+  .{10,50}"));
    assertThat(podpool.run("example", "26").failed(ExitCode.USAGE))
        .isEqualTo("podpool: there is no example 26; give 1 to 25: podpool example lists them");
    assertThat(podpool.run("example", "9", "many").failed(ExitCode.USAGE))
        .isEqualTo("podpool: the number of people is 'many'; give 1 to 1000, or nothing for 50");
    assertThat(podpool.run("example", "1", "--runtime", "r", "-n", "team").failed(ExitCode.USAGE))
        .contains("--runtime is a runtime of this machine");
    assertThat(podpool.ask("example", "1").failed(ExitCode.UNREACHABLE))
        .contains(podpool.runtime().toString());
  }

  @Test
  void aPoolIsRefusedWhereTheExampleStartsItsOwn() {
    assertThat(podpool.run("example", "23", "--pool", "work").failed(ExitCode.USAGE))
        .startsWith("podpool: --pool work is a pool of a runtime or cluster")
        .contains("--connect, --runtime");
  }

  @Test
  void anErrorOfTheJvmIsNoFailureOfWhatWasAsked() {
    assertThat(listWith(new OutOfMemoryError("Java heap space")))
        .startsWith("podpool: out of memory (Java heap space): ask for less at once");
    assertThat(listWith(new NoClassDefFoundError("dev/podpool/cli/Gone")))
        .startsWith("podpool: a class is not there, or not as it was built")
        .contains("dev/podpool/cli/Gone");
    assertThat(listWith(new StackOverflowError("deep")))
        .startsWith("podpool: an error in Podpool; please report it:")
        .contains("deep", "at ");
  }

  /** What is said where {@code error} is thrown in the middle of a command. */
  private String listWith(Error error) {
    OutputStream broken =
        new OutputStream() {
          @Override
          public void write(int octet) {
            throw error;
          }
        };
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    Shell shell =
        new Shell(
            Map.of(),
            directory,
            InputStream.nullInputStream(),
            new PrintStream(broken, true, StandardCharsets.UTF_8),
            new PrintStream(said, true, StandardCharsets.UTF_8),
            false);
    assertThat(Main.run(shell, "example")).isEqualTo(ExitCode.BROKEN.code);
    return said.toString(StandardCharsets.UTF_8);
  }

  @Test
  void completionNamesEachCommand() {
    assertThat(podpool.run("completion", "bash").ok())
        .contains("local", "submit", "queues", "doctor");
    assertThat(podpool.run("completion", "csh").failed(ExitCode.USAGE)).contains("csh");
  }

  @Test
  void theDoctorFindsADeadRuntimeAndAnOpenKey() throws IOException {
    RuntimeDirectory runtime = new RuntimeDirectory(podpool.runtime());
    Files.createDirectories(runtime.queue());
    Files.writeString(runtime.endpoint(), "127.0.0.1 1\n");
    Files.writeString(runtime.key(), "secret");
    Files.setPosixFilePermissions(runtime.key(), PosixFilePermissions.fromString("rw-r--r--"));
    var findings = new Doctor(Map.of("PODPOOL_ENDPOINT", "127.0.0.1:9"), runtime).examine();
    assertThat(findings)
        .extracting(Finding::remedy)
        .element(0)
        .isEqualTo("chmod 600 " + runtime.key());
    assertThat(findings).extracting(Finding::problem).element(1).asString().contains(" died ");
    assertThat(findings)
        .extracting(Finding::remedy)
        .element(1)
        .isEqualTo("podpool local up -f pool.yaml");
    assertThat(findings).extracting(Finding::problem).last().asString().contains("127.0.0.1:9");
  }

  @Test
  void aClusterThatTheKubeconfigHasNotIsAMistakeOfWhoAsks() throws IOException {
    Path kubeconfig = directory.resolve("kubeconfig");
    System.setProperty("kubeconfig", kubeconfig.toString()); // as KUBECONFIG
    try {
      assertThat(podpool.run("jobs", "-n", "team").failed(ExitCode.USAGE))
          .contains("there is no kubeconfig (no " + kubeconfig);
      Files.writeString(kubeconfig, KUBECONFIG);
      assertThat(podpool.run("jobs", "--context", "nope").failed(ExitCode.USAGE))
          .contains("has no context 'nope'; it has away");
      assertThat(podpool.run("doctor", "--context", "nope").out())
          .startsWith(
              "failed  kubeconfig\n- the kubeconfig " + kubeconfig + " has no context 'nope'");
      assertThat(podpool.run("jobs", "-n", "team").failed(ExitCode.UNREACHABLE))
          .startsWith("podpool: the API server at https://127.0.0.1:1 can't be reached");
      assertThat(podpool.run("doctor", "-n", "team").out())
          .startsWith(
              """
              ok      kubeconfig: queue default of namespace team, on the cluster at https://127.0.0.1:1
              failed  API server https://127.0.0.1:1
              - the API server at https://127.0.0.1:1 can't be reached (\
              """)
          .contains("  → See that the cluster runs");
    } finally {
      System.clearProperty("kubeconfig");
    }
  }

  @Test
  void theDoctorTriesEachStepFromAPod() throws IOException {
    Path mounted = Files.createDirectory(directory.resolve("mounted"));
    var doctor = new ClusterDoctor().inPod(new AccessDirectory(mounted));
    assertThat(doctor).hasSize(1);
    assertThat(doctor.get(0).failure().remedy()).contains("mount ConfigMap QUEUE-queue-access");

    Files.writeString(mounted.resolve("endpoint"), "127.0.0.1:1");
    Files.writeString(mounted.resolve("token"), "t");
    Files.writeString(mounted.resolve("ca.crt"), "PEM");
    assertThat(new ClusterDoctor().inPod(new AccessDirectory(mounted)))
        .satisfiesExactly(
            directory -> assertThat(directory.failure()).isNull(),
            address -> assertThat(address.failure()).isNull(),
            connection ->
                assertThat(connection.failure().remedy()).contains("kubectl get queueclusters"));
  }

  @Test
  void statusIsATableAndOldOnesSaySo() {
    Instant now = Instant.parse("2026-01-01T12:00:00Z");
    PoolReport report =
        new PoolReport(
            "index",
            4,
            3,
            null,
            0L,
            0L,
            "Starting",
            true,
            "",
            now.minusSeconds(180),
            now.minusSeconds(40));
    assertThat(printed(report, true, now))
        .isEqualTo(
            """
            NAME    WORKERS   READY   UNFINISHED   DEAD   STATUS               AGE
            index   4         3       ?            0      Starting (40s ago)   3m
            """);
    assertThat(printed(report, false, now))
        .contains("index   4         0       ?            0      Not running   3m");
  }

  private static String printed(PoolReport report, boolean runs, Instant now) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Reports.print(List.of(report), runs, now, new PrintStream(out, true, StandardCharsets.UTF_8));
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void statusOfARuntimeThatDoesNotRunIsNotReadyForPrograms() {
    Instant now = Instant.now();
    PoolReport report = new PoolReport("p", 4, 4, 0L, 0L, 0L, "Joined", false, "", now, now);
    JsonNode dead = Reports.json(List.of(report), false).get(0);
    assertThat(dead.get("ready").asBoolean()).isFalse();
    assertThat(dead.get("readyWorkers").asInt()).isZero();
    assertThat(dead.get("status").asText()).isEqualTo("Not running");
    assertThat(Reports.json(List.of(report), true).get(0).get("ready").asBoolean()).isTrue();
  }

  @Test
  void upAndPurgeLeaveWhatIsNotTheRuntimesAlone() throws IOException, ManifestException {
    RuntimeDirectory runtime = new RuntimeDirectory(podpool.runtime());
    Files.createDirectories(runtime.path());
    Path thesis = Files.writeString(runtime.path().resolve("thesis.tex"), "years");
    assertThat(podpool.run("local", "up").failed(ExitCode.UNREACHABLE))
        .contains("is no runtime's directory, and not empty: give one that is empty");
    assertThat(podpool.run("local", "down", "--purge").failed(ExitCode.FAILED))
        .contains("is no runtime's directory, and stays as it is");
    assertThat(runtime.path()).isDirectoryContaining(thesis::equals);

    Files.move(thesis, directory.resolve("thesis.tex"));
    LocalRuntime.apply(runtime, POOL, "test");
    Files.move(directory.resolve("thesis.tex"), thesis);
    assertThat(podpool.run("local", "down", "--purge").ok())
        .endsWith("what else is in " + runtime.path() + " stays");
    assertThat(runtime.path()).isDirectoryContaining(thesis::equals);
    try (var left = Files.list(runtime.path())) {
      assertThat(left).containsExactly(thesis);
    }
  }

  @Test
  void emptyElementsOfAClassPathAreNotTheCurrentDirectory() {
    Code code = CommandLine.populateCommand(new Code(), "--jar", ":a.jar::b.jar:", "--jar", "");
    assertThat(code.classPath()).isEqualTo("a.jar:b.jar");
  }

  @Test
  void outputThatCannotBeWrittenIsNoSuccess() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Shell shell =
        new Shell(
            Map.of(),
            directory,
            InputStream.nullInputStream(),
            new PrintStream(full, false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    assertThat(Main.run(shell, "completion", "bash")).isEqualTo(ExitCode.FAILED.code);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("standard output could not be");
  }

  @Test
  void agesHaveOneUnit() {
    assertThat(Text.age(Duration.ofSeconds(-1))).isEqualTo("0s");
    assertThat(Text.age(Duration.ofSeconds(119))).isEqualTo("119s");
    assertThat(Text.age(Duration.ofMinutes(119))).isEqualTo("119m");
    assertThat(Text.age(Duration.ofHours(47))).isEqualTo("47h");
    assertThat(Text.age(Duration.ofDays(3))).isEqualTo("3d");
  }

  @Test
  void eachExitCodeIsInTheDocument() throws IOException {
    String document = Files.readString(Path.of("../docs/cli.md"));
    for (ExitCode exit : ExitCode.values()) {
      assertThat(document).contains("| " + exit.code + " |");
    }
  }
}
