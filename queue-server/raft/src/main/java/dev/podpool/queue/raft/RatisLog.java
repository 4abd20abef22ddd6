package dev.podpool.queue.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.podpool.protocol.Entry;
import dev.podpool.queue.loop.Log;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
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
  private static final long PURGE_MILLIS_MAX = 60_000;

  private final RatisSettings settings;
  private final RaftPeerId peer;
  private final Health health;
  private final ClientId client = ClientId.randomId();
  private final AtomicLong calls = new AtomicLong();
  private final AtomicBoolean started = new AtomicBoolean();
  private final Deque<AutoCloseable> opened = new ArrayDeque<>(); // guarded by itself; newest first
  private volatile @Nullable Machine machine;
  private volatile @Nullable RaftServer server;
  private volatile @Nullable RaftClientAsynchronousProtocol division;

  public RatisLog(RatisSettings settings) {
    this.settings = settings;
    this.peer = RaftPeerId.valueOf(settings.peer());
    this.health = new Health(settings.onFailure());
  }

  /**
   * Returns when {@code replica} leads: all that is in the log was applied to it. It is called by
   * other threads, also before this returns: hold no lock that it needs.
   *
   * @throws LogException if the directory is in use, damaged, of a newer release or cannot be
   *     written, or if it took longer than {@link RatisSettings#startTimeout}. The log is closed
   *     then
   */
  @Override
  public void start(Replica replica) {
    if (started.getAndSet(true)) {
      throw new IllegalStateException("the log was started before");
    }
    Thread opener =
        Thread.ofPlatform().daemon().name("podpool-log-start").start(() -> open(replica));
    try {
      health.ready().get(settings.startTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      close();
      throw unopened(e.getCause());
    } catch (TimeoutException e) {
      e.setStackTrace(opener.getStackTrace()); // where it hangs
      end(Duration.ZERO);
      throw new LogException(
          "the log in %s was not ready within %s: look for a slow or hanging disk, or raise startTimeout"
              .formatted(settings.directory(), settings.startTimeout()),
          e);
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new LogException("interrupted while the log was starting", e);
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
      SnapshotFiles.Written newest = files.newest();
      LogCheck.run(
          directory.segments(),
          newest == null ? -1 : newest.index(),
          RatisProperties.loggedBytesMax(settings));
      Snapshots snapshots = new Snapshots(files, settings.snapshotLogBytes(), health, this::purge);
      Machine driven =
          new Machine(replica, health, files, snapshots, new DirectoryGuard(directory.segments()));
      machine = driven;
      RaftServer built =
          keep(
              RaftServer.newBuilder()
                  .setServerId(peer)
                  .setGroup(RaftGroup.valueOf(GROUP, peers()))
                  .setStateMachine(driven)
                  .setOption(RaftStorage.StartupOption.RECOVER)
                  .setProperties(RatisProperties.of(settings, directory.raft()))
                  .build());
      server = built;
      // Its own thread for each request is what asking the server would cost.
      division = (RaftClientAsynchronousProtocol) built.getDivision(GROUP);
      built.start();
    } catch (IOException | RuntimeException | Error e) {
      health.fail(e);
    }
  }

  private List<RaftPeer> peers() {
    return settings.peers().stream()
        .map(name -> RaftPeer.newBuilder().setId(name).build())
        .toList();
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
        RaftClientRequest.newBuilder()
            .setClientId(client)
            .setServerId(peer)
            .setGroupId(GROUP)
            .setCallId(calls.incrementAndGet())
            .setMessage(message)
            .setType(RaftClientRequest.writeRequestType())
            .build();
    try {
      var _ = target.submitClientRequestAsync(request).whenComplete(this::appended);
    } catch (IOException | RuntimeException e) {
      health.fail(e);
    }
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
                    client, peer, GROUP, calls.incrementAndGet(), PURGE_MILLIS_MAX, 1))
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
