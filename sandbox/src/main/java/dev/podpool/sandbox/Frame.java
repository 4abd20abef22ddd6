package dev.podpool.sandbox;

import java.nio.charset.StandardCharsets;

/** A frame as the child got it, read from the front. */
final class Frame {
  final byte type;
  final byte[] body;
  private int position;

  Frame(byte type, byte[] body) {
    this.type = type;
    this.body = body;
  }

  int position() {
    return position;
  }

  int remaining() {
    return body.length - position;
  }

  byte getByte() {
    return body[position++];
  }

  int getInt() {
    return (getByte() & 0xff) << 24
        | (getByte() & 0xff) << 16
        | (getByte() & 0xff) << 8
        | (getByte() & 0xff);
  }

  long getLong() {
    return (long) getInt() << 32 | (getInt() & 0xffffffffL);
  }

  byte[] getBytes(int count) {
    byte[] bytes = new byte[count];
    System.arraycopy(body, position, bytes, 0, count);
    position += count;
    return bytes;
  }

  String getText() {
    return new String(getBytes(getInt()), StandardCharsets.UTF_8);
  }
}
