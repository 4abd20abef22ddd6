package dev.podpool.queue.raft;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Checkpoint;
import dev.podpool.protocol.ReplicaReport;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Compares what replicas make of the log. When it has grown enough, the leader asks the others for
 * the digests of their newest snapshots, and marks the next entry with a checkpoint, which names
 * the digest that most replicas have. Who has another at that entry halts; all others take their
 * next snapshots there.
 */
final class Checkpoints {

  private static final System.Logger LOG = System.getLogger(Checkpoints.class.getName());

  private final Snapshots snapshots;
  private final Supplier<List<@Nullable ReplicaReport>> others;
  private final Executor waiting;
  private final AtomicBoolean asking = new AtomicBoolean();
  // Prepared, and not applied yet.
  private final AtomicReference<@Nullable Checkpoint> next = new AtomicReference<>();
  private final AtomicBoolean marked = new AtomicBoolean(); // whether an entry under way has it

  /**
   * Of the replica with {@code snapshots}.
   *
   * @param others asks all other replicas, and waits for them: null for each that gives no answer
   * @param waiting runs what waits for them
   */
  Checkpoints(
      Snapshots snapshots, Supplier<List<@Nullable ReplicaReport>> others, Executor waiting) {
    this.snapshots = snapshots;
    this.others = others;
    this.waiting = waiting;
  }

  /** Of the only replica. */
  static Checkpoints alone(Snapshots snapshots) {
    return new Checkpoints(snapshots, ArrayList::new, Runnable::run);
  }

  /** The replica begins to lead: what it had prepared before is of no use any more. */
  void lead() {
    next.set(null);
    marked.set(false);
  }

  /** The leader has applied an entry: prepares a checkpoint if it is time for one. */
  void prepare() {
    if (snapshots.isDue() && next.get() == null && asking.compareAndSet(false, true)) {
      waiting.execute(this::ask);
    }
  }

  private void ask() {
    try {
      SnapshotFiles.Written own = snapshots.durable();
      next.set(own == null ? Checkpoint.getDefaultInstance() : agreed(own, others.get()));
    } finally {
      asking.set(false);
    }
  }

  /** {@code entry}, which the leader is to append, with a checkpoint where one is prepared. */
  EntryMessage mark(EntryMessage entry) {
    Checkpoint prepared = next.get();
    return prepared == null || marked.getAndSet(true)
        ? entry
        : EntryMessage.of(entry.entry().toBuilder().setCheckpoint(prepared).build());
  }

  /**
   * What replicas have made of the entry that {@code own} is of: most of them, or the leader where
   * all say so and no two the same. Names none where it takes more of them to tell.
   */
  static Checkpoint agreed(SnapshotFiles.Written own, List<@Nullable ReplicaReport> others) {
    List<ByteString> digests = new ArrayList<>(List.of(own.sha256()));
    for (ReplicaReport other : others) {
      if (other != null && other.getSnapshot().getIndex() == own.index()) {
        digests.add(other.getSnapshot().getSha256());
      }
    }
    int replicas = others.size() + 1;
    for (ByteString digest : digests) {
      if (Collections.frequency(digests, digest) > replicas / 2) {
        return Checkpoint.newBuilder().setIndex(own.index()).setSha256(digest).build();
      }
    }
    if (digests.size() == replicas) {
      return Checkpoint.newBuilder().setIndex(own.index()).setSha256(own.sha256()).build();
    }
    if (new HashSet<>(digests).size() > 1) {
      LOG.log(
          System.Logger.Level.ERROR,
          "replicas have made different things of entry {0}, and it takes one more to tell which is wrong: start all of them",
          String.valueOf(own.index()));
    }
    return Checkpoint.getDefaultInstance();
  }

  /**
   * The replica comes to {@code checkpoint}, and compares.
   *
   * @throws LogException if it has made something else of the log
   */
  void reached(Checkpoint checkpoint) {
    next.set(null);
    marked.set(false);
    SnapshotFiles.Written own = snapshots.durable();
    if (own != null
        && own.index() == checkpoint.getIndex()
        && !own.sha256().equals(checkpoint.getSha256())) {
      throw new LogException(
          "after entry %d the state of this replica has SHA-256 %s, and %s is that of most replicas, or of their leader where no two have the same: one has made something else of the log. Nothing more is applied here. Keep a copy of its data directory and report it; then empty the directory, and the replica joins the others again, with their state"
              .formatted(own.index(), hex(own.sha256()), hex(checkpoint.getSha256())));
    }
  }

  private static String hex(ByteString digest) {
    return HexFormat.of().formatHex(digest.toByteArray());
  }
}
