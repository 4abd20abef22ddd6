package dev.podpool.queue.raft;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where a {@link RatisLog} keeps its files, and within which limits.
 *
 * @param directory holds the log and its snapshots, and nothing else; made where it is missing
 * @param peer this replica's name among {@code peers}
 * @param peers all replicas, each where it is reached: the same for all of them
 * @param network between the replicas; null where there is one, which opens no port
 * @param dataSince since when there is a log, for people: then none is founded, here or with other
 *     replicas. Null: there may be none yet
 * @param snapshotLogBytes whoever leads has all replicas write a snapshot, and drop the log before
 *     it, whenever this many bytes of entries have been added, or as many as its last snapshot had
 *     if that is more. Defaults to 64 MiB
 * @param entryBytesMax the largest entry; must not be lowered below what the log holds. Defaults to
 *     8 MiB
 * @param startTimeout after this long a start that has neither succeeded nor failed has failed.
 *     Defaults to 60 s
 * @param onFailure called once at most, by any thread, when the log can no longer be trusted: the
 *     disk failed, the replica threw, or Ratis gave up. Nothing is applied from then on, and
 *     nothing mends it but a new process: halt. Not called for what {@link RatisLog#start} throws
 */
public record RatisSettings(
    Path directory,
    String peer,
    List<Peer> peers,
    @Nullable PeerNetwork network,
    @Nullable String dataSince,
    long snapshotLogBytes,
    int entryBytesMax,
    Duration startTimeout,
    Consumer<Throwable> onFailure) {

  /** Of the only replica; and for ever, though others may join it. */
  static final String ONLY = "queue-0";

  public RatisSettings {
    peers = List.copyOf(peers);
    if (peers.stream().noneMatch(each -> each.name().equals(peer))) {
      throw new LogException("replica '%s' is none of %s: name it, too".formatted(peer, peers));
    }
    if (peers.stream().map(Peer::name).distinct().count() < peers.size()) {
      throw new LogException("two of the replicas %s have one name".formatted(peers));
    }
    if (network == null && peers.size() > 1) {
      throw new LogException("the replicas %s have no network between them".formatted(peers));
    }
    if (snapshotLogBytes < 1) {
      throw new LogException("snapshotLogBytes is %d: at least 1".formatted(snapshotLogBytes));
    }
    if (entryBytesMax < 1 || entryBytesMax > 256 << 20) {
      throw new LogException(
          "entryBytesMax is %d: from 1 to %d".formatted(entryBytesMax, 256 << 20));
    }
  }

  /** One replica with its data in {@code directory}, all else by default. */
  public static RatisSettings of(Path directory, Consumer<Throwable> onFailure) {
    return new RatisSettings(
        directory,
        ONLY,
        List.of(new Peer(ONLY, "")),
        null,
        null,
        64 << 20,
        8 << 20,
        Duration.ofSeconds(60),
        onFailure);
  }

  /** These, but for where others are to reach this replica, should it not stay the only one. */
  public RatisSettings withAddress(String address) {
    return of(peer, List.of(new Peer(peer, address)), null, dataSince);
  }

  /** These, but for {@code peer} as one of {@code peers}. */
  public RatisSettings withPeers(String peer, List<Peer> peers, PeerNetwork network) {
    return of(peer, peers, network, dataSince);
  }

  /** These, but for {@code dataSince}. */
  public RatisSettings withDataSince(@Nullable String dataSince) {
    return of(peer, peers, network, dataSince);
  }

  /** This replica. */
  Peer self() {
    return peers.stream().filter(each -> each.name().equals(peer)).findFirst().orElseThrow();
  }

  /** All but this replica. */
  List<Peer> others() {
    return peers.stream().filter(each -> !each.name().equals(peer)).toList();
  }

  /** Whether there is no other replica. */
  boolean isAlone() {
    return network == null;
  }

  /** These, but for {@code snapshotLogBytes}. */
  public RatisSettings withSnapshotLogBytes(long snapshotLogBytes) {
    return limited(snapshotLogBytes, entryBytesMax, startTimeout);
  }

  /** These, but for {@code entryBytesMax}. */
  public RatisSettings withEntryBytesMax(int entryBytesMax) {
    return limited(snapshotLogBytes, entryBytesMax, startTimeout);
  }

  /** These, but for {@code startTimeout}. */
  public RatisSettings withStartTimeout(Duration startTimeout) {
    return limited(snapshotLogBytes, entryBytesMax, startTimeout);
  }

  private RatisSettings of(
      String peer, List<Peer> peers, @Nullable PeerNetwork network, @Nullable String dataSince) {
    return new RatisSettings(
        directory,
        peer,
        peers,
        network,
        dataSince,
        snapshotLogBytes,
        entryBytesMax,
        startTimeout,
        onFailure);
  }

  private RatisSettings limited(long snapshotLogBytes, int entryBytesMax, Duration startTimeout) {
    return new RatisSettings(
        directory,
        peer,
        peers,
        network,
        dataSince,
        snapshotLogBytes,
        entryBytesMax,
        startTimeout,
        onFailure);
  }
}
