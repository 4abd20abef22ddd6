package dev.podpool.queue.raft;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import dev.podpool.protocol.Snapshot;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots as files {@code snapshot.<index>}, or {@code received.<index>} where another replica
 * wrote it: magic, format, term, index and length of the message, the message, and the SHA-256 of
 * all that. A file with such a name is complete and durable, and so are the blobs that it lists.
 */
final class SnapshotFiles {

  static final int FORMAT = 1;
  static final int HEADER_BYTES = 8 + 4 + 8 + 8 + 8;
  static final int DIGEST_BYTES = 32;

  private static final System.Logger LOG = System.getLogger(SnapshotFiles.class.getName());

  private static final byte[] MAGIC = "podpoolS".getBytes(US_ASCII);
  private static final String OWN = "snapshot.";
  private static final String RECEIVED = "received.";
  private static final Pattern NAME =
      Pattern.compile(
          "(?:%s|%s)(\\d{1,18})".formatted(Pattern.quote(OWN), Pattern.quote(RECEIVED)));
  private static final String UNFINISHED = "unfinished.";

  private final Path directory;

  SnapshotFiles(Path directory) {
    this.directory = directory;
  }

  /**
   * A snapshot on disk: the state after the entry {@code index} of {@code term}.
   *
   * @param sha256 of the state, and of nothing else: where states are equal, this is
   */
  record Written(Path file, long term, long index, long bytes, ByteString sha256) {

    /** Whether another replica wrote it: then the log here may end before it. */
    boolean isReceived() {
      return String.valueOf(file.getFileName()).startsWith(RECEIVED);
    }
  }

  /** What becomes of a snapshot of another replica before it counts here. */
  interface Incoming {

    /**
     * Makes all that {@code state} refers to durable.
     *
     * @throws IOException if the snapshot is not to count; so does any other exception
     */
    void prepare(Written received, Snapshot state) throws IOException;
  }

  /**
   * The newest snapshot, read through and found undamaged; null if there is none. Removes older and
   * unfinished ones.
   */
  @Nullable Written newest() throws IOException {
    Path newest = null;
    long index = -1;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
        if (name.matches() && Long.parseLong(name.group(1)) > index) {
          newest = file;
          index = Long.parseLong(name.group(1));
        }
      }
    }
    Written found = newest == null ? null : check(newest, index);
    removeBut(newest);
    return found;
  }

  /** The state in {@code snapshot}, which has been checked. */
  static Snapshot read(Written snapshot) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(snapshot.file()), 1 << 20)) {
      in.skipNBytes(HEADER_BYTES);
      int length = Math.toIntExact(snapshot.bytes() - HEADER_BYTES - DIGEST_BYTES);
      CodedInputStream coded = CodedInputStream.newInstance(in);
      coded.setSizeLimit(Integer.MAX_VALUE);
      coded.pushLimit(length);
      return Snapshot.parseFrom(coded);
    }
  }

  /** Writes {@code state}; when this returns, it is durable. Leaves nothing behind if it fails. */
  Written write(long term, long index, Snapshot state) throws IOException {
    Path unfinished = directory.resolve(UNFINISHED + index);
    Path file = directory.resolve(OWN + index);
    MessageDigest ofState = sha256();
    Files.deleteIfExists(unfinished);
    try {
      long bytes;
      try (FileChannel channel =
          FileChannel.open(
              unfinished,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              Disk.PRIVATE_FILE)) {
        int length = state.getSerializedSize();
        DigestedOutput out = new DigestedOutput(channel, sha256());
        out.write(header(term, index, length));
        state.writeTo(new DigestOutputStream(out, ofState));
        out.finish();
        bytes = channel.size();
        if (bytes != (long) HEADER_BYTES + length + DIGEST_BYTES) {
          throw new IOException(
              "snapshot of entry %d has %d bytes, above what one message may have"
                  .formatted(index, bytes));
        }
      }
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
      Disk.syncDirectory(directory);
      return new Written(file, term, index, bytes, ByteString.copyFrom(ofState.digest()));
    } catch (IOException | RuntimeException e) {
      try {
        Files.deleteIfExists(unfinished);
      } catch (IOException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
  }

  /**
   * A snapshot that comes from another replica; durable when this returns, and undamaged. Until it
   * is prepared, the one before it counts.
   */
  Written receive(Iterator<byte[]> pieces, Incoming incoming) throws IOException {
    Path unfinished = directory.resolve(UNFINISHED + "received");
    Files.deleteIfExists(unfinished);
    try {
      long index = -1;
      try (FileChannel channel =
          FileChannel.open(
              unfinished,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              Disk.PRIVATE_FILE)) {
        while (pieces.hasNext()) {
          ByteBuffer piece = ByteBuffer.wrap(pieces.next());
          if (index < 0 && piece.remaining() >= HEADER_BYTES) {
            index = piece.getLong(MAGIC.length + Integer.BYTES + Long.BYTES);
          }
          while (piece.hasRemaining()) {
            channel.write(piece);
          }
        }
        channel.force(true);
      }
      Written received = checkReceived(unfinished, index);
      incoming.prepare(received, read(received));
      Path file = directory.resolve(RECEIVED + index);
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
      Disk.syncDirectory(directory);
      return new Written(file, received.term(), index, received.bytes(), received.sha256());
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  /** Removes all but {@code kept}. What cannot be removed stays until the next time. */
  void removeBut(@Nullable Path kept) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        if (!file.equals(kept) && (NAME.matcher(name).matches() || name.startsWith(UNFINISHED))) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "old snapshots stay in " + directory, e);
    }
  }

  private static byte[] header(long term, long index, long length) {
    return ByteBuffer.allocate(HEADER_BYTES)
        .put(MAGIC)
        .putInt(FORMAT)
        .putLong(term)
        .putLong(index)
        .putLong(length)
        .array();
  }

  private static Written checkReceived(Path file, long index) throws IOException {
    try {
      return check(file, index);
    } catch (LogException e) {
      throw new IOException("it came damaged, or of a later release", e);
    }
  }

  private static Written check(Path file, long index) throws IOException {
    long bytes = Files.size(file);
    try (InputStream in = Files.newInputStream(file)) {
      byte[] start = in.readNBytes(HEADER_BYTES);
      if (start.length < HEADER_BYTES
          || !Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
        throw damaged(file, "it does not begin as a snapshot, at offset 0");
      }
      ByteBuffer header = ByteBuffer.wrap(start, MAGIC.length, HEADER_BYTES - MAGIC.length);
      int format = header.getInt();
      long term = header.getLong();
      long named = header.getLong();
      long length = header.getLong();
      if (named != index || length < 0 || bytes != HEADER_BYTES + length + DIGEST_BYTES) {
        throw damaged(
            file,
            "its header, at offsets 0 to %d, says entry %d and %d bytes, the file %d and %d"
                .formatted(
                    HEADER_BYTES - 1, named, length, index, bytes - HEADER_BYTES - DIGEST_BYTES));
      }
      MessageDigest digest = sha256();
      MessageDigest ofState = sha256();
      digest.update(start);
      digest(in, length, digest, ofState);
      if (!Arrays.equals(digest.digest(), in.readNBytes(DIGEST_BYTES))) {
        throw damaged(
            file,
            "its offsets 0 to %d have another SHA-256 than the one after them"
                .formatted(bytes - DIGEST_BYTES - 1));
      }
      if (format > FORMAT) {
        throw new LogException(
            "%s has format %d, and this release reads up to %d: run the release that wrote it, or a later one"
                .formatted(file, format, FORMAT));
      }
      return new Written(file, term, index, bytes, ByteString.copyFrom(ofState.digest()));
    }
  }

  private static void digest(InputStream in, long length, MessageDigest... digests)
      throws IOException {
    byte[] chunk = new byte[1 << 16];
    long left = length;
    while (left > 0) {
      int read = in.read(chunk, 0, (int) Math.min(chunk.length, left));
      if (read < 0) {
        return;
      }
      for (MessageDigest digest : digests) {
        digest.update(chunk, 0, read);
      }
      left -= read;
    }
  }

  private static LogException damaged(Path file, String how) {
    return new LogException(
        "%s is damaged: %s. The log before it is gone, so nothing stands in for it: restore the data directory from a copy"
            .formatted(file, how));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }
}
