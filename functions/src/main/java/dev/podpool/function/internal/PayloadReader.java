package dev.podpool.function.internal;

import dev.podpool.function.DecodeException;

/**
 * Goes through a run of payloads, as {@link PayloadWriter} wrote it, without copying. Owned by one
 * thread.
 */
public final class PayloadReader {
  private final byte[] buffer;
  private final int end;
  private int next;
  private int offset;
  private int length;

  /** Before the first payload of {@code run}, which is not copied. */
  public PayloadReader(byte[] run) {
    this(run, 0, run.length);
  }

  /** Before the first payload of a run that is a part of {@code buffer}. */
  public PayloadReader(byte[] buffer, int offset, int length) {
    this.buffer = buffer;
    this.next = offset;
    this.end = offset + length;
  }

  /**
   * Steps to the next payload.
   *
   * @return false after the last
   * @throws DecodeException if the run is cut off or damaged
   */
  public boolean next() {
    if (next >= end) {
      return false;
    }
    length = Varint.read(buffer, next, end);
    offset = next + Varint.size(length);
    if (length > end - offset) {
      throw new DecodeException(
          "payloads are cut off: one of "
              + length
              + " bytes begins at byte "
              + offset
              + " of "
              + end);
    }
    next = offset + length;
    return true;
  }

  /** The array the run is in. */
  public byte[] buffer() {
    return buffer;
  }

  /** Where the current payload begins, after its length. */
  public int offset() {
    return offset;
  }

  /** Size of the current payload in bytes. */
  public int length() {
    return length;
  }
}
