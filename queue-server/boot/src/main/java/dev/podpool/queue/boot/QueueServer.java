package dev.podpool.queue.boot;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.podpool.program.Monitor;
import dev.podpool.queue.QueueMachine;
import dev.podpool.queue.blobs.BlobFiles;
import dev.podpool.queue.front.Authenticator;
import dev.podpool.queue.front.QueueFront;
import dev.podpool.queue.loop.LoopMetrics;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.queue.raft.Peer;
import dev.podpool.queue.raft.PeerNetwork;
import dev.podpool.queue.raft.RatisLog;
import dev.podpool.queue.raft.RatisSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** One replica of the queue, durable in a directory, serving on an address. */
public final class QueueServer implements AutoCloseable {

  private static final int CONNECTIONS_MAX = 25_000;
  private static final int OTHER_FILES = 500;

  /** A log of gigabytes is read before it serves. As long as the operator lets a pod start. */
  public static final Duration START_TIME_MAX = Duration.ofMinutes(10);

  private final QueueLoop queue;
  private final QueueFront front;
  private final @Nullable Monitor monitor;

  /**
   * What a server is made from.
   *
   * @param directory holds all that it keeps; made where it is missing
   * @param dataSince since when there is data, for people: an empty directory is refused then,
   *     unless another replica has it. Null: it may be new
   * @param address to listen on; port 0 for any that is free
   * @param authenticator tells who calls
   * @param tls how it is known to be itself; null for plain text, which belongs on loopback only
   * @param replicas which of several this is, or may become; null: it stays the only one
   * @param monitor to answer on, without a key, whether all is well and how much there is to do;
   *     null for not at all
   * @param diskReserveBytes with less space than this free, nothing new is taken
   * @param onFailure told once when it can't go on: end the process, and start another
   */
  public record Settings(
      Path directory,
      @Nullable String dataSince,
      InetSocketAddress address,
      Authenticator authenticator,
      @Nullable Tls tls,
      @Nullable Replicas replicas,
      @Nullable InetSocketAddress monitor,
      long diskReserveBytes,
      Consumer<Throwable> onFailure) {}

  /**
   * The replicas.
   *
   * @param self the name of this one
   * @param all where they reach each other
   * @param addresses where clients reach each, {@code host:port}, by name
   * @param network between them; null while this is the only one
   */
  public record Replicas(
      String self, List<Peer> all, Map<String, String> addresses, @Nullable PeerNetwork network) {

    RatisSettings of(RatisSettings alone) {
      PeerNetwork between = network;
      return between == null
          ? alone.withAddress(all.getFirst().address())
          : alone.withPeers(self, all, between);
    }
  }

  /**
   * What a server shows to who connects.
   *
   * @param identity its key and certificate, asked anew for each connection
   * @param lacking why there is none that is good, for people; it gives null while there is one
   */
  public record Tls(X509ExtendedKeyManager identity, Supplier<@Nullable String> lacking) {}

  /**
   * Starts: all that was acknowledged before is there when this returns. One of several replicas
   * serves when it leads.
   *
   * @throws dev.podpool.queue.raft.LogException if the directory is in use, damaged, of a newer
   *     release or can't be written, or is empty though there is data
   * @throws IOException if the address can't be listened on
   */
  public QueueServer(Settings settings) throws IOException {
    RatisSettings alone =
        RatisSettings.of(settings.directory().resolve("log"), settings.onFailure())
            .withDataSince(settings.dataSince())
            .withStartTimeout(START_TIME_MAX);
    Replicas replicas = settings.replicas();
    RatisLog log = new RatisLog(replicas == null ? alone : replicas.of(alone));
    Map<String, String> addresses =
        replicas == null || replicas.network() == null ? Map.of() : replicas.addresses();
    // Touches no blob before the log has taken the directory for this process alone.
    BlobFiles blobs = new BlobFiles(settings.directory().resolve("blobs"));
    InetSocketAddress watched = settings.monitor();
    Metrics metrics = watched == null ? null : new Metrics();
    queue =
        QueueLoop.on(
            log, blobs, metrics == null ? LoopMetrics.NONE : metrics, settings.onFailure());
    Tls tls = settings.tls();
    boolean started = false;
    QueueFront served = null;
    try {
      queue.start();
      front =
          new QueueFront(
              settings.address(),
              queue,
              new QueueFront.Parts(
                  settings.authenticator(),
                  new DiskRoom(settings.directory(), settings.diskReserveBytes()),
                  blobs::open,
                  connectionsMax(),
                  tls == null ? null : tls.identity(),
                  addresses));
      served = front;
      Supplier<@Nullable String> lacking = tls == null ? () -> null : tls.lacking();
      monitor =
          watched == null || metrics == null
              ? null
              : monitor(
                  watched,
                  lacking,
                  addresses.isEmpty() ? null : new CatchUp(log, queue),
                  queue,
                  front,
                  metrics);
      started = true;
    } finally {
      if (!started) {
        if (served != null) {
          served.close();
        }
        queue.close();
      }
    }
  }

  /**
   * {@code /livez} appends an entry and waits until it is applied, so it fails where the disk
   * hangs; a replica that follows looks only whether its loop moves. {@code /healthz} does the
   * same, and fails where nobody can connect, or this replica is still behind, too, which a restart
   * would not mend; {@code /metrics} reads the state between two entries.
   *
   * @param catchUp null for the only replica
   */
  private static Monitor monitor(
      InetSocketAddress address,
      Supplier<@Nullable String> lacking,
      @Nullable CatchUp catchUp,
      QueueLoop queue,
      QueueFront front,
      Metrics metrics)
      throws IOException {
    SortedMap<String, Monitor.Question> questions = new TreeMap<>();
    Monitor.Question lives =
        () -> catchUp == null || queue.leads() ? durable(queue) : following(queue);
    questions.put("/livez", lives);
    questions.put(
        "/healthz",
        () -> {
          String why = lacking.get();
          if (why == null && catchUp != null) {
            why = catchUp.lacking();
          }
          return why == null
              ? lives.ask()
              : CompletableFuture.failedFuture(new IllegalStateException(why));
        });
    questions.put(
        "/metrics",
        () ->
            queue
                .look(Metrics.State::of)
                .thenApply(state -> metrics.text(state, front.connections())));
    return new Monitor(address, questions, "see to the disk, then restart the queue");
  }

  private static CompletableFuture<String> durable(QueueLoop queue) {
    return queue.probe().thenApply(index -> "ok: entry " + index + " is durable and applied\n");
  }

  private static CompletableFuture<String> following(QueueLoop queue) {
    return queue
        .look(QueueMachine::index)
        .thenApply(
            index -> {
              String leader = queue.leader();
              return "ok: entry %d is applied; %s\n"
                  .formatted(
                      index,
                      leader == null ? "it waits for others, or for a leader" : leader + " leads");
            });
  }

  /** As many as this process may have files open, but for those of the log and the like. */
  private static int connectionsMax() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
        ? Math.clamp(system.getMaxFileDescriptorCount() - OTHER_FILES, 1, CONNECTIONS_MAX)
        : CONNECTIONS_MAX;
  }

  /** The port that it listens on. */
  public int port() {
    return front.port();
  }

  /** The port that its monitor listens on; 0 where there is none. */
  public int monitorPort() {
    return monitor == null ? 0 : monitor.port();
  }

  @Override
  public void close() {
    if (monitor != null) {
      monitor.close();
    }
    queue.handOver(); // while those who call can be told where to
    front.close();
    queue.close();
  }
}
