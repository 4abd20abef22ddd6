package dev.podpool.queue.raft;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * One segment file, read before Ratis reads it: Ratis either refuses a half-written last entry, or
 * forgets everything after any damage at all.
 *
 * <p>An entry that was being written when the process or the machine ended was acknowledged to
 * nobody, and is cut off. It shows: the file ends within it, or its last bytes, or a whole sector
 * of it, are the zeros that were there before, and no entry follows. Anything else that does not
 * check is damage to what may have been acknowledged, and refused with its place.
 */
final class Segment {

  /** What a segment begins with. */
  static final int HEADER_BYTES = 8;

  static final byte[] HEADER = "RaftLog1".getBytes(US_ASCII);

  private static final System.Logger LOG = System.getLogger(Segment.class.getName());

  private static final int SECTOR_BYTES = 512;

  // A search that needs more is answered with a refusal: start is bounded in time.
  private static final long CHECKED_BYTES_MAX = 4L << 30;

  private final Path file;
  private final long first;
  private final int entryBytesMax;
  private final byte[] bytes;
  private int position = HEADER_BYTES;
  private long next;
  private long term;

  private Segment(Path file, long first, int entryBytesMax, byte[] bytes) {
    this.file = file;
    this.first = first;
    this.entryBytesMax = entryBytesMax;
    this.bytes = bytes;
    this.next = first;
  }

  /**
   * Where a segment ends.
   *
   * @param next the index of the entry that comes next
   * @param term of its last entry, or 0
   * @param position the offset of the next entry; 0 where there is no file any more
   */
  record End(long next, long term, int position) {}

  /**
   * Checks the segment whose first entry has index {@code first} and which was closed after {@code
   * last}.
   */
  static End checkClosed(Path file, long first, long last, int entryBytesMax) throws IOException {
    Segment segment = new Segment(file, first, entryBytesMax, Files.readAllBytes(file));
    if (!segment.hasHeader()) {
      throw segment.damaged(0, "it does not begin as a segment");
    }
    segment.scan();
    if (segment.position < segment.dataEnd(segment.position)) {
      throw segment.damaged(segment.position, "no entry can be read there");
    }
    if (segment.next != last + 1) {
      throw segment.damaged(
          segment.position,
          "it ends with entry %d instead of %d".formatted(segment.next - 1, last));
    }
    return segment.end();
  }

  /**
   * Checks the segment that was being written, and cuts off what the last write left half-done.
   * What is left is durable when this returns: a kill leaves what was written and not synced, and a
   * sync that fails what will never be, and Ratis takes all that it reads for synced.
   */
  static End repairOpen(Path file, long first, int entryBytesMax) throws IOException {
    Segment segment = new Segment(file, first, entryBytesMax, Files.readAllBytes(file));
    if (!segment.hasHeader()) {
      segment.removeUnborn();
      return new End(segment.next, 0, 0);
    }
    segment.scan();
    int end = segment.dataEnd(segment.position);
    if (segment.position >= end) {
      Disk.rewrite(file, segment.bytes, segment.position);
      return segment.end();
    }
    segment.requireNothingFollows(end);
    if (!segment.isHalfWritten(end)) {
      throw segment.damaged(
          segment.position, "the entry there is complete, but its checksum is wrong");
    }
    Disk.truncate(file, segment.position);
    Disk.rewrite(file, segment.bytes, segment.position);
    LOG.log(
        System.Logger.Level.WARNING,
        "cut {0} bytes of an entry that was being written off the end of {1}; it was acknowledged to nobody",
        end - segment.position,
        file);
    return segment.end();
  }

  private End end() {
    return new End(next, term, position);
  }

  private boolean hasHeader() {
    return bytes.length >= HEADER_BYTES
        && Arrays.equals(bytes, 0, HEADER_BYTES, HEADER, 0, HEADER_BYTES);
  }

  /** Ratis syncs the header before it writes the first entry. */
  private void removeUnborn() throws IOException {
    int end = dataEnd(0);
    for (int i = 0; i < end; i++) {
      if (i >= HEADER_BYTES || bytes[i] != HEADER[i]) {
        throw damaged(i, "it does not begin as a segment");
      }
    }
    Disk.delete(file);
  }

  /** Moves behind the last entry that checks and fits the one before. */
  private void scan() {
    while (position < bytes.length) {
      Frame frame = Frame.read(bytes, position, bytes.length);
      if (frame.state() != Frame.State.WHOLE) {
        return;
      }
      if (frame.index() != next || frame.term() < term) {
        throw damaged(
            position,
            "entry %d of term %d is where entry %d of term %d or later belongs"
                .formatted(frame.index(), frame.term(), next, term));
      }
      if (frame.end() - position > entryBytesMax) {
        throw new LogException(
            "%s holds an entry of %d bytes at offset %d, above the %d that entryBytesMax allows: set it as high as it was"
                .formatted(file, frame.end() - position, position, entryBytesMax));
      }
      position = frame.end();
      term = frame.term();
      next++;
    }
  }

  /** The offset after the last byte that is not one of the zeros of preallocated space. */
  private int dataEnd(int atLeast) {
    int end = bytes.length;
    while (end > atLeast && bytes[end - 1] == 0) {
      end--;
    }
    return end;
  }

  private void requireNothingFollows(int end) {
    long checked = 0;
    for (int at = position + 1; at < end; at++) {
      Frame frame = Frame.read(bytes, at, bytes.length);
      if (frame.state() == Frame.State.WHOLE && follows(frame)) {
        throw damaged(
            position, "entry %d at offset %d follows the damage".formatted(frame.index(), at));
      }
      if (frame.state() == Frame.State.WHOLE || frame.state() == Frame.State.BROKEN) {
        checked += frame.end() - at;
      }
      if (checked > CHECKED_BYTES_MAX) {
        throw damaged(position, "whether an entry follows could not be found out in time");
      }
    }
  }

  private boolean follows(Frame frame) {
    return frame.index() > next && frame.index() - next < bytes.length && frame.term() >= term;
  }

  private boolean isHalfWritten(int end) {
    Frame frame = Frame.read(bytes, position, end);
    if (frame.state() == Frame.State.CUT
        && (frame.index() < 0 || frame.index() == next)
        && (frame.term() < 0 || frame.term() >= term)
        && frame.checksumFits(bytes, position, end)) {
      return true;
    }
    // The disk writes whole sectors, in any order.
    for (int from = position; from < end; ) {
      int to = Math.min(end, (from / SECTOR_BYTES + 1) * SECTOR_BYTES);
      if (isZero(from, to)) {
        return true;
      }
      from = to;
    }
    return false;
  }

  private boolean isZero(int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private LogException damaged(int offset, String how) {
    return new LogException(
        "%s is damaged at offset %d, after entry %d: %s. What follows may have been acknowledged, so nothing is dropped: restore the data directory from a copy"
            .formatted(file, offset, Math.max(next - 1, first - 1), how));
  }
}
