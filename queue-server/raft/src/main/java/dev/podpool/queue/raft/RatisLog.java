package dev.podpool.queue.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.podpool.protocol.Entry;
import dev.podpool.queue.loop.Log;
import dev.podpool.queue.loop.NotLeadingException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.proto.RaftProtos.CommitInfoProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * A log that keeps its word: an entry is applied after fdatasync, and whatever was applied is
 * applied again by the next process on the same directory, from the newest snapshot on.
 *
 * <p>Damage is refused at start, with its place, unless it is an entry that was being written. From
 * the first failure on nothing is applied, and {@link RatisSettings#onFailure} is called: a log
 * never mends itself in the process that saw it fail.
 */
public final class RatisLog implements Log {

  private static final System.Logger LOG = System.getLogger(RatisLog.class.getName());

  private static final RaftGroupId GROUP =
      RaftGroupId.valueOf(UUID.nameUUIDFromBytes("podpool".getBytes(UTF_8)));
  private static final Duration CLOSE_MAX = Duration.ofSeconds(10);
  private static final Duration HAND_OVER_MAX = Duration.ofSeconds(3);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final Duration RAISE_PACE = Duration.ofSeconds(1);
  // Releases may be mixed for days.
  private static final Duration RAISE_PACE_MAX = Duration.ofSeconds(30);
  private static final long PURGE_MILLIS_MAX = 60_000;

  private final RatisSettings settings;
  private final Health health;
  private final ClientId client = ClientId.randomId();
  private final AtomicLong calls = new AtomicLong();
  private final AtomicBoolean started = new AtomicBoolean();
  private final Deque<AutoCloseable> opened = new ArrayDeque<>(); // guarded by itself; newest first
  private volatile @Nullable Machine machine;
  private volatile @Nullable Votes votes;
  private volatile @Nullable RaftServer server;
  private volatile @Nullable RaftPeerId peer; // the name in the log; set with division
  private volatile @Nullable RaftClientAsynchronousProtocol division;

  public RatisLog(RatisSettings settings) {
    this.settings = settings;
    this.health = new Health(settings.onFailure());
  }

  /**
   * Returns when {@code replica} leads: all that is in the log was applied to it. One of several
   * begins to look for the others, and leads at some time or never. It is called by other threads,
   * also before this returns: hold no lock that it needs.
   *
   * @throws LogException if the directory is in use, damaged, of a newer release or cannot be
   *     written, or is empty though there is data, or if it took longer than {@link
   *     RatisSettings#startTimeout}. The log is closed then
   */
  @Override
  public void start(Replica replica) {
    if (started.getAndSet(true)) {
      throw new IllegalStateException("the log was started before");
    }
    long deadline = System.nanoTime() + settings.startTimeout().toNanos();
    Thread opener =
        Thread.ofPlatform().daemon().name("podpool-log-start").start(() -> open(replica));
    try {
      awaitReady(deadline);
    } catch (ExecutionException e) {
      end(Duration.ofNanos(Math.clamp(deadline - System.nanoTime(), 0, CLOSE_MAX.toNanos())));
      throw unopened(e.getCause());
    } catch (TimeoutException e) {
      e.setStackTrace(opener.getStackTrace()); // where it hangs
      end(Duration.ZERO);
      throw new LogException(
          "the log in %s was not ready within %s: look for a slow, failing or hanging disk, and for what Ratis has logged, or raise startTimeout"
              .formatted(settings.directory(), settings.startTimeout()),
          e);
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new LogException("interrupted while the log was starting", e);
    }
  }

  private void awaitReady(long deadline)
      throws ExecutionException, TimeoutException, InterruptedException {
    while (true) {
      long left = deadline - System.nanoTime();
      try {
        health.ready().get(Math.min(left, LOOK_NANOS), TimeUnit.NANOSECONDS);
        return;
      } catch (TimeoutException e) {
        if (left <= LOOK_NANOS) {
          throw e;
        }
        failIfNotElected();
      }
    }
  }

  private void failIfNotElected() {
    Votes kept = votes;
    if (kept == null) {
      return; // still being checked
    }
    try {
      kept.requireWritten();
    } catch (IOException | LogException e) {
      health.fail(e);
    }
  }

  private LogException unopened(@Nullable Throwable cause) {
    for (Throwable c = cause; c != null; c = c.getCause()) {
      if (c instanceof LogException known) {
        return known;
      }
    }
    return new LogException(
        "the log in %s cannot be opened (%s): make sure that the disk is well and has room, then start again"
            .formatted(settings.directory(), cause),
        cause == null ? new IllegalStateException() : cause);
  }

  private void open(Replica replica) {
    try {
      DataDirectory directory = keep(DataDirectory.take(settings.directory(), GROUP.getUuid()));
      SnapshotFiles files = new SnapshotFiles(directory.snapshots());
      LogCheck.Tail tail = check(directory, files);
      directory.requireRoom();
      Votes kept = new Votes(directory.segments());
      kept.mend(tail.term(), settings.isAlone());
      if (directory.isToGoOnAlone()) {
        goOnAlone(directory, tail, kept);
      } else if (settings.isAlone()) {
        kept.requireNoOthers(directory.replica() != null);
      }
      votes = kept;
      Snapshots snapshots = new Snapshots(files, settings.snapshotLogBytes(), health, this::purge);
      PeerNetwork network = settings.network();
      Peer own = new Peer(name(directory), settings.self().address());
      boolean isEmpty = !LogCheck.hasRun(directory.segments());
      DataLostException lost = ifNobodyHasIt();
      if (network == null) {
        if (isEmpty && lost != null) {
          throw lost;
        }
        var _ = serve(replica, directory, files, snapshots, null, own, List.of(own));
        return;
      }
      PeerServices services =
          new PeerServices(network, settings.others(), own.name(), replica, files, snapshots);
      RaftServer.Division served;
      try (Discovery discovery =
          new Discovery(network, settings.others(), lost, health::isClosed)) {
        if (isEmpty) {
          health.ready().complete(null); // with whom it begins is found with the others, some day
          directory.found(discovery.founders(own, services, replica.levelMax()));
        }
        served = serve(replica, directory, files, snapshots, services, own, directory.founders());
        health.ready().complete(null); // and who leads, too
        // One that was to join, and ended before it had, goes on with that.
        discovery.join(own, served);
      }
      raise(replica, services, served.getInfo());
    } catch (IOException | RuntimeException | Error e) {
      health.fail(e);
    }
  }

  /** Asks the others, while this replica leads, until the queue has the level of this release. */
  private void raise(Replica replica, PeerServices services, DivisionInfo own) {
    Duration pace = RAISE_PACE;
    try {
      while (replica.level() < replica.levelMax() && !health.isClosed() && !health.hasFailed()) {
        if (own.isLeaderReady()) {
          replica.raise(services.levelOfAll());
          pace = pace.compareTo(RAISE_PACE_MAX) < 0 ? pace.multipliedBy(2) : pace;
        }
        Thread.sleep(pace);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private LogCheck.Tail check(DataDirectory directory, SnapshotFiles files) throws IOException {
    try {
      return LogCheck.run(
          directory.segments(), files.newest(), RatisProperties.loggedBytesMax(settings));
    } catch (LogException e) {
      if (settings.isAlone()) {
        throw e;
      }
      throw new LogException(
          e.getMessage()
              + ". This is one of several replicas: an older copy under its name would break its word. Keep a copy of what is there, and empty the directory: it joins the others again",
          e);
    }
  }

  /** A log that is founded in place of one that was lost would hide that; null: there was none. */
  private @Nullable DataLostException ifNobodyHasIt() {
    String since = settings.dataSince();
    return since == null
        ? null
        : new DataLostException(
            "data directory %s is empty%s, and there is data since %s. Bring its disk back, or restore a copy of the directory (docs/operations.md), and start again"
                .formatted(
                    settings.directory(),
                    settings.isAlone() ? "" : ", as those of the other replicas are",
                    since));
  }

  private void goOnAlone(DataDirectory directory, LogCheck.Tail tail, Votes kept)
      throws IOException {
    if (!LogCheck.hasRun(directory.segments())) {
      throw new LogException(
          "%s says that this replica is to go on alone, and there is no log: remove it here, and make it where what is left is"
              .formatted(directory.goOnAlone()));
    }
    Recovery.goOnAlone(
        directory.segments(),
        tail,
        kept.term(),
        new Peer(name(directory), settings.self().address()));
    Disk.delete(directory.goOnAlone());
  }

  /**
   * The name under which this replica promises: another with each disk, as whoever was at its
   * address before may have promised otherwise.
   */
  private String name(DataDirectory directory) throws IOException {
    String known = directory.replica();
    if (known != null) {
      return known;
    }
    if (settings.isAlone() || LogCheck.hasRun(directory.segments())) {
      return RatisSettings.ONLY;
    }
    String drawn =
        settings.peer() + "." + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    directory.name(drawn);
    return drawn;
  }

  /**
   * @param founders with whom the log begins, where it does: what the log itself says counts for
   *     more
   */
  private RaftServer.Division serve(
      Replica replica,
      DataDirectory directory,
      SnapshotFiles files,
      Snapshots snapshots,
      @Nullable PeerServices services,
      Peer self,
      List<Peer> founders)
      throws IOException {
    Machine driven =
        new Machine(
            replica, services, health, files, snapshots, new DirectoryGuard(directory.segments()));
    machine = driven;
    RaftPeerId name = RaftPeerId.valueOf(self.name());
    RaftServer built =
        keep(
            RaftServer.newBuilder()
                .setServerId(name)
                .setGroup(RaftGroup.valueOf(GROUP, founders.stream().map(Membership::of).toList()))
                .setStateMachine(driven)
                .setOption(RaftStorage.StartupOption.RECOVER)
                .setProperties(RatisProperties.of(settings, directory.raft()))
                .setParameters(services == null ? new Parameters() : services.parameters())
                .build());
    RaftServer.Division own = built.getDivision(GROUP);
    peer = name;
    server = built;
    // Its own thread for each request is what asking the server would cost.
    division = (RaftClientAsynchronousProtocol) own;
    if (services != null) {
      services.serve(
          new Membership(
              built,
              own,
              directory.segments(),
              change ->
                  new SetConfigurationRequest(
                      client, name, GROUP, calls.incrementAndGet(), change)));
    }
    built.start();
    return own;
  }

  /**
   * {@inheritDoc}
   *
   * @throws LogException if {@code entry} is above {@link RatisSettings#entryBytesMax}; it is not
   *     appended, and the log goes on
   */
  @Override
  public void append(Entry entry) {
    RaftClientAsynchronousProtocol target = division;
    if (target == null) {
      throw new IllegalStateException("the log is not started");
    }
    EntryMessage message = EntryMessage.of(entry);
    if (message.content().size() > settings.entryBytesMax()) {
      throw new LogException(
          "an entry of %d bytes is above entryBytesMax, %d: refuse it before the log"
              .formatted(message.content().size(), settings.entryBytesMax()));
    }
    RaftClientRequest request =
        request(RaftClientRequest.writeRequestType()).setMessage(message).build();
    try {
      var _ = target.submitClientRequestAsync(request).whenComplete(this::appended);
    } catch (IOException | RuntimeException e) {
      health.fail(e);
    }
  }

  private RaftClientRequest.Builder request(RaftClientRequest.Type type) {
    return RaftClientRequest.newBuilder()
        .setClientId(client)
        .setServerId(Objects.requireNonNull(peer))
        .setGroupId(GROUP)
        .setCallId(calls.incrementAndGet())
        .setType(type);
  }

  @Override
  public CompletableFuture<@Nullable Void> catchUp() {
    RaftClientAsynchronousProtocol target = division;
    if (settings.isAlone()) {
      return CAUGHT_UP;
    }
    if (target == null) {
      return CompletableFuture.failedFuture(new NotLeadingException(null));
    }
    RaftClientRequest question =
        request(RaftClientRequest.readRequestType()).setMessage(Message.EMPTY).build();
    try {
      return target
          .submitClientRequestAsync(question)
          .handle(
              (reply, thrown) -> {
                if (thrown != null || !reply.isSuccess()) {
                  throw new NotLeadingException(leader());
                }
                return null;
              });
    } catch (IOException e) {
      return CompletableFuture.failedFuture(new NotLeadingException(leader()));
    }
  }

  @Override
  public @Nullable String leader() {
    RaftServer known = server;
    try {
      return known == null ? null : leader(known.getDivision(GROUP));
    } catch (IOException e) {
      return null; // it is shut down
    }
  }

  /**
   * The name of the leader's place; null while this replica is not one of those that count, or is
   * elected and does not serve yet.
   */
  private @Nullable String leader(RaftServer.Division known) {
    boolean isIn =
        known.getInfo().getLifeCycleState() == LifeCycle.State.RUNNING
            && Membership.hasEntries(known)
            && (!known.getInfo().isLeader() || known.getInfo().isLeaderReady());
    RaftPeerId leader = isIn ? known.getInfo().getLeaderId() : null;
    RaftPeer found = leader == null ? null : known.getRaftConf().getPeer(leader);
    return found == null
        ? null
        : settings.peers().stream()
            .filter(each -> each.address().equals(found.getAddress()))
            .map(Peer::name)
            .findFirst()
            .orElse(found.getId().toString());
  }

  @Override
  public void handOver() {
    RaftServer known = server;
    RaftPeerId own = peer;
    if (settings.isAlone() || known == null || own == null) {
      return;
    }
    RaftServer.Division leading;
    try {
      leading = known.getDivision(GROUP);
    } catch (IOException e) {
      return; // it is shut down
    }
    if (!leading.getInfo().isLeader()) {
      return;
    }
    RaftPeerId next = nextLeader(leading, own);
    if (next != null && transfer(known, own, next)) {
      LOG.log(System.Logger.Level.INFO, "{0} leads from now on", next);
    } else if (transfer(known, own, null)) { // else it would lead on, and take nothing
      LOG.log(System.Logger.Level.INFO, "the others elect a leader from now on");
    }
  }

  /**
   * @param next null: whoever the others elect
   */
  private boolean transfer(RaftServer known, RaftPeerId own, @Nullable RaftPeerId next) {
    try {
      RaftClientReply reply =
          known.transferLeadership(
              new TransferLeadershipRequest(
                  client, own, GROUP, calls.incrementAndGet(), next, HAND_OVER_MAX.toMillis()));
      if (reply.isSuccess()) {
        return true;
      }
      LOG.log(System.Logger.Level.INFO, "the lead stays here: {0}", reply.getException());
    } catch (IOException e) {
      LOG.log(System.Logger.Level.INFO, "the lead stays here: {0}", e);
    }
    return false;
  }

  /** The one of the others that has most of the log. */
  private static @Nullable RaftPeerId nextLeader(RaftServer.Division leading, RaftPeerId own) {
    return leading.getCommitInfos().stream()
        .filter(info -> !RaftPeerId.valueOf(info.getServer().getId()).equals(own))
        .max(Comparator.comparingLong(CommitInfoProto::getCommitIndex))
        .map(info -> RaftPeerId.valueOf(info.getServer().getId()))
        .orElse(null);
  }

  private void appended(@Nullable RaftClientReply reply, @Nullable Throwable thrown) {
    Throwable cause = thrown != null || reply == null ? thrown : reply.getException();
    if (cause == null && reply != null && reply.isSuccess()) {
      return;
    }
    if (cause instanceof NotLeaderException
        || cause instanceof LeaderSteppingDownException
        || cause instanceof LeaderNotReadyException) {
      return; // the replica is told to follow, or was
    }
    health.fail(cause == null ? new IllegalStateException("not appended: " + reply) : cause);
  }

  /** Has Ratis ask the machine which snapshot is durable, and drop the log up to it. */
  private void purge() {
    RaftServer target = server;
    if (target == null) {
      return; // still starting; the next snapshot purges
    }
    var _ =
        target
            .snapshotManagementAsync(
                SnapshotManagementRequest.newCreate(
                    client,
                    Objects.requireNonNull(peer),
                    GROUP,
                    calls.incrementAndGet(),
                    PURGE_MILLIS_MAX,
                    1))
            .whenComplete(
                (reply, e) -> {
                  if (e != null || reply.getException() != null) {
                    LOG.log(
                        System.Logger.Level.WARNING,
                        "the log is dropped with the next snapshot, not this",
                        e != null ? e : reply.getException());
                  }
                });
  }

  /**
   * {@inheritDoc} Waits for the method of the replica that is being called, unless that calls this,
   * and ten seconds at most for the disk.
   */
  @Override
  public void close() {
    end(CLOSE_MAX);
  }

  private void end(Duration patience) {
    health.close();
    Machine driven = machine;
    boolean fromReplica = driven != null && driven.isDrivenByMe();
    Thread closer =
        Thread.ofPlatform()
            .daemon()
            .name("podpool-log-close")
            .start(
                () -> {
                  if (driven != null) {
                    driven.stop();
                  }
                  closeOpened();
                });
    try {
      // Ratis waits for the replica's method, so that method can't wait for Ratis.
      if (!fromReplica && !patience.isZero() && !closer.join(patience)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "{0} is not closed after {1}: it stays in use until this process ends",
            settings.directory(),
            patience);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Keeps {@code opened} for {@link #close}, or closes it, if that came first. */
  private <T extends AutoCloseable> T keep(T resource) {
    synchronized (opened) {
      opened.push(resource);
    }
    if (health.isClosed()) {
      closeOpened();
      throw new LogException("the log was closed while it was starting");
    }
    return resource;
  }

  private void closeOpened() {
    while (true) {
      AutoCloseable next;
      synchronized (opened) {
        next = opened.poll();
      }
      if (next == null) {
        return;
      }
      try {
        next.close();
      } catch (Exception e) {
        LOG.log(System.Logger.Level.WARNING, "closing " + next + " failed", e);
      }
    }
  }
}
