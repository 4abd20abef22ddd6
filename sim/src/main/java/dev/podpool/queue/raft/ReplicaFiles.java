package dev.podpool.queue.raft;

import dev.podpool.protocol.Entry;
import dev.podpool.protocol.Snapshot;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.MetadataProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.CodedOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A replica's log and snapshots on a disk, for the simulation. What writes and reads snapshots,
 * checks the log at a start and cuts off its torn end is the product's own code; what Ratis does
 * between two starts, write entries into segments and drop some, is done here in its manner.
 *
 * <p>An {@link IOException} is the end of the replica: it is opened anew, or refused.
 */
public final class ReplicaFiles {

  private static final int ENTRY_BYTES_MAX = 64 << 20;
  private static final int SEGMENT_BYTES_TARGET = 16 << 10;
  private static final int PREALLOCATED_BYTES = 4 << 10;
  private static final int CHECKSUM_BYTES = 4;
  private static final int PIECE_BYTES = 8 << 10;

  /** An entry of the log; null: one of Ratis' own, with which each term begins. */
  public record Logged(long term, @Nullable Entry entry) {}

  private static final class SegmentFile {
    Path file;
    final long first;
    // Where each of its entries begins, and its end.
    final List<Integer> starts = new ArrayList<>(List.of(Segment.HEADER_BYTES));

    SegmentFile(Path file, long first) {
      this.file = file;
      this.first = first;
    }

    long last() {
      return first + starts.size() - 2;
    }

    int end() {
      return starts.get(starts.size() - 1);
    }
  }

  private final Path log;
  private final SnapshotFiles snapshots;
  private final List<SegmentFile> segments = new ArrayList<>(); // the last one is open
  private final List<Logged> entries = new ArrayList<>();
  private SnapshotFiles.@Nullable Written snapshot;
  private long first; // index of the first of entries
  private long voted;

  private ReplicaFiles(Path root) {
    log = root.resolve("log");
    snapshots = new SnapshotFiles(root.resolve("snapshots"));
  }

  /**
   * Opens what {@code disk} has, or begins anew where it is empty.
   *
   * @throws LogException if something is damaged or missing
   */
  public static ReplicaFiles open(FileSystem disk) throws IOException {
    ReplicaFiles files = new ReplicaFiles(disk.getPath("/"));
    if (!Files.exists(files.log)) {
      Files.createDirectory(files.log);
      Files.createDirectory(disk.getPath("/snapshots"));
    }
    files.snapshot = files.snapshots.newest();
    LogCheck.run(files.log, files.snapshot, ENTRY_BYTES_MAX);
    files.voted = new Votes(files.log).term();
    files.first = files.snapshotIndex() + 1;
    files.read();
    return files;
  }

  private void read() throws IOException {
    List<SegmentFile> found = new ArrayList<>();
    try (Stream<Path> files = Files.list(log)) {
      for (Path file : files.toList()) {
        String name = String.valueOf(file.getFileName());
        if (name.startsWith("log_")) {
          String from = name.replace("log_inprogress_", "").replace("log_", "");
          found.add(new SegmentFile(file, Long.parseLong(from.replaceAll("-.*", ""))));
        }
      }
    }
    found.sort((one, other) -> Long.compare(one.first, other.first));
    for (SegmentFile segment : found) {
      read(segment);
    }
  }

  private void read(SegmentFile segment) throws IOException {
    byte[] bytes = Files.readAllBytes(segment.file);
    if (segments.isEmpty()) {
      first = segment.first;
    }
    segments.add(segment);
    Frame frame = Frame.read(bytes, segment.end(), bytes.length);
    while (frame.state() == Frame.State.WHOLE) {
      ByteArrayInputStream in =
          new ByteArrayInputStream(bytes, segment.end(), frame.end() - segment.end());
      LogEntryProto logged = LogEntryProto.parseDelimitedFrom(in);
      Entry entry =
          logged.hasStateMachineLogEntry()
              ? Entry.parseFrom(logged.getStateMachineLogEntry().getLogData().toByteArray())
              : null;
      entries.add(new Logged(logged.getTerm(), entry));
      segment.starts.add(frame.end());
      frame = Frame.read(bytes, segment.end(), bytes.length);
    }
  }

  // ---- what is there

  /** Index of the last entry, also where only a snapshot has it; -1: none. */
  public long last() {
    return first + entries.size() - 1;
  }

  /** Index of the first entry that is there by itself. */
  public long first() {
    return first;
  }

  /** Of an entry from {@link #first} to {@link #last}. */
  public Logged get(long index) {
    return entries.get((int) (index - first));
  }

  /** Of an entry that is there, or that is the snapshot's; -1: nobody knows any more. */
  public long termOf(long index) {
    if (index >= first && index <= last()) {
      return get(index).term();
    }
    SnapshotFiles.Written newest = snapshot;
    if (newest != null && index == newest.index()) {
      return newest.term();
    }
    return index == -1 ? 0 : -1;
  }

  /** Index of the entry that the newest snapshot is the state after; -1: there is none. */
  public long snapshotIndex() {
    return snapshot == null ? -1 : snapshot.index();
  }

  /** The state in the newest snapshot; null: there is none. */
  public @Nullable Snapshot state() throws IOException {
    return snapshot == null ? null : SnapshotFiles.read(snapshot);
  }

  /** The newest snapshot's file, for another replica. */
  public List<byte[]> pieces() throws IOException {
    if (snapshot == null) {
      throw new IllegalStateException("there is no snapshot");
    }
    byte[] bytes = Files.readAllBytes(snapshot.file());
    List<byte[]> pieces = new ArrayList<>();
    for (int at = 0; at < bytes.length; at += PIECE_BYTES) {
      pieces.add(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + PIECE_BYTES)));
    }
    return pieces;
  }

  /** The last term in which this replica has voted. */
  public long voted() {
    return voted;
  }

  /** Where a bit can be flipped: files with their sizes, less what is at the log's end. */
  public List<Place> undoubted() {
    List<Place> places = new ArrayList<>();
    if (snapshot != null) {
      places.add(new Place(snapshot.file(), snapshot.bytes()));
    }
    for (SegmentFile segment : segments) {
      // A flip in the last entry may look as an early end of it does: adr/0008.
      boolean isOpen = segment == segments.get(segments.size() - 1);
      int entriesIn = segment.starts.size() - 1;
      int end = isOpen && entriesIn > 0 ? segment.starts.get(entriesIn - 1) : segment.end();
      if (!isOpen || entriesIn > 1) {
        places.add(new Place(segment.file, end));
      }
    }
    return places;
  }

  /** A file and how many of its bytes, from the first. */
  public record Place(Path path, long bytes) {}

  // ---- changes

  /** Promises, durably, to vote in no term before {@code term}, nor for another in it. */
  public void vote(long term) throws IOException {
    Disk.replace(log.resolve(Votes.NAME), "term=%d\nvotedFor=\n".formatted(term));
    voted = term;
  }

  /** Writes {@code logged} behind the last entry. It is durable after the next {@link #sync}. */
  public void append(Logged logged) throws IOException {
    long index = last() + 1;
    SegmentFile open = segments.isEmpty() ? null : segments.get(segments.size() - 1);
    if (open == null || open.end() >= SEGMENT_BYTES_TARGET) {
      if (open != null) {
        close(open);
      }
      open = begin(index);
    }
    ByteBuffer frame = frame(logged, index);
    int end = open.end() + frame.remaining();
    try (FileChannel channel = FileChannel.open(open.file, StandardOpenOption.WRITE)) {
      channel.write(frame, open.end());
    }
    open.starts.add(end);
    entries.add(logged);
  }

  private static ByteBuffer frame(Logged logged, long index) throws IOException {
    LogEntryProto.Builder proto = LogEntryProto.newBuilder().setTerm(logged.term()).setIndex(index);
    Entry entry = logged.entry();
    if (entry == null) {
      proto.setMetadataEntry(MetadataProto.newBuilder().setCommitIndex(index));
    } else {
      proto.setStateMachineLogEntry(
          StateMachineLogEntryProto.newBuilder()
              .setLogData(ByteString.copyFrom(entry.toByteArray())));
    }
    LogEntryProto built = proto.build();
    int size = built.getSerializedSize();
    byte[] bytes = new byte[CodedOutputStream.computeUInt32SizeNoTag(size) + size + CHECKSUM_BYTES];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeUInt32NoTag(size);
    built.writeTo(out);
    out.flush();
    return ByteBuffer.wrap(bytes)
        .putInt(bytes.length - CHECKSUM_BYTES, Frame.checksum(bytes, 0, bytes.length));
  }

  private SegmentFile begin(long index) throws IOException {
    SegmentFile segment = new SegmentFile(log.resolve("log_inprogress_" + index), index);
    ByteBuffer zeros = ByteBuffer.allocate(PREALLOCATED_BYTES).put(0, Segment.HEADER);
    Disk.write(segment.file, zeros);
    Disk.syncDirectory(log);
    if (segments.isEmpty()) {
      first = index;
    }
    segments.add(segment);
    return segment;
  }

  private void close(SegmentFile segment) throws IOException {
    sync(segment);
    Disk.truncate(segment.file, segment.end());
    rename(segment, "log_" + segment.first + "-" + segment.last());
  }

  private void rename(SegmentFile segment, String name) throws IOException {
    Path file = log.resolve(name);
    Files.move(segment.file, file, StandardCopyOption.ATOMIC_MOVE);
    Disk.syncDirectory(log);
    segment.file = file;
  }

  /** Makes durable what was appended. */
  public void sync() throws IOException {
    if (!segments.isEmpty()) {
      sync(segments.get(segments.size() - 1));
    }
  }

  private static void sync(SegmentFile segment) throws IOException {
    try (FileChannel channel = FileChannel.open(segment.file, StandardOpenOption.WRITE)) {
      channel.force(false);
    }
  }

  /** Drops {@code index} and all behind it, durably: another leader has others there. */
  public void truncateFrom(long index) throws IOException {
    while (!segments.isEmpty() && segments.get(segments.size() - 1).first >= index) {
      Disk.delete(segments.remove(segments.size() - 1).file);
    }
    while (last() >= index) {
      entries.remove(entries.size() - 1);
    }
    if (segments.isEmpty()) {
      return;
    }
    SegmentFile cut = segments.get(segments.size() - 1);
    boolean isCut = cut.last() >= index;
    while (cut.last() >= index) {
      cut.starts.subList(cut.starts.size() - 1, cut.starts.size()).clear();
    }
    String name = String.valueOf(cut.file.getFileName());
    if (!name.startsWith("log_inprogress_")) {
      // Under the name of an open one first: a closed one must be whole.
      rename(cut, "log_inprogress_" + cut.first);
    }
    if (isCut) {
      Disk.truncate(cut.file, cut.end());
    }
  }

  /** Writes {@code state}, which is the one after {@code index}, and drops the log before it. */
  public void snapshot(long index, Snapshot state) throws IOException {
    SnapshotFiles.Written written = snapshots.write(termOf(index), index, state);
    snapshot = written;
    snapshots.removeBut(written.file());
    while (segments.size() > 1 && segments.get(0).last() <= index) {
      Disk.delete(segments.remove(0).file);
    }
    long begins = segments.isEmpty() ? index + 1 : segments.get(0).first;
    entries.subList(0, (int) (begins - first)).clear();
    first = begins;
  }

  /** Takes a snapshot of another replica, and begins the log behind it. */
  public void receive(Iterator<byte[]> pieces) throws IOException {
    SnapshotFiles.Written written = snapshots.receive(pieces, (received, state) -> {});
    snapshot = written;
    snapshots.removeBut(written.file());
    for (SegmentFile segment : segments) {
      Disk.delete(segment.file);
    }
    segments.clear();
    entries.clear();
    first = written.index() + 1;
  }
}
