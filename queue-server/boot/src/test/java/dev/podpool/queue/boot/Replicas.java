package dev.podpool.queue.boot;

import dev.podpool.program.LostData;
import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.rpc.Endpoint;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.rpc.QueueUnreachableException;
import dev.podpool.rpc.RuntimeDirectory;
import dev.podpool.testing.Authority;
import dev.podpool.testing.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x509.GeneralName;
import org.jspecify.annotations.Nullable;

/** Three replicas of the queue, a process each; any of them is where clients look first. */
final class Replicas implements AutoCloseable, Endpoint.Source {

  static final int COUNT = 3;
  private static final int START_SECONDS_MAX = 60;
  private static final Pattern READY = Pattern.compile("ok: entry (\\d+) is ");
  private static final FileAttribute<?> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final Pattern SNAPSHOT = Pattern.compile("snapshot\\.\\d+");
  private static final Pattern LEADS = Pattern.compile("this replica leads, in term (\\d+)");

  private final Path directory;
  private final Path key;
  private final Authority authority;
  private final List<String> peers = new ArrayList<>();
  private final int[] ports = new int[COUNT];
  private final int[] monitors = new int[COUNT];
  private final Process[] processes = new Process[COUNT];
  private final @Nullable Namespaces network;
  private int running;
  private int next;

  /** All on loopback. */
  Replicas(Path directory) throws Exception {
    this(directory, null);
  }

  /**
   * Each in a namespace of {@code network}, which ends with them; clients reach them as on
   * loopback, whatever is cut.
   *
   * @param network null: all are on loopback
   */
  Replicas(Path directory, @Nullable Namespaces network) throws Exception {
    this(directory, network, COUNT);
  }

  /** The first of them alone, until they {@link #grow}; on loopback. */
  static Replicas one(Path directory) throws Exception {
    return new Replicas(directory, null, 1);
  }

  private Replicas(Path directory, @Nullable Namespaces network, int first) throws Exception {
    this.directory = directory;
    this.network = network;
    this.running = first;
    this.key = QueueProcess.key(directory, QueueProcess.KEY + "\n");
    this.authority = new Authority("replicas");
    try {
      prepare();
      startAll();
    } catch (Exception | Error e) {
      close();
      throw e;
    }
  }

  private void prepare() throws Exception {
    for (int i = 0; i < COUNT; i++) {
      ports[i] = Ports.free();
      monitors[i] = Ports.free();
      peers.add("--peer");
      peers.add("queue-%d=%s:%d,127.0.0.1:%d".formatted(i, address(i), Ports.free(), ports[i]));
      if (network != null) {
        network.forward(i, ports[i]);
      }
      Path tls = Files.createDirectories(directory.resolve("tls-" + i));
      Files.writeString(Files.createFile(tls.resolve("tls.pem"), OWNER_ONLY), identity(address(i)));
      Files.writeString(tls.resolve("ca.crt"), authority.pem());
    }
    publish(0);
  }

  /** Returns when each knows who leads. */
  private void startAll() throws Exception {
    for (int i = 0; i < running; i++) {
      start(i);
    }
    for (int i = 0; i < running; i++) {
      awaitServing(i);
    }
    for (int i = 0; i < running; i++) {
      awaitMember(i);
    }
  }

  /** Where the first was alone: it begins anew as one of three, and the others join it. */
  void grow() throws Exception {
    end(0);
    running = COUNT;
    startAll();
  }

  private String address(int i) {
    return network == null ? "127.0.0.1" : network.address(i);
  }

  private void awaitServing(int i) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS_MAX);
    while (!Files.readString(log(i)).contains("the queue serves")) {
      if (!processes[i].isAlive() || System.nanoTime() - end > 0) {
        throw new IOException(said());
      }
      Thread.sleep(20);
    }
  }

  private Path log(int i) {
    return directory.resolve("queue-" + i + ".log");
  }

  private String identity(String address) throws Exception {
    KeyPair pair = Authority.pair();
    X509Certificate certificate =
        authority.sign(
            pair.getPublic(),
            new GeneralName[] {new GeneralName(GeneralName.iPAddress, address)},
            Duration.ofHours(1));
    return pem("PRIVATE KEY", pair.getPrivate().getEncoded())
        + pem("CERTIFICATE", certificate.getEncoded());
  }

  private static String pem(String what, byte[] encoded) {
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
        .formatted(what, Base64.getMimeEncoder().encodeToString(encoded));
  }

  void start(int i) throws IOException {
    start(i, Map.of());
  }

  private void start(int i, Map<String, String> environment) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                directory.resolve("queue-" + i).toString(),
                key.toString(),
                "--port",
                "" + ports[i],
                "--monitor",
                "" + monitors[i],
                "--replica",
                "queue-" + i,
                "--replica-tls",
                directory.resolve("tls-" + i).toString()));
    arguments.addAll(peers.subList(0, 2 * running));
    ProcessBuilder command =
        QueueProcess.command(List.of(), arguments.toArray(String[]::new))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log(i).toFile()));
    command.environment().putAll(environment);
    if (network != null) {
      command.command().addAll(0, network.command(i));
    }
    processes[i] = command.start();
  }

  /** Has {@code i} lose its directory, and with it its vote, and start again. */
  void loseDisk(int i) throws Exception {
    kill(i);
    Files.move(
        directory.resolve("queue-" + i),
        Files.createTempDirectory(directory, "lost-").resolve("queue"));
    start(i);
  }

  /** Has each lose its directory and start again as one that had data; how each ends. */
  List<Integer> loseAll() throws Exception {
    for (int i = 0; i < COUNT; i++) {
      kill(i);
      Files.move(directory.resolve("queue-" + i), directory.resolve("lost-" + i));
    }
    for (int i = 0; i < COUNT; i++) {
      start(i, Map.of(LostData.SINCE, "yesterday"));
    }
    List<Integer> exitCodes = new ArrayList<>();
    for (Process each : processes) {
      exitCodes.add(each.waitFor());
    }
    return exitCodes;
  }

  void kill(int i) throws InterruptedException {
    processes[i].destroyForcibly().waitFor();
  }

  /** Has {@code i} end as it does when it is told to. */
  void end(int i) throws IOException, InterruptedException {
    processes[i].getOutputStream().close(); // its life line
    processes[i].waitFor();
  }

  void signal(int i, String name) throws IOException, InterruptedException {
    QueueProcess.signal(processes[i].toHandle(), name);
  }

  boolean has(ProcessHandle process) {
    return Arrays.stream(processes).anyMatch(each -> each.pid() == process.pid());
  }

  /** Waits until one of them leads. */
  int leader() throws Exception {
    while (true) {
      for (int i = 0; i < COUNT; i++) {
        if (said(i).isEmpty()) {
          return i;
        }
      }
      Thread.sleep(50);
    }
  }

  /** Waits until {@code i} knows that another leads. */
  void awaitFollowing(int i) throws Exception {
    while (!said(i).contains("follows;")) {
      Thread.sleep(50);
    }
  }

  /**
   * Waits until {@code i} leads, or knows who does.
   *
   * @throws IOException if it has ended by itself
   */
  void awaitMember(int i) throws Exception {
    String said = said(i);
    while (!said.isEmpty() && !said.contains("follows;")) {
      if (!processes[i].isAlive()) {
        throw new IOException(
            "queue-" + i + " has ended: " + processes[i].exitValue() + "\n" + said());
      }
      Thread.sleep(50);
      said = said(i);
    }
  }

  /** Waits until {@code i}, on loopback, is ready; the entry that it has applied then. */
  long awaitReady(int i) throws Exception {
    HttpRequest question =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + monitors[i] + "/healthz")).build();
    try (HttpClient asks = HttpClient.newHttpClient()) {
      while (true) {
        try {
          var answer = asks.send(question, HttpResponse.BodyHandlers.ofString());
          if (answer.statusCode() == HttpURLConnection.HTTP_OK) {
            Matcher entry = READY.matcher(answer.body());
            if (!entry.find()) {
              throw new IOException(answer.body());
            }
            return Long.parseLong(entry.group(1));
          }
        } catch (ConnectException e) {
          // It is starting.
        }
        Thread.sleep(50);
      }
    }
  }

  /** Why {@code i} does not answer a question; empty where it does. */
  private String said(int i) throws Exception {
    Endpoint.Source only = () -> new Endpoint("127.0.0.1", ports[i], QueueProcess.KEY);
    try (QueueConnection asked = new QueueConnection(only)) {
      asked.read(
          ReadRequest.newBuilder().setPools(PoolsQuery.getDefaultInstance()).build(),
          Duration.ofSeconds(5));
      return "";
    } catch (QueueUnreachableException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Kills one after the other, each when the one before has been started again. */
  void killAndStartNext() throws Exception {
    int killed = next;
    next = (next + 1) % COUNT;
    publish(next);
    kill(killed);
    start(killed);
  }

  /** Where clients of this directory look first: any, as with the name of a cluster's service. */
  void publishAny() throws IOException {
    publish(ThreadLocalRandom.current().nextInt(COUNT));
  }

  /** Where clients of this directory look first: {@code i}, and not whoever is killed. */
  private void publish(int i) throws IOException {
    Path queue = Files.createDirectories(new RuntimeDirectory(directory).queue());
    Path written = queue.resolve("endpoint.new");
    Files.writeString(written, "127.0.0.1 " + ports[i] + "\n");
    Files.move(
        written,
        new RuntimeDirectory(directory).endpoint(),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /** In which terms each has led, as it has said. */
  List<List<Long>> terms() throws IOException {
    List<List<Long>> terms = new ArrayList<>();
    for (int i = 0; i < COUNT; i++) {
      terms.add(
          LEADS
              .matcher(Files.readString(log(i)))
              .results()
              .map(led -> Long.valueOf(led.group(1)))
              .toList());
    }
    return terms;
  }

  /** Of the last snapshot of the first. */
  long snapshotBytes() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("queue-0"))) {
      return files
          .filter(file -> SNAPSHOT.matcher(file.getFileName().toString()).matches())
          .mapToLong(file -> file.toFile().length()) // 0 where it is gone by now
          .max()
          .orElse(0);
    } catch (UncheckedIOException e) {
      return 0; // one went meanwhile
    }
  }

  /** What they have said, for whoever looks why something failed. */
  String said() throws IOException {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < running; i++) {
      all.append("---- queue-%d%n".formatted(i)).append(Files.readString(log(i)));
    }
    return all.toString();
  }

  @Override
  public Endpoint locate() {
    int any = ThreadLocalRandom.current().nextInt(running);
    return new Endpoint("127.0.0.1", ports[any], QueueProcess.KEY);
  }

  @Override
  public void close() throws InterruptedException {
    for (int i = 0; i < COUNT; i++) {
      if (processes[i] != null) {
        kill(i);
      }
    }
    if (network != null) {
      network.close();
    }
  }
}
