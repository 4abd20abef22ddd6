package dev.podpool.queue.raft;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Where a {@link RatisLog} keeps its files, and within which limits.
 *
 * @param directory holds the log and its snapshots, and nothing else; made where it is missing
 * @param peer this replica's name among {@code peers}; part of the files, so never changed later
 * @param peers the names of all replicas. One is all that this version drives: it has no network
 *     between replicas, and opens no port
 * @param snapshotLogBytes a snapshot is written, and the log before it dropped, whenever this many
 *     bytes of entries have been added, or as many as the last snapshot had if that is more.
 *     Defaults to 64 MiB
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
    List<String> peers,
    long snapshotLogBytes,
    int entryBytesMax,
    Duration startTimeout,
    Consumer<Throwable> onFailure) {

  public RatisSettings {
    peers = List.copyOf(peers);
    if (!peers.equals(List.of(peer))) {
      throw new LogException(
          "peers are %s and this one is '%s', but this version runs one replica only: name just it"
              .formatted(peers, peer));
    }
    if (peer.isEmpty()) {
      throw new LogException("peer is '': give it a name");
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
        "queue-0",
        List.of("queue-0"),
        64 << 20,
        8 << 20,
        Duration.ofSeconds(60),
        onFailure);
  }

  /** These, but for {@code peer} as the only replica. */
  public RatisSettings withPeer(String peer) {
    return new RatisSettings(
        directory, peer, List.of(peer), snapshotLogBytes, entryBytesMax, startTimeout, onFailure);
  }

  /** These, but for {@code snapshotLogBytes}. */
  public RatisSettings withSnapshotLogBytes(long snapshotLogBytes) {
    return new RatisSettings(
        directory, peer, peers, snapshotLogBytes, entryBytesMax, startTimeout, onFailure);
  }

  /** These, but for {@code entryBytesMax}. */
  public RatisSettings withEntryBytesMax(int entryBytesMax) {
    return new RatisSettings(
        directory, peer, peers, snapshotLogBytes, entryBytesMax, startTimeout, onFailure);
  }

  /** These, but for {@code startTimeout}. */
  public RatisSettings withStartTimeout(Duration startTimeout) {
    return new RatisSettings(
        directory, peer, peers, snapshotLogBytes, entryBytesMax, startTimeout, onFailure);
  }
}
