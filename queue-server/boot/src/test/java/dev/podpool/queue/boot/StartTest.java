package dev.podpool.queue.boot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.program.LostData;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The program as whoever starts it sees it: what it says, and what it ends with. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StartTest {

  @TempDir private Path home;
  private Path data;
  private Path key;
  private Process process;
  private Map<String, String> environment = Map.of();

  @BeforeEach
  void keys() throws IOException {
    data = home.resolve("queue");
    key = QueueProcess.key(home, QueueProcess.KEY + "\n");
  }

  @AfterEach
  void end() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  private void start(String... options) throws IOException {
    start(Stream.concat(Stream.of(data.toString(), key.toString()), Stream.of(options)).toList());
  }

  private void start(List<String> arguments) throws IOException {
    ProcessBuilder command =
        QueueProcess.command(List.of(), arguments.toArray(String[]::new)).redirectErrorStream(true);
    command.environment().putAll(environment);
    process = command.start();
  }

  /** All that a start which must fail says; it has ended with {@code exitCode}. */
  private String refused(int exitCode, String... options) throws Exception {
    start(options);
    return ended(exitCode);
  }

  private String refused(int exitCode, List<String> arguments) throws Exception {
    start(arguments);
    return ended(exitCode);
  }

  private String ended(int exitCode) throws Exception {
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isEqualTo(exitCode);
    assertThat(said).doesNotContain("\tat ").doesNotContain(QueueProcess.KEY);
    assertThat(data.resolve("endpoint")).doesNotExist();
    return said;
  }

  /** Serves, and ends in order; all that it has said. */
  private String served(String... options) throws Exception {
    start(options);
    var said = process.inputReader();
    StringBuilder all = new StringBuilder(said.readLine());
    process.getOutputStream().close();
    said.lines().forEach(line -> all.append('\n').append(line));
    assertThat(process.waitFor()).as(all.toString()).isZero();
    return all.toString();
  }

  @Test
  void aNormalStartSaysOneLineAndNothingElse() throws Exception {
    assertThat(served()).matches("the queue serves on port \\d+");
    assertThat(served()).as("again").matches("the queue serves on port \\d+");
    try (Stream<Path> files = Files.walk(data)) {
      assertThat(files.filter(file -> Files.isDirectory(file) || isLog(file)))
          .hasSizeGreaterThan(5)
          .allSatisfy(
              file ->
                  assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                      .isEqualTo(Files.isDirectory(file) ? "rwx------" : "rw-------"));
    }
  }

  private static boolean isLog(Path file) {
    return file.getFileName().toString().matches("log_(inprogress_)?\\d.*");
  }

  @Test
  void argumentsThatAreNoneAreNamed() throws Exception {
    assertThat(refused(2, "--prot", "1")).contains("Unknown option", "--prot", "Usage:");
    assertThat(refused(3, "--port", "70000")).contains("port 70000", "from 1 to 65535");
    assertThat(refused(3, "--monitor", "here")).contains("--monitor here has no port");
  }

  @Test
  void plainTextLeavesNoMachineAndAClusterNeedsNoKey() throws Exception {
    assertThat(refused(2, "--listen", "0.0.0.0:0"))
        .contains("--listen=0.0.0.0:0 is not loopback", "without --cluster nothing is encrypted");
    assertThat(refused(2, "--cluster", "q", "--listen", "0.0.0.0:0"))
        .contains("with --cluster there is no KEY-FILE");
    assertThat(refused(3, List.of(data.toString(), "--cluster", "q", "--listen", "0.0.0.0:0")))
        .contains("this is no pod (KUBERNETES_SERVICE_HOST is not set)");
    assertThat(refused(2, List.of(data.toString(), "--cluster", "q")))
        .contains("with --cluster give --listen");
    assertThat(refused(2, List.of(data.toString()))).contains("give KEY-FILE");
    assertThat(refused(2, "--replicas", "3")).contains("are for --cluster", "give --replica and");
  }

  @Test
  void aPortInUseIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      assertThat(refused(3, "--port", port))
          .contains(":" + port, "Address already in use", "choose another port");
      assertThat(refused(3, "--monitor", port))
          .contains("the monitor can't listen", ":" + port, "choose another port");
    }
    assertThat(served()).as("nothing is left in the way").startsWith("the queue serves");
  }

  @Test
  void aFixedPortIsTheOneThatIsServed() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    assertThat(served("--port", "" + port)).isEqualTo("the queue serves on port " + port);
  }

  @Test
  void aKeyThatIsNoneIsRefusedWithTheRemedy() throws Exception {
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
    assertThat(refused(3)).contains("open to others (rw-r-----): chmod 600 " + key);
    QueueProcess.key(home, "\n");
    assertThat(refused(3)).contains("has 0 characters, at least 16");
    QueueProcess.key(home, "x".repeat(5_000));
    assertThat(refused(3)).contains("has 5000 bytes, at most 4096");
    Files.delete(key);
    assertThat(refused(3)).contains("key file " + key + " is missing", "mode 600");
  }

  @Test
  void anUnwritableDirectoryIsNamed() throws Exception {
    Files.writeString(data, "a file");
    assertThat(refused(3)).contains("the queue can't start", data.toString());
  }

  @Test
  void aDirectoryOfANewerReleaseIsLeftAsItIs() throws Exception {
    served();
    Files.delete(data.resolve("endpoint"));
    Path format = data.resolve("log").resolve("format");
    Files.writeString(format, "podpool-log 2\n");
    assertThat(refused(3)).contains("has format 2", "reads up to 1", "run the release that wrote");
    assertThat(Files.readString(format)).isEqualTo("podpool-log 2\n");
  }

  @Test
  void anEmptyDirectoryIsRefusedWhereThereWasDataUntilACopyIsBack() throws Exception {
    environment = Map.of(LostData.SINCE, "2026-01-31T00:00:00Z");
    assertThat(refused(3, "--monitor", "0"))
        .contains(
            "the queue can't start: its data is lost: data directory " + data,
            "is empty, and there is data since 2026-01-31T00:00:00Z",
            "restore a copy of the directory",
            "unset PODPOOL_DATA_SINCE");

    environment = Map.of(LostData.SINCE, "");
    assertThat(served()).as("as a person wants it").startsWith("the queue serves");
    Files.delete(data.resolve("endpoint"));
    Path copy = Files.move(data, home.resolve("copy"));
    environment = Map.of(LostData.SINCE, "2026-01-31T00:00:00Z");
    assertThat(refused(3)).contains("its data is lost");
    Files.move(data, home.resolve("another"));
    Files.move(copy, data);
    assertThat(served()).startsWith("the queue serves");
  }

  @Test
  void aFlippedByteIsRefusedWithItsPlace() throws Exception {
    served("--monitor", "0");
    Files.delete(data.resolve("endpoint"));
    Path segment;
    try (Stream<Path> files = Files.walk(data.resolve("log"))) {
      segment = files.filter(StartTest::isLog).findFirst().orElseThrow();
    }
    try (RandomAccessFile bytes = new RandomAccessFile(segment.toFile(), "rw")) {
      bytes.seek(12); // in the first entry
      int was = bytes.read();
      bytes.seek(12);
      bytes.write(was ^ 4);
    }
    assertThat(refused(3)).contains(segment.toString(), "offset");
  }

  @Test
  void withAnAddressItServesUntilItIsToldToStopWhateverItsInput() throws Exception {
    start("--listen", "127.0.0.1:0");
    Matcher line =
        Pattern.compile("the queue serves on port (\\d+)")
            .matcher(process.inputReader().readLine());
    assertThat(line.matches()).isTrue();

    process.getOutputStream().close();

    try (Socket reached = new Socket("127.0.0.1", Integer.parseInt(line.group(1)))) {
      assertThat(reached.isConnected()).isTrue();
    }
    assertThat(process.isAlive()).isTrue();
    process.destroy();
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void itsMonitorSaysHowItIsAndOnlyWhereItWasAskedFor() throws Exception {
    start("--monitor", "0");
    Matcher line =
        Pattern.compile("the queue serves on port \\d+, and its monitor on port (\\d+)")
            .matcher(process.inputReader().readLine());
    assertThat(line.matches()).isTrue();
    URI monitor = URI.create("http://127.0.0.1:" + line.group(1));

    assertThat(get(monitor.resolve("/healthz")).body())
        .matches("ok: entry [1-9]\\d* is durable and applied\n");
    HttpResponse<String> metrics = get(monitor.resolve("/metrics"));
    assertThat(metrics.body())
        .contains("podpool_queue_operations_total 1.0")
        .contains("podpool_queue_commit_seconds_count 1")
        .contains("podpool_queue_entry_size_bytes_count 1")
        .contains("podpool_queue_apply_seconds_count 1")
        .contains("podpool_queue_sessions 0.0")
        .contains("podpool_feature_level 1.0")
        .contains("podpool_queue_connections 0.0");
    assertThat(get(monitor.resolve("/other")).statusCode()).isEqualTo(404);
  }

  private static HttpResponse<String> get(URI uri) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }
  }
}
