package dev.podpool.function.internal;

import dev.podpool.function.EncodeException;
import java.io.OutputStream;
import java.lang.reflect.Type;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Gathers a run of payloads back to back, each preceded by its length in bytes as an unsigned
 * varint: what {@code podpool.v1.Payloads.data} holds. Owned by one thread.
 */
public final class PayloadWriter {
  /** The largest payload, where no other limit is given: 64 MiB. */
  public static final int MAX_PAYLOAD_BYTES = 64 << 20;

  private static final int RUN_BYTES_MAX = Integer.MAX_VALUE - 8;
  private static final int INITIAL_BYTES = 256;

  /** What a codec may ask room for beyond what it then writes; end() checks exactly. */
  private static final int ESTIMATE_EXCESS_MAX = 32;

  private final int maxPayloadBytes;
  private byte[] buffer = new byte[INITIAL_BYTES];
  private int size;
  private int count;
  private int depth;
  private long payloadEndMax = RUN_BYTES_MAX;
  private @Nullable Type type;

  /** A writer that accepts payloads of up to {@link #MAX_PAYLOAD_BYTES}. */
  public PayloadWriter() {
    this(MAX_PAYLOAD_BYTES);
  }

  /**
   * @param maxPayloadBytes the largest payload, without its length; at least 1
   */
  public PayloadWriter(int maxPayloadBytes) {
    if (maxPayloadBytes < 1) {
      throw new IllegalArgumentException(
          "maxPayloadBytes is " + maxPayloadBytes + ", must be at least 1");
    }
    this.maxPayloadBytes = maxPayloadBytes;
  }

  /** How many payloads are held. */
  public int count() {
    return count;
  }

  /** Size of the run, lengths included. */
  public int sizeBytes() {
    return size;
  }

  /** The run, in a new array. */
  public byte[] toByteArray() {
    return Arrays.copyOf(buffer, size);
  }

  /** The array whose first {@link #sizeBytes} bytes are the run: valid until the next change. */
  public byte[] buffer() {
    return buffer;
  }

  /** Forgets the run, and keeps the memory for the next. */
  public void reset() {
    size = 0;
    count = 0;
    depth = 0;
  }

  /** Takes back all but the first {@code payloads}, which take {@code sizeBytes}. */
  public void cut(int payloads, int sizeBytes) {
    if (payloads > count || sizeBytes > size) {
      throw new IllegalArgumentException(
          payloads + " payloads of " + sizeBytes + " bytes are more than there are");
    }
    count = payloads;
    size = sizeBytes;
  }

  /** Appends a payload that is encoded already. */
  public void append(byte[] bytes, int offset, int length) {
    int start = begin(null);
    boolean done = false;
    try {
      write(bytes, offset, length);
      end(start);
      done = true;
    } finally {
      if (!done) {
        rollback(start);
      }
    }
  }

  /**
   * Starts a payload, or a part of the one begun. To be matched by {@link #end} or {@link
   * #rollback}.
   *
   * @param type what is being encoded, for messages
   * @return to be given to the match
   */
  int begin(@Nullable Type type) {
    if (depth == 0) {
      payloadEndMax = RUN_BYTES_MAX;
      ensure(1);
      // One byte is for the length; the rest of it is made room for in end().
      payloadEndMax = Math.min(RUN_BYTES_MAX, (long) size + 1 + maxPayloadBytes);
    } else {
      ensure(1);
    }
    this.type = type;
    depth++;
    return size++;
  }

  /** Ends what was begun at {@code start}: now its length is known, and put before it. */
  void end(int start) {
    int length = size - start - 1;
    if (depth == 1) {
      if (length > maxPayloadBytes) {
        throw tooLarge();
      }
      payloadEndMax = RUN_BYTES_MAX;
    }
    if (length < 0x80) {
      buffer[start] = (byte) length;
    } else {
      prefixLong(start, length);
    }
    if (--depth == 0) {
      count++;
    }
  }

  private void prefixLong(int start, int length) {
    int more = Varint.size(length) - 1;
    ensure(more);
    System.arraycopy(buffer, start + 1, buffer, start + 1 + more, length);
    Varint.write(buffer, start, length);
    size += more;
  }

  /** Takes back what was begun at {@code start}. */
  void rollback(int start) {
    size = start;
    depth--;
  }

  void write(int value) {
    ensure(1);
    buffer[size++] = (byte) value;
  }

  void write(byte[] bytes, int offset, int length) {
    ensure(length);
    System.arraycopy(bytes, offset, buffer, size, length);
    size += length;
  }

  /** Appends characters that are all ASCII. */
  @SuppressWarnings("deprecation") // the one call that copies Latin-1 without a new array
  void writeAscii(String text) {
    int length = text.length();
    ensure(length);
    text.getBytes(0, length, buffer, size);
    size += length;
  }

  /** Makes room for {@code bytes} more: writing up to there needs no further check. */
  void ensure(int bytes) {
    if (buffer.length - size < bytes) {
      grow(bytes);
    }
  }

  /** Where the next byte goes: for a codec that writes into {@link #buffer} after ensure. */
  int position() {
    return size;
  }

  void position(int position) {
    size = position;
  }

  private void grow(int bytes) {
    long wanted = (long) size + bytes;
    if (wanted > RUN_BYTES_MAX) {
      throw runTooLarge();
    }
    if (wanted > payloadEndMax + ESTIMATE_EXCESS_MAX) {
      throw tooLarge();
    }
    buffer =
        Arrays.copyOf(buffer, (int) Math.min(RUN_BYTES_MAX, Math.max(wanted, buffer.length * 2L)));
  }

  private EncodeException tooLarge() {
    String what = type == null ? "a payload" : "a value of type " + type.getTypeName();
    return new EncodeException(
        what
            + " takes more than maxPayloadBytes, which is "
            + maxPayloadBytes
            + "; pass where it is kept (a path, a URL) in its place, split it, or raise the limit");
  }

  private static EncodeException runTooLarge() {
    return new EncodeException(
        "the payloads of one batch take more than "
            + RUN_BYTES_MAX
            + " bytes; submit fewer inputs at a time");
  }

  /** Appends to the payload begun; close does nothing. */
  OutputStream asStream() {
    return new OutputStream() {
      @Override
      public void write(int value) {
        PayloadWriter.this.write(value);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) {
        PayloadWriter.this.write(bytes, offset, length);
      }
    };
  }
}
