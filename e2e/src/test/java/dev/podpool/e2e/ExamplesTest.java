package dev.podpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.ItemOutput;
import dev.podpool.Podpool;
import dev.podpool.crd.WorkerProcess;
import dev.podpool.testing.MustShow;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The tutorial's examples from a laptop, by {@code podpool example}, with pods for processes: each
 * shows what it must, its own lines on its terminal and its processes' in the queue. Few processes,
 * as a pod takes two seconds of a processor.
 */
@ExtendWith(Told.class)
class ExamplesTest {

  private static final int WORKERS = 2;
  private static final Printed PRINTED = new Printed();

  private static Stage stage;
  private static Thread following;

  /** What pods print, as the queue has it. */
  private static final class Printed {
    private final Map<String, StringBuilder> ofWorkers = new LinkedHashMap<>();

    synchronized void add(ItemOutput output) {
      if (!output.isError()) {
        ofWorkers
            .computeIfAbsent(output.worker(), any -> new StringBuilder())
            .append(output.text());
      }
    }

    synchronized void clear() {
      ofWorkers.clear();
    }

    synchronized List<String> workers() {
      return List.copyOf(ofWorkers.keySet());
    }

    synchronized List<String> lines() {
      return ofWorkers.values().stream().flatMap(text -> text.toString().lines()).toList();
    }
  }

  @BeforeAll
  static void start() throws Exception {
    stage = new Stage("e2e-examples");
    stage.apply(
        Files.readString(Stage.ROOT.resolve("examples/tutorial/pool.yaml"))
            .replace("workers: 5", "workers: " + WORKERS));
    stage.waitFor("Ready", "tutorial");
    Podpool podpool = stage.podpool();
    following =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    podpool.followOutput(true, PRINTED::add);
                  } catch (InterruptedException e) {
                    // The end.
                  }
                });
  }

  @AfterAll
  static void end() throws Exception {
    following.interrupt();
    following.join();
    stage.close();
  }

  private static List<String> command(int example, int... numbers) {
    List<String> command = new ArrayList<>();
    command.add(Stage.ROOT.resolve("bin/podpool").toString());
    command.add("example");
    command.addAll(List.of("--context", Stage.CONTEXT, "-n", stage.namespace));
    command.add(String.valueOf(example));
    Arrays.stream(numbers).mapToObj(String::valueOf).forEach(command::add);
    return command;
  }

  /** Runs one, and compares when all is there. */
  private static List<String> shown(int example, int... numbers) throws Exception {
    PRINTED.clear();
    Shell.Ended ended = Shell.run("", command(example, numbers));
    assertThat(ended.exitCode()).as(ended.complaint()).isZero();
    long end = System.nanoTime() + Stage.PATIENCE.toNanos() / 3;
    while (true) {
      List<String> lines = new ArrayList<>(PRINTED.lines());
      lines.addAll(ended.output().lines().toList());
      try {
        MustShow.check(example, lines, numbers);
        return lines;
      } catch (AssertionError e) {
        if (System.nanoTime() > end) {
          throw e;
        }
        Thread.sleep(100); // what pods print is on its way
      }
    }
  }

  private static void daemonsGo() throws Exception {
    Stage.await(
        "daemons are gone",
        () ->
            stage
                .client
                .resources(WorkerProcess.class)
                .inNamespace(stage.namespace)
                .list()
                .getItems()
                .stream()
                .filter(process -> process.getSpec().daemon())
                .map(process -> process.getMetadata().getName())
                .toList(),
        List::isEmpty);
  }

  @Test
  @DisplayName("examples: 1, and its pod's logs")
  void hello() throws Exception {
    shown(1);
    String pod = PRINTED.workers().get(0);
    assertThat(stage.kubectl("get", "wproc", "-o", "name")).contains("/" + pod);
    assertThat(stage.kubectl("logs", pod)).isEqualTo("child: hello, hsr");
    String logs =
        Shell.output(
            Stage.ROOT.resolve("bin/podpool").toString(),
            "logs",
            "--context",
            Stage.CONTEXT,
            "-n",
            stage.namespace,
            pod);
    assertThat(logs).startsWith(pod).endsWith(" | child: hello, hsr");
  }

  @ParameterizedTest(name = "examples: {0}")
  @ValueSource(
      strings = {
        "2",
        "3",
        "4 2",
        "5",
        "6",
        "8",
        "9 3 2",
        "10 3 2",
        "11 2",
        "12",
        "13",
        "14",
        "16 20",
        "17",
        "18",
        "19 2 2",
        "20 2 100",
        "21 2 4",
        "22 2 2",
        "23 2",
        "24 2",
        "25 2"
      })
  void example(String arguments) throws Exception {
    int[] given = Arrays.stream(arguments.split(" ")).mapToInt(Integer::parseInt).toArray();
    shown(given[0], Arrays.copyOfRange(given, 1, given.length));
  }

  @ParameterizedTest(name = "examples: {0}, whose daemons go with their parent")
  @ValueSource(strings = {"7 2", "15"})
  void daemons(String arguments) throws Exception {
    example(arguments);
    daemonsGo();
  }

  @Test
  @DisplayName("examples: 22, and real clients, several at once")
  void server() throws Exception {
    Process server =
        new ProcessBuilder(command(22, WORKERS, 0))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = server.inputReader(StandardCharsets.UTF_8)) {
      String listening = out.readLine();
      int port = Integer.parseInt(listening.substring(listening.lastIndexOf(' ') + 1));
      try (Socket first = new Socket(InetAddress.getLoopbackAddress(), port);
          Socket second = new Socket(InetAddress.getLoopbackAddress(), port)) {
        BufferedReader ofFirst = lines(first);
        BufferedReader ofSecond = lines(second);
        assertThat(ofFirst.readLine()).isEqualTo("hello");
        assertThat(ofSecond.readLine()).isEqualTo("hello"); // and the first is still there
        say(first, "q");
        assertThat(ofFirst.readLine()).isNull();
        say(second, "what a day");
        assertThat(ofSecond.readLine()).isEqualTo("hello");
        say(second, "q");
        assertThat(ofSecond.readLine()).isNull();
      }
    } finally {
      server.destroy();
    }
  }

  private static BufferedReader lines(Socket socket) throws IOException {
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  private static void say(Socket socket, String line) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
