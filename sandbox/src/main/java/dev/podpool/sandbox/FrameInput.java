package dev.podpool.sandbox;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** Frames from the supervisor, one after the other. Used by one thread. */
final class FrameInput {
  private static final int BUFFER_BYTES = 64 << 10;

  private final ReadableByteChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).limit(0);

  FrameInput(ReadableByteChannel channel) {
    this.channel = channel;
  }

  /** Whether {@link #next} can go without asking the system. */
  boolean isBuffered() {
    return buffer.remaining() >= 4 && buffer.remaining() - 4 >= buffer.getInt(buffer.position());
  }

  /**
   * Blocks for a frame.
   *
   * @throws EOFException if the supervisor wants no more of this child
   */
  Frame next() throws IOException {
    while (buffer.remaining() < Frames.HEADER_BYTES) {
      fill();
    }
    byte[] body = new byte[buffer.getInt() - 1];
    byte type = buffer.get();
    int position = 0;
    while (true) {
      int count = Math.min(body.length - position, buffer.remaining());
      buffer.get(body, position, count);
      position += count;
      if (position == body.length) {
        return new Frame(type, body);
      }
      fill();
    }
  }

  private void fill() throws IOException {
    buffer.compact();
    int count = channel.read(buffer);
    buffer.flip();
    if (count < 0) {
      throw new EOFException();
    }
  }
}
