package dev.podpool.queue.boot;

import dev.podpool.program.ListenAddress;
import dev.podpool.program.LogLines;
import dev.podpool.program.LostData;
import dev.podpool.queue.front.Authenticator;
import dev.podpool.queue.front.SharedKey;
import dev.podpool.queue.kubernetes.ClusterAccess;
import dev.podpool.queue.kubernetes.PodAccount;
import dev.podpool.queue.raft.DataLostException;
import dev.podpool.queue.raft.DirectoryInUseException;
import dev.podpool.queue.raft.LogException;
import dev.podpool.queue.raft.Peer;
import dev.podpool.queue.raft.PeerNetwork;
import dev.podpool.rpc.HostPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The queue service: on loopback, for whoever on this machine has its key, until its standard input
 * ends, so that it never outlives who started it; or, with {@code --cluster}, in a pod, for whoever
 * the cluster knows and gives a right.
 *
 * <p>Writes the file {@code endpoint} into its directory when it serves, as {@code address port}.
 * Exit codes: 2 for arguments that are none, 3 where it can't start as things are, 4 where another
 * process has the directory (the message says what to do), 70 where it could not go on.
 */
@Command(
    name = "podpool-queue",
    description = "Keeps a queue in a directory, and serves it.",
    sortOptions = false)
public final class QueueMain implements Callable<Integer> {

  private static final long DISK_RESERVE_BYTES = 256L << 20;

  /** Exit code where the directory cannot be used, and will not be without somebody's help. */
  public static final int EXIT_UNUSABLE = 3;

  /** Exit code where another process has the directory. */
  public static final int EXIT_IN_USE = 4;

  /** What its message begins with where it ends with one of these. */
  public static final String CANNOT_START = "the queue can't start: ";

  private static final int EXIT_BROKEN = 70;

  @Parameters(index = "0", paramLabel = "DIRECTORY", description = "Holds all that it keeps.")
  private Path directory = Path.of("");

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "KEY-FILE",
      description = "Holds the key, on one machine; mode 600. Not with --cluster.")
  private @Nullable Path key;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "To listen on. Defaults to 0: any that is free.")
  private int port;

  @Option(
      names = "--listen",
      paramLabel = "ADDRESS:PORT",
      description =
          "Serves there, and until SIGTERM. An address that is not loopback needs --cluster.")
  private @Nullable String listen;

  @Option(
      names = "--cluster",
      paramLabel = "NAME",
      description =
          "Serves the QueueCluster of that name, in its pod: with TLS, and a certificate that it"
              + " asks the cluster for; and whoever has a token and the right, as the cluster says.")
  private @Nullable String cluster;

  @Option(
      names = "--replicas",
      paramLabel = "NUMBER",
      description =
          "With --cluster: how many pods keep the queue; this is the one that POD_NAME names."
              + " Defaults to 1.")
  private int replicas = 1;

  @Option(
      names = "--replica-ca",
      paramLabel = "FILE",
      description =
          "With several --replicas: holds, in PEM, whose certificates are taken for theirs. May"
              + " change while it runs.")
  private @Nullable Path replicaCa;

  @ArgGroup(exclusive = false)
  private @Nullable ReplicaOptions replica;

  /** All of them, or none. */
  static final class ReplicaOptions {

    @Option(
        names = "--replica",
        required = true,
        paramLabel = "NAME",
        description = "Is this one of several replicas; with --peer for each, itself included.")
    String name = "";

    @Option(
        names = "--peer",
        required = true,
        paramLabel = "NAME=ADDRESS:PORT,ADDRESS:PORT",
        description = "A replica: where it listens for the others, and where for clients.")
    Map<String, String> peers = new LinkedHashMap<>();

    @Option(
        names = "--replica-tls",
        required = true,
        paramLabel = "DIRECTORY",
        description =
            "Holds what replicas know each other by: tls.pem, a key and its certificates, and ca.crt,"
                + " whose certificates are taken. Both may change while it runs.")
    Path tls = Path.of("");
  }

  @Option(
      names = "--monitor",
      paramLabel = "[ADDRESS:]PORT",
      description =
          "Answers /healthz, /livez and /metrics there, without a key. The address defaults to loopback."
              + " Off by default.")
  private @Nullable String monitor;

  @Spec private @Nullable CommandSpec spec;

  private QueueMain() {}

  /** See {@code --help}. */
  public static void main(String[] arguments) {
    LogLines.install(
        Map.of(
            "dev.podpool",
            Level.INFO,
            "org.apache.ratis",
            Level.WARNING,
            // It warns of each second in which a busy machine did not run this process.
            "org.apache.ratis.util.JvmPauseMonitor",
            Level.SEVERE,
            // It warns of what any caller can bring about.
            "io.grpc",
            Level.SEVERE));
    System.exit(new CommandLine(new QueueMain()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    QueueServer server;
    try {
      server = start();
    } catch (LogException | IOException | UncheckedIOException | IllegalArgumentException e) {
      sayUnusable(e);
      return e instanceof DirectoryInUseException ? EXIT_IN_USE : EXIT_UNUSABLE;
    }
    if (listen == null) {
      publish(InetAddress.getLoopbackAddress().getHostAddress() + " " + server.port());
    }
    String monitored = monitor == null ? "" : ", and its monitor on port " + server.monitorPort();
    System.err.println("the queue serves on port " + server.port() + monitored);
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "podpool-queue-close"));
    if (listen == null) {
      while (System.in.read() >= 0) {
        // whoever started it is there
      }
    } else {
      new CountDownLatch(1).await(); // the hook ends it
    }
    return 0;
  }

  private QueueServer start() throws IOException {
    InetSocketAddress address =
        listen == null
            ? ListenAddress.of(InetAddress.getLoopbackAddress(), port)
            : ListenAddress.parse("--listen", listen);
    InetSocketAddress watched = monitor == null ? null : ListenAddress.parse("--monitor", monitor);
    check(address);
    Path keyFile = key;
    String secret = keyFile == null ? "" : KeyFile.read(keyFile);
    PodAccount account = cluster == null ? null : PodAccount.of(System.getenv());
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (IOException e) {
      throw new IOException(
          "directory %s can't be made (%s): make it yourself, or choose another"
              .formatted(directory, e),
          e);
    }
    if (cluster == null || account == null) {
      return new QueueServer(
          settings(address, new SharedKey(secret, "local"), null, replicasByHand(), watched));
    }
    ClusterAccess access = new ClusterAccess(cluster, account, directory);
    QueueServer.Tls tls = new QueueServer.Tls(access.identity(), access::lacking);
    QueueServer.Replicas pods =
        ReplicaPods.of(
            cluster,
            access.namespace(),
            access.podName(),
            address.getPort(),
            replicas,
            replicaCa,
            access.identity());
    QueueServer server =
        new QueueServer(settings(address, access.authenticator(), tls, pods, watched));
    access.start(); // not before the directory is this process's
    return server;
  }

  private QueueServer.Settings settings(
      InetSocketAddress address,
      Authenticator authenticator,
      QueueServer.@Nullable Tls tls,
      QueueServer.@Nullable Replicas all,
      @Nullable InetSocketAddress watched) {
    String since = System.getenv(LostData.SINCE);
    return new QueueServer.Settings(
        directory,
        since == null || since.isBlank() ? null : since,
        address,
        authenticator,
        tls,
        all,
        watched,
        DISK_RESERVE_BYTES,
        this::halt);
  }

  private QueueServer.@Nullable Replicas replicasByHand() throws IOException {
    ReplicaOptions given = replica;
    if (given == null) {
      return null;
    }
    List<Peer> all = new ArrayList<>();
    Map<String, String> addresses = new LinkedHashMap<>();
    InetSocketAddress own = null;
    for (Map.Entry<String, String> each : given.peers.entrySet()) {
      String[] both = each.getValue().split(",", -1);
      if (both.length != 2 || HostPort.parse(both[0]) == null || HostPort.parse(both[1]) == null) {
        throw usage(
            "--peer %s=%s is no NAME=ADDRESS:PORT,ADDRESS:PORT"
                .formatted(each.getKey(), each.getValue()));
      }
      all.add(new Peer(each.getKey(), both[0]));
      addresses.put(each.getKey(), both[1]);
      if (each.getKey().equals(given.name)) {
        own = ListenAddress.parse("--peer", both[0]);
      }
    }
    if (own == null) {
      throw usage(
          "--replica %s has no --peer: give one for each replica, itself included"
              .formatted(given.name));
    }
    ReplicaTls shown = new ReplicaTls(given.tls);
    return new QueueServer.Replicas(
        given.name, all, addresses, new PeerNetwork(own, shown.identity(), shown.trust()));
  }

  /** What opens the queue, and where it listens, must fit each other. */
  private void check(InetSocketAddress address) {
    if (cluster == null && key == null) {
      throw usage("give KEY-FILE, which holds the key; or --cluster, in a queue's pod");
    }
    if (cluster == null && !address.getAddress().isLoopbackAddress()) {
      throw usage(
          "--listen="
              + listen
              + " is not loopback, and without --cluster nothing is encrypted: listen on loopback,"
              + " or give --cluster, in a queue's pod");
    }
    if (cluster != null && key != null) {
      throw usage("with --cluster there is no KEY-FILE: tokens of the cluster open the queue");
    }
    if (cluster == null && (replicas != 1 || replicaCa != null)) {
      throw usage(
          "--replicas and --replica-ca are for --cluster: by hand give --replica and --peer");
    }
    if (cluster != null && replica != null) {
      throw usage("with --cluster give --replicas, and neither --replica nor --peer");
    }
    if (cluster != null && listen == null) {
      throw usage("with --cluster give --listen, such as --listen=0.0.0.0:7420");
    }
  }

  private CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(Objects.requireNonNull(spec).commandLine(), message);
  }

  private void sayUnusable(Throwable why) {
    String words = String.valueOf(why.getMessage());
    if (why instanceof DataLostException) {
      String accept =
          cluster == null
              ? "unset " + LostData.SINCE
              : "delete ConfigMap %s-queue-data".formatted(cluster);
      words =
          "%s: %s; or, to begin anew without jobs, results and shared objects, %s"
              .formatted(LostData.WORDS, words, accept);
    }
    LogLines.say(System.err, CANNOT_START + words);
  }

  /** An outage beats divergence: whoever started it starts another, which begins from the disk. */
  private void halt(Throwable cause) {
    if (cause instanceof DataLostException) { // as one of several has found with the others
      sayUnusable(cause);
      Runtime.getRuntime().halt(EXIT_UNUSABLE);
    }
    LogLines.say(System.err, "the queue can't go on, and halts: " + cause);
    Runtime.getRuntime().halt(EXIT_BROKEN);
  }

  private void publish(String endpoint) throws IOException {
    Path written = directory.resolve("endpoint.new");
    Files.writeString(written, endpoint + "\n");
    Files.move(written, directory.resolve("endpoint"), StandardCopyOption.ATOMIC_MOVE);
  }
}
