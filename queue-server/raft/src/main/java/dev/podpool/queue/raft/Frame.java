package dev.podpool.queue.raft;

import java.util.zip.CRC32C;

/**
 * What the bytes at one place of a segment say of the entry that begins there: its length as a
 * varint, a {@code LogEntryProto} (term, index and one body, in this order), and the CRC-32C of
 * both as four bytes. As Ratis 3.3 writes them ({@code SegmentedRaftLogOutputStream}).
 *
 * @param end the offset after the entry; where {@code state} is CUT, what it would be, or -1
 * @param index of the entry, or -1 where it was not reached
 */
record Frame(State state, int end, long term, long index) {

  enum State {
    /** An entry, with the right checksum. */
    WHOLE,
    /** Could begin an entry, but ends before it does. */
    CUT,
    /** Looks like an entry, with a wrong checksum. */
    BROKEN,
    /** No entry begins so. */
    NONSENSE
  }

  private static final Frame NONSENSE = new Frame(State.NONSENSE, -1, -1, -1);

  private static final int CHECKSUM_BYTES = 4;
  private static final int TERM_TAG = 1 << 3;
  private static final int INDEX_TAG = 2 << 3;

  /** Reads the entry that begins at {@code at}, as if {@code bytes} ended at {@code limit}. */
  static Frame read(byte[] bytes, int at, int limit) {
    return new Reader(bytes, at, limit).read();
  }

  /** The checksum that belongs to the entry from {@code at} to {@code end}. */
  static int checksum(byte[] bytes, int at, int end) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, at, end - CHECKSUM_BYTES - at);
    return (int) crc.getValue();
  }

  /**
   * Whether the checksum's bytes before {@code limit}, if there are any, fit this cut entry, whose
   * other bytes are all there.
   */
  boolean checksumFits(byte[] bytes, int at, int limit) {
    int first = end - CHECKSUM_BYTES;
    if (end < 0 || limit <= first) {
      return true;
    }
    int expected = checksum(bytes, at, end);
    for (int i = first; i < limit; i++) {
      if (bytes[i] != (byte) (expected >>> (8 * (end - 1 - i)))) {
        return false;
      }
    }
    return true;
  }

  private static final class Reader {
    private static final long OUT = -1;
    private static final long BAD = -2;

    private final byte[] bytes;
    private final int at;
    private final int limit;
    private int position;

    Reader(byte[] bytes, int at, int limit) {
      this.bytes = bytes;
      this.at = at;
      this.limit = limit;
      this.position = at;
    }

    Frame read() {
      long length = varint();
      if (length == OUT) {
        return cut(-1, -1, -1);
      }
      long end = position + length + CHECKSUM_BYTES;
      if (length <= 0 || end > Integer.MAX_VALUE) {
        return NONSENSE;
      }
      int bodyEnd = (int) end - CHECKSUM_BYTES;
      long term = field(TERM_TAG, 0, bodyEnd);
      if (term == OUT) {
        return cut((int) end, -1, -1);
      }
      long index = term == BAD ? BAD : field(INDEX_TAG, 0, bodyEnd);
      if (index == OUT) {
        return cut((int) end, term, -1);
      }
      return term == BAD || index == BAD ? NONSENSE : body((int) end, bodyEnd, term, index);
    }

    private Frame body(int end, int bodyEnd, long term, long index) {
      if (position >= limit) {
        return cut(end, term, index);
      }
      int tag = bytes[position++];
      // One of the bodies 3 to 5, length-delimited, and the last field.
      if (tag != (3 << 3 | 2) && tag != (4 << 3 | 2) && tag != (5 << 3 | 2)) {
        return NONSENSE;
      }
      long length = varint();
      if (length == OUT) {
        return cut(end, term, index);
      }
      if (length < 0 || position + length != bodyEnd) {
        return NONSENSE;
      }
      if (end > limit) {
        return cut(end, term, index);
      }
      int stored = 0;
      for (int i = bodyEnd; i < end; i++) {
        stored = stored << 8 | (bytes[i] & 0xff);
      }
      boolean whole = stored == checksum(bytes, at, end);
      return new Frame(whole ? State.WHOLE : State.BROKEN, end, term, index);
    }

    private static Frame cut(int end, long term, long index) {
      return new Frame(State.CUT, end, term, index);
    }

    /** The varint of the field with {@code tag}, or {@code missing} where another one comes. */
    private long field(int tag, long missing, int bodyEnd) {
      if (position >= limit) {
        return OUT;
      }
      if (bytes[position] != tag) {
        return missing;
      }
      position++;
      long value = varint();
      return position > bodyEnd ? BAD : value;
    }

    private long varint() {
      long value = 0;
      for (int shift = 0; shift < 63; shift += 7) {
        if (position >= limit) {
          return OUT;
        }
        byte next = bytes[position++];
        value |= (long) (next & 0x7f) << shift;
        if (next >= 0) {
          return value;
        }
      }
      return BAD;
    }
  }
}
