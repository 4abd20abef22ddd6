package dev.podpool.queue.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.ReplicaReport;
import dev.podpool.protocol.Snapshot;
import dev.podpool.queue.loop.Log.Replica;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * The replica as Ratis sees it. Ratis calls from several threads; the replica is called under
 * {@link #driving}, by one at a time.
 *
 * <p>An entry is certain when a majority has it on the disk, and where there is one replica, that
 * is this one. Ratis finds that out in two more threads; the one that has synced the entry applies
 * it at once ({@link #synced}), and Ratis' own turn then finds it done. Of several replicas, Ratis'
 * turn is the only one.
 *
 * <p>Invariants: once {@link Health} has failed or is closed, the replica is told of no entry. It
 * is ahead of what Ratis has applied by one entry at most.
 */
final class Machine extends BaseStateMachine {

  private static final System.Logger LOG = System.getLogger(Machine.class.getName());

  private static final CompletableFuture<Message> DONE =
      CompletableFuture.completedFuture(Message.EMPTY);

  /** The other replicas. */
  interface Others {
    /** What each says of itself; null for each that does not answer. Waits some seconds at most. */
    List<@Nullable ReplicaReport> reports();

    /**
     * Fetches what the log of the leader holds no more: has a snapshot among the snapshots,
     * durably, with all that it refers to.
     *
     * @param leader the address of who has it; empty where that is not known
     * @param first the entry that comes after it, or one before that
     */
    CompletableFuture<SnapshotFiles.Written> refill(String leader, long first);
  }

  private final Replica replica;
  private final @Nullable Others others; // null: there is no other replica
  private final Health health;
  private final SnapshotFiles files;
  private final Snapshots snapshots;
  private final Checkpoints checkpoints;
  private final DirectoryGuard names;
  private final ReentrantLock driving = new ReentrantLock();
  private final AtomicBoolean deposed = new AtomicBoolean();
  private boolean leads; // guarded by driving
  private long configured; // guarded by driving; the term of the last entry of Ratis' own
  private long appliedWhenSynced = RaftLog.INVALID_LOG_INDEX; // guarded by driving
  // The last that this replica appended.
  private volatile @Nullable TransactionContext appended;

  // What Ratis knows of. The newest on disk may be ahead of it until takeSnapshot.
  private volatile SnapshotFiles.@Nullable Written told;

  /**
   * Of {@code replica}.
   *
   * @param others null where there is no other replica
   */
  Machine(
      Replica replica,
      @Nullable Others others,
      Health health,
      SnapshotFiles files,
      Snapshots snapshots,
      DirectoryGuard names) {
    this.replica = replica;
    this.others = others;
    this.health = health;
    this.files = files;
    this.snapshots = snapshots;
    this.checkpoints =
        others == null
            ? Checkpoints.alone(snapshots)
            : new Checkpoints(
                snapshots, others::reports, Thread.ofVirtual().name("podpool-checkpoint")::start);
    this.names = names;
  }

  /** Whether the calling thread is inside one of the replica's methods. */
  boolean isDrivenByMe() {
    return driving.isHeldByCurrentThread();
  }

  /** After this, no method of the replica is called. Waits for one that is being called. */
  void stop() {
    health.close();
    driving.lock();
    try {
      leads = false;
    } finally {
      driving.unlock();
    }
    snapshots.close();
  }

  @Override
  public void initialize(RaftServer server, RaftGroupId group, RaftStorage storage)
      throws IOException {
    super.initialize(server, group, storage);
    getLifeCycle().startAndTransition(this::restore, IOException.class);
  }

  @Override
  public void pause() {
    getLifeCycle().transition(LifeCycle.State.PAUSING);
    getLifeCycle().transition(LifeCycle.State.PAUSED);
  }

  @Override
  public void reinitialize() throws IOException {
    getLifeCycle().startAndTransition(this::restore, IOException.class);
  }

  private void restore() throws IOException {
    SnapshotFiles.Written newest = files.newest();
    if (newest == null) {
      return;
    }
    Snapshot state = SnapshotFiles.read(newest);
    drive(
        () -> {
          requireLevel(newest, state, replica.levelMax());
          replica.restore(state);
        });
    setLastAppliedTermIndex(TermIndex.valueOf(newest.term(), newest.index()));
    snapshots.restored(newest);
    told = newest;
  }

  static void requireLevel(SnapshotFiles.Written snapshot, Snapshot state, int levelMax) {
    if (state.getLevel() > levelMax) {
      throw new LogException(
          "%s is of a queue of level %d, and this release can apply level %d at most: update this replica. Nothing is lost"
              .formatted(snapshot.file(), state.getLevel(), levelMax));
    }
  }

  @Override
  public TransactionContext startTransaction(RaftClientRequest request) {
    EntryMessage message = checkpoints.mark((EntryMessage) request.getMessage());
    TransactionContext transaction =
        TransactionContext.newBuilder()
            .setStateMachine(this)
            .setClientRequest(request)
            .setLogData(message.content())
            .setStateMachineContext(message.entry())
            .build();
    appended = transaction;
    return transaction;
  }

  @Override
  public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
    LogEntryProto logged = Objects.requireNonNull(transaction.getLogEntry());
    TermIndex at = TermIndex.valueOf(logged);
    drive(
        () -> {
          Entry entry = entry(transaction, logged);
          if (entry.hasCheckpoint()) {
            checkpoints.reached(entry.getCheckpoint());
          }
          if (at.getIndex() != appliedWhenSynced) {
            replica.apply(entry);
          }
          snapshots.applied(at, logged.getSerializedSize(), entry.hasCheckpoint(), replica);
          if (leads) {
            checkpoints.prepare();
          }
          updateLastAppliedTermIndex(at); // last: from here on the next may be applied when synced
        });
    return DONE;
  }

  /** The entry {@code index} is on the disk, with all before it. */
  private void synced(long index) {
    if (others != null) {
      return; // the others have it, or not
    }
    TransactionContext own = appended;
    LogEntryProto logged = own == null ? null : own.getLogEntry();
    if (own == null || logged == null || logged.getIndex() != index) {
      return; // one of Ratis' own
    }
    drive(
        () -> {
          // If Ratis lags behind it gets its turn: it bounds what it has not applied, and fails.
          if (leads && getLastAppliedTermIndex().getIndex() == index - 1) {
            replica.apply(entry(own, logged));
            appliedWhenSynced = index;
          }
        });
  }

  private Entry entry(TransactionContext transaction, LogEntryProto logged) {
    if (transaction.getStateMachineContext() instanceof Entry entry) {
      return entry; // appended by this replica, in this process
    }
    Entry entry;
    try {
      ByteString bytes = logged.getStateMachineLogEntry().getLogData();
      entry = Entry.parseFrom(bytes.asReadOnlyByteBuffer());
    } catch (InvalidProtocolBufferException e) {
      throw new LogException(
          "entry %d of the log is none of Podpool's: the data directory belongs to something else"
              .formatted(logged.getIndex()),
          e);
    }
    String newer = replica.newer(entry);
    if (newer != null) {
      throw new LogException(
          "entry %d of the log has %s, which this release does not know: update this replica. Nothing is lost, and it goes on from there"
              .formatted(logged.getIndex(), newer));
    }
    return entry;
  }

  /**
   * Every term begins with an entry of Ratis' own; applied right before {@link #notifyLeaderReady}.
   */
  @Override
  public void notifyConfigurationChanged(long term, long index, RaftConfigurationProto peers) {
    drive(() -> configured = term);
  }

  @Override
  public void notifyLeaderReady() {
    drive(
        () -> {
          leads = true;
          checkpoints.lead();
          replica.lead(configured);
          if (others == null) {
            replica.raise(replica.levelMax());
          } else {
            LOG.log(System.Logger.Level.INFO, "this replica leads, in term " + configured);
          }
          health.ready().complete(null);
        });
  }

  @Override
  public void notifyNotLeader(Collection<TransactionContext> pending) {
    deposed.set(true);
    // Ratis holds locks here that append, called by the replica under ours, needs.
    Thread.ofPlatform().daemon().name("podpool-log-follow").start(this::follow);
  }

  private void follow() {
    if (!health.hasFailed()) {
      drive(() -> {});
    }
  }

  /** Runs {@code call} of the replica, after it was told that it follows, if that came before. */
  private void drive(Runnable call) {
    driving.lock();
    try {
      if (health.isClosed()) {
        return;
      }
      if (health.hasFailed()) {
        throw new IllegalStateException("the log has failed: nothing is applied any more");
      }
      if (deposed.getAndSet(false) && leads) {
        leads = false;
        replica.follow();
      }
      call.run();
    } catch (RuntimeException | Error e) {
      health.fail(e);
      throw e;
    } finally {
      driving.unlock();
    }
  }

  /**
   * Before each sync of a segment, by the thread that writes them. The same thread waits for the
   * result after the sync, as {@link RatisProperties} has it: that is how it is known to be done.
   */
  @Override
  public CompletableFuture<Void> flush(long index) {
    try {
      names.sync();
      return new Flush(index);
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private final class Flush extends CompletableFuture<Void> {

    private final long index;

    Flush(long index) {
      this.index = index;
    }

    @Override
    public @Nullable Void get() {
      synced(index);
      return null;
    }
  }

  /** Whoever asks waits for what is acknowledged to be applied here, which it is now. */
  @Override
  public CompletableFuture<Message> query(Message nothing) {
    return DONE;
  }

  /**
   * The leader's log begins at {@code first}, behind what this replica has; or this replica is new,
   * and lacks nothing before the log.
   */
  @Override
  @SuppressWarnings("NullAway") // null is Ratis' way to say that there is nothing to install
  public CompletableFuture<TermIndex> notifyInstallSnapshotFromLeader(
      RoleInfoProto role, TermIndex first) {
    if (first.getIndex() == 0) {
      return CompletableFuture.completedFuture(null);
    }
    Others known = others;
    if (known == null) {
      return CompletableFuture.failedFuture(new IllegalStateException("there is no other replica"));
    }
    return known
        .refill(role.getFollowerInfo().getLeaderInfo().getId().getAddress(), first.getIndex())
        .thenApply(written -> TermIndex.valueOf(written.term(), written.index()));
  }

  @Override
  public long takeSnapshot() {
    told = snapshots.durable();
    SnapshotFiles.Written written = told;
    return written == null ? RaftLog.INVALID_LOG_INDEX : written.index();
  }

  @Override
  public @Nullable SnapshotInfo getLatestSnapshot() {
    SnapshotFiles.Written written = told;
    return written == null
        ? null
        : new SingleFileSnapshotInfo(
            new FileInfo(written.file(), null), written.term(), written.index());
  }

  @Override
  public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto failedEntry) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    health.fail(
        new LogException(
            "the log cannot be written (%s): see to the disk, then start again; nothing acknowledged is lost"
                .formatted(root.getMessage()),
            cause));
  }

  @Override
  public void notifyServerShutdown(RoleInfoProto role, boolean allServers) {
    close();
  }

  /** Ratis closes the machine when it gives up, too. */
  @Override
  public void close() {
    health.fail(
        new LogException(
            "Ratis has shut this replica down; its own messages, before this one, say why. If this one has files of a member that was replaced, empty its directory, and it joins; else start it again"));
  }
}
