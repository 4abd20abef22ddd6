package dev.podpool.sandbox;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing byte array, integers big-endian as in {@link Frames}. Not thread-safe. */
public final class Bytes {
  private static final int KEPT_BYTES = 1 << 20;

  private byte[] array;
  private int length;

  public Bytes(int capacity) {
    array = new byte[capacity];
  }

  public byte[] array() {
    return array;
  }

  public int length() {
    return length;
  }

  /** Forgets the content, and a large array with it. */
  public void clear() {
    length = 0;
    if (array.length > KEPT_BYTES) {
      array = new byte[KEPT_BYTES];
    }
  }

  public void putByte(int value) {
    room(1);
    array[length++] = (byte) value;
  }

  public void putInt(int value) {
    room(4);
    length += 4;
    setInt(length - 4, value);
  }

  public void putLong(long value) {
    putInt((int) (value >>> 32));
    putInt((int) value);
  }

  public void setInt(int position, int value) {
    array[position] = (byte) (value >>> 24);
    array[position + 1] = (byte) (value >>> 16);
    array[position + 2] = (byte) (value >>> 8);
    array[position + 3] = (byte) value;
  }

  public void setLong(int position, long value) {
    setInt(position, (int) (value >>> 32));
    setInt(position + 4, (int) value);
  }

  public void putBytes(byte[] source, int offset, int count) {
    room(count);
    System.arraycopy(source, offset, array, length, count);
    length += count;
  }

  /** Makes room for {@code count} bytes, which {@code writer} puts where it is told. */
  public void putBytes(int count, Writer writer) {
    room(count);
    writer.write(array, length);
    length += count;
  }

  /** Puts bytes into an array from a position on. */
  public interface Writer {
    void write(byte[] target, int position);
  }

  public void putText(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    putInt(utf8.length);
    putBytes(utf8, 0, utf8.length);
  }

  private void room(int count) {
    if (array.length - length < count) {
      array = Arrays.copyOf(array, Math.max(Math.addExact(length, count), array.length * 2));
    }
  }
}
