package dev.podpool.queue.raft;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.rpc.SupportedRpcType;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys.Log.CorruptionPolicy;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** What Ratis is told, and why where it is not its default. */
final class RatisProperties {

  /** What a log entry has beside the bytes of ours: lengths, term, index, client, call. */
  private static final int ENVELOPE_BYTES = 256;

  /** More than an entry that Ratis insists on. */
  private static final int GRPC_SPARE_BYTES = 2 << 20;

  private static final TimeDuration NEVER = TimeDuration.valueOf(3650, TimeUnit.DAYS);

  private RatisProperties() {}

  /** The largest entry as Ratis counts it. */
  static int loggedBytesMax(RatisSettings settings) {
    return settings.entryBytesMax() + ENVELOPE_BYTES;
  }

  static RaftProperties of(RatisSettings settings, Path directory) {
    RaftProperties properties = new RaftProperties();
    RaftServerConfigKeys.setStorageDir(properties, List.of(directory.toFile()));
    log(properties, settings);
    elections(properties);
    PeerNetwork network = settings.network();
    if (network == null) {
      properties.set(RaftConfigKeys.Rpc.TYPE_KEY, NoNetwork.class.getName());
      alone(properties);
    } else {
      network(properties, network, loggedBytesMax(settings));
    }
    RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, false);
    // Nobody asks twice: the replica's own sessions deduplicate.
    RaftServerConfigKeys.RetryCache.setExpiryTime(
        properties, TimeDuration.valueOf(1, TimeUnit.SECONDS));
    return properties;
  }

  private static void log(RaftProperties properties, RatisSettings settings) {
    SizeInBytes entry = SizeInBytes.valueOf(loggedBytesMax(settings));
    SizeInBytes queue = SizeInBytes.valueOf(Math.max(64L << 20, 2 * entry.getSize()));
    SizeInBytes segment = SizeInBytes.valueOf(Math.max(1 << 20, 2 * entry.getSize()));
    RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, entry);
    RaftServerConfigKeys.Log.setWriteBufferSize(
        properties, SizeInBytes.valueOf(entry.getSize() + 8));
    RaftServerConfigKeys.Log.setQueueByteLimit(properties, queue);
    RaftServerConfigKeys.Write.setByteLimit(properties, queue);
    RaftServerConfigKeys.Log.setSegmentSizeMax(properties, segment);
    RaftServerConfigKeys.Log.setPreallocatedSize(properties, SizeInBytes.valueOf("512KB"));
    RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, 2);
    RaftServerConfigKeys.Log.setSegmentCacheSizeMax(
        properties, SizeInBytes.valueOf(2 * segment.getSize()));
    // Either would acknowledge before the disk has the entry.
    RaftServerConfigKeys.Log.setAsyncFlushEnabled(properties, false);
    RaftServerConfigKeys.Log.setUnsafeFlushEnabled(properties, false);
    // Machine.flush is waited for after the sync, and not before it.
    RaftServerConfigKeys.Log.StateMachineData.setSync(properties, false);
    // An entry and a sync of its own after each of ours; the commit index is found by electing.
    RaftServerConfigKeys.Log.setLogMetadataEnabled(properties, false);
    // What may be repaired was, by LogCheck: the other policy drops acknowledged entries.
    RaftServerConfigKeys.Log.setCorruptionPolicy(properties, CorruptionPolicy.EXCEPTION);
    RaftServerConfigKeys.Log.setPurgeGap(properties, 1);
    RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, true);
  }

  private static void elections(RaftProperties properties) {
    RaftServerConfigKeys.Rpc.setTimeoutMin(
        properties, TimeDuration.valueOf(500, TimeUnit.MILLISECONDS));
    RaftServerConfigKeys.Rpc.setTimeoutMax(
        properties, TimeDuration.valueOf(1000, TimeUnit.MILLISECONDS));
    // A pause of this JVM ends no server: it closes for good.
    RaftServerConfigKeys.setCloseThreshold(properties, NEVER);
  }

  private static void alone(RaftProperties properties) {
    // It has nobody to wait for.
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(
        properties, TimeDuration.valueOf(1, TimeUnit.MILLISECONDS));
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(
        properties, TimeDuration.valueOf(2, TimeUnit.MILLISECONDS));
    // Nor anyone to step down for, after a pause of this JVM.
    RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(properties, NEVER);
  }

  private static void network(RaftProperties properties, PeerNetwork network, int entryBytesMax) {
    RaftConfigKeys.Rpc.setType(properties, SupportedRpcType.GRPC);
    GrpcConfigKeys.Server.setHost(properties, network.listen().getAddress().getHostAddress());
    GrpcConfigKeys.Server.setPort(properties, network.listen().getPort());
    GrpcConfigKeys.setMessageSizeMax(
        properties, SizeInBytes.valueOf(entryBytesMax + GRPC_SPARE_BYTES));
    // A follower fetches what it lacks by itself, with the blobs that go with it: see
    // Machine.Others.
    RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(properties, false);
    // One that has lost the others stands for election again as soon as anybody does; by default it
    // waits for ten seconds, while nobody is served.
    RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(
        properties, TimeDuration.valueOf(1, TimeUnit.SECONDS));
    // A leader knows by its lease that it leads, or asks the others.
    RaftServerConfigKeys.Read.setOption(properties, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
    RaftServerConfigKeys.Read.setLeaderLeaseEnabled(properties, true);
  }
}
