package dev.podpool.examples.tutorial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.Podpool;
import dev.podpool.Pool;
import dev.podpool.testing.MustShow;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each example on this machine alone, with what it must show. */
@Timeout(120)
class TutorialTest {

  /** What it and its processes print, when it has ended. */
  private static List<String> run(int example, int... numbers) throws Exception {
    String[] arguments = Arrays.stream(numbers).mapToObj(String::valueOf).toArray(String[]::new);
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      Example.ALL.get(example - 1).program().main(arguments);
    } finally {
      System.setOut(before);
    }
    return printed.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private static List<String> shown(int example, int... numbers) throws Exception {
    List<String> lines = run(example, numbers);
    MustShow.check(example, lines, numbers);
    return lines;
  }

  private static long number(List<String> lines, String pattern) {
    return lines.stream()
        .map(Pattern.compile(pattern)::matcher)
        .filter(Matcher::matches)
        .mapToLong(line -> Long.parseLong(line.group(1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError(pattern + " in " + lines));
  }

  private static void isGone(long pid) {
    ProcessHandle.of(pid).ifPresent(process -> process.onExit().join()); // JUnit's time-out ends it
  }

  @Test
  void theyAreNumberedInTheirOrder() {
    assertThat(Example.ALL.stream().map(Example::number))
        .containsExactlyElementsOf(IntStream.rangeClosed(1, 25).boxed().toList());
  }

  @Test
  void processes() throws Exception {
    shown(1);
    List<String> ids = shown(2);
    assertThat(number(ids, "parent's pid: (\\d+)")).isEqualTo(ProcessHandle.current().pid());
    assertThat(number(ids, "child's pid: (\\d+)")).isNotEqualTo(ProcessHandle.current().pid());
    List<String> subclass = shown(5);
    assertThat(number(subclass, "parent: (\\d+)"))
        .isEqualTo(ProcessHandle.current().pid())
        .isNotEqualTo(number(subclass, "my process: (\\d+)"));
  }

  @Test
  void whatChildrenPrintComesBeforeTheirParentHasJoinedThem() throws Exception {
    assertThat(shown(3)).last().isEqualTo("------- finished -------");
    assertThat(shown(6)).last().isEqualTo("parent: n is 100");
    assertThat(shown(18)).last().isEqualTo("parent: {count=99}");
  }

  @Test
  void manyProcessesRunAtOnce() throws Exception {
    List<String> lines = shown(4, 4);
    assertThat(lines).last().isEqualTo("finished");
    // Each has begun before another has ended.
    List<String> ends = lines.stream().map(line -> line.replaceAll(".*:\\*{20}", "end")).toList();
    assertThat(ends.indexOf("end")).isGreaterThan(1);
  }

  @Test
  void daemonsEndWithTheirParent() throws Exception {
    isGone(number(shown(7, 2), "daemon's pid: (\\d+)"));
  }

  @Test
  void aDaemonHasNoChildren() throws Exception {
    shown(8);
  }

  @Test
  void locks() throws Exception {
    shown(9, 8, 5);
    shown(9, 1, 0);
  }

  @Test
  void semaphores() throws Exception {
    shown(10, 6, 2);
  }

  @Test
  void events() throws Exception {
    shown(11, 5);
  }

  @Test
  void queues() throws Exception {
    shown(12);
    shown(13);
    shown(14);
  }

  @Test
  void joinableQueues() throws Exception {
    List<String> lines = shown(15);
    isGone(number(lines, "Lisi's pid: (\\d+)"));
    isGone(number(lines, "ZhangSan's pid: (\\d+)"));
  }

  @Test
  void pipes() throws Exception {
    shown(16, 20);
    shown(17);
  }

  @Test
  void maps() throws Exception {
    shown(19, 6, 4);
  }

  @Test
  void poolsMap() throws Exception {
    List<String> lines = shown(20, 3, 100);
    assertThat(lines.subList(0, 100)).allMatch(line -> line.matches("\\d+"));
    assertThat(lines).last().isEqualTo("names: [hsr, ttt]");
  }

  @Test
  void poolsApply() throws Exception {
    shown(21, 3, 6);
    shown(23, 2);
  }

  @Test
  void callbacksRunInTheParent() throws Exception {
    List<String> lines = shown(24, 1);
    assertThat(number(lines, "parent's pid (\\d+)")).isEqualTo(ProcessHandle.current().pid());
    assertThat(number(lines, "in the child, pid (\\d+)"))
        .isNotEqualTo(ProcessHandle.current().pid());
  }

  @Test
  void pages() throws Exception {
    shown(25, 2);
  }

  @Test
  void aServerServesItsClients() throws Exception {
    shown(22, 2, 2);
  }

  private record Client(Socket socket, BufferedReader in, PrintWriter out)
      implements AutoCloseable {

    static Client of(int port) throws IOException {
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setSoTimeout(60_000); // no time-out of JUnit ends a read
      return new Client(
          socket,
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8)),
          new PrintWriter(socket.getOutputStream(), true, StandardCharsets.UTF_8));
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Test
  void aServerServesSeveralAtOnceUntilTheySayQOrHangUp() throws Exception {
    try (Podpool podpool = Podpool.local();
        Pool pool = podpool.pool(2);
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread.startVirtualThread(() -> TcpServer.serve(server, podpool, pool));
      try (Client first = Client.of(server.getLocalPort());
          Client second = Client.of(server.getLocalPort())) {
        assertThat(first.in().readLine()).isEqualTo("hello");
        assertThat(second.in().readLine()).isEqualTo("hello");
        first.out().println("so what");
        assertThat(first.in().readLine()).isEqualTo("hello");
        second.socket().shutdownOutput();
        assertThat(second.in().readLine()).isNull();
        try (Client third = Client.of(server.getLocalPort())) {
          assertThat(third.in().readLine()).isEqualTo("hello");
          third.out().println("q");
          assertThat(third.in().readLine()).isNull();
        }
        first.out().println("q");
        assertThat(first.in().readLine()).isNull();
      }
    }
  }

  @Test
  void badArgumentsAreTold() {
    assertThatThrownBy(() -> Apples.main("many"))
        .hasMessage("the number of people is 'many'; give 1 to 1000, or nothing for 50");
    assertThatThrownBy(() -> Apples.main("0")).hasMessageContaining("'0'; give 1 to 1000");
    assertThatThrownBy(() -> Apples.main("1001")).hasMessageContaining("'1001'; give 1 to 1000");
    assertThatThrownBy(() -> SayHello.main("3"))
        .hasMessage("'3' is nothing that this example takes; leave it out");
    assertThatThrownBy(() -> SayHello.main("--runtime"))
        .hasMessage("--runtime has no value; give one behind it");
  }
}
