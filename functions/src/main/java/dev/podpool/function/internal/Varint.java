package dev.podpool.function.internal;

import dev.podpool.function.DecodeException;

/** Unsigned 31-bit numbers, seven bits a byte, lowest first: as protobuf writes them. */
final class Varint {
  private Varint() {}

  static int size(int value) {
    return value == 0 ? 1 : (38 - Integer.numberOfLeadingZeros(value)) / 7;
  }

  /** Writes {@link #size} bytes. */
  static void write(byte[] buffer, int offset, int value) {
    int rest = value;
    int at = offset;
    while (rest >= 0x80) {
      buffer[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    buffer[at] = (byte) rest;
  }

  /**
   * The number at {@code offset}; it takes {@link #size} bytes if it was written by {@link #write}.
   */
  static int read(byte[] buffer, int offset, int end) {
    int value = 0;
    int at = offset;
    for (int shift = 0; shift < 35; shift += 7) {
      if (at >= end) {
        break;
      }
      byte next = buffer[at++];
      value |= (next & 0x7f) << shift;
      if (next >= 0) {
        if (value < 0 || at - offset != size(value)) {
          break;
        }
        return value;
      }
    }
    throw new DecodeException("payloads are damaged: no length at byte " + offset + " of " + end);
  }
}
