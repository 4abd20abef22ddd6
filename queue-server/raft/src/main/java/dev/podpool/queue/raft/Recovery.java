package dev.podpool.queue.raft;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.thirdparty.com.google.protobuf.CodedOutputStream;

/**
 * Makes one replica the only member of its log, where the disks of the others are lost for good, by
 * an entry at the end of the log, such as Ratis writes when members change. What is in the log, and
 * was on the way to the others, counts from then on; what only the others had is lost.
 */
final class Recovery {

  private static final System.Logger LOG = System.getLogger(Recovery.class.getName());
  private static final int CHECKSUM_BYTES = 4;
  private static final long TERMS_UNHEARD_MAX = 1_000_000; // of an election each second, 11 days

  private Recovery() {}

  /**
   * Writes that entry, durably, in a term that no leader has had: not one of those that are lost,
   * which this replica may not have heard of.
   *
   * @param segments the directory of the log
   * @param tail where it ends
   * @param voted the last term that this replica has voted in
   * @param self by its name in the log
   */
  static void goOnAlone(Path segments, LogCheck.Tail tail, long voted, Peer self)
      throws IOException {
    long term = Math.max(tail.term(), voted) + TERMS_UNHEARD_MAX;
    LogEntryProto entry =
        LogEntryProto.newBuilder()
            .setTerm(term)
            .setIndex(tail.next())
            .setConfigurationEntry(
                RaftConfigurationProto.newBuilder()
                    .addPeers(Membership.of(self).getRaftPeerProto()))
            .build();
    // A term that is not behind the log's, before the log has it.
    Disk.replace(segments.resolve(Votes.NAME), "term=%d\nvotedFor=\n".formatted(term));
    ByteBuffer frame = frame(entry);
    Path open = tail.open();
    if (open == null) {
      ByteBuffer segment = ByteBuffer.allocate(Segment.HEADER_BYTES + frame.remaining());
      segment.put(Segment.HEADER).put(frame).flip();
      Disk.write(segments.resolve("log_inprogress_" + tail.next()), segment);
      Disk.syncDirectory(segments);
    } else {
      Disk.overwrite(open, tail.position(), frame);
    }
    LOG.log(
        System.Logger.Level.WARNING,
        "{0} is the only member of its log from now on, as was asked for: what only others had is lost, and none of them may come back with its files",
        self.name());
  }

  private static ByteBuffer frame(LogEntryProto entry) throws IOException {
    int size = entry.getSerializedSize();
    byte[] bytes = new byte[CodedOutputStream.computeUInt32SizeNoTag(size) + size + CHECKSUM_BYTES];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeUInt32NoTag(size);
    entry.writeTo(out);
    out.flush();
    return ByteBuffer.wrap(bytes)
        .putInt(bytes.length - CHECKSUM_BYTES, Frame.checksum(bytes, 0, bytes.length));
  }
}
