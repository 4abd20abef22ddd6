package dev.podpool.worker;

import dev.podpool.sandbox.Bytes;
import dev.podpool.sandbox.Frames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The supervisor's end of the link to a child: frames in, frames out, never blocking. */
final class Connection {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int WRITE_BYTES = 128 << 10;

  /** Takes the frames that came. */
  interface Receiver {
    void frame(byte type, ByteBuffer body) throws IOException;
  }

  /** Whose it is; null until it has said who it is. */
  @Nullable ChildProcess child;

  /** What it is for, where that is the queue and not items. */
  @Nullable ChildQueue queue;

  private final SocketChannel channel;
  private final SelectionKey key;
  private final Bytes out = new Bytes(BUFFER_BYTES);
  private int written;
  private int frameStart;
  private byte[] in = new byte[BUFFER_BYTES];
  private int inStart;
  private int inEnd;
  private boolean paused;

  Connection(SocketChannel channel, SelectionKey key) {
    this.channel = channel;
    this.key = key;
  }

  /** Starts a frame; its body is what is put into the returned bytes before {@link #endFrame}. */
  Bytes startFrame(byte type) {
    frameStart = out.length();
    out.putInt(0);
    out.putByte(type);
    return out;
  }

  void endFrame() {
    out.setInt(frameStart, out.length() - frameStart - 4);
  }

  /** Gives the child as much as it takes now; the rest when the selector says so. */
  void flush() throws IOException {
    if (out.length() == 0) {
      return;
    }
    while (written < out.length()) {
      int count = Math.min(WRITE_BYTES, out.length() - written);
      int taken = channel.write(ByteBuffer.wrap(out.array(), written, count));
      written += taken;
      if (taken < count) {
        key.interestOps(reading() | SelectionKey.OP_WRITE);
        return;
      }
    }
    out.clear();
    written = 0;
    if (key.interestOps() != reading()) {
      key.interestOps(reading());
    }
  }

  private int reading() {
    return paused ? 0 : SelectionKey.OP_READ;
  }

  // ---- pausing

  /** Takes no further frame until {@link #resume}; what comes meanwhile waits at its sender. */
  void pause() {
    paused = true;
    if (key.isValid()) {
      key.interestOps(key.interestOps() & ~SelectionKey.OP_READ);
    }
  }

  boolean isPaused() {
    return paused;
  }

  /** Goes on, with the frames that are here already. */
  void resume(Receiver receiver) throws IOException {
    paused = false;
    takeFrames(receiver);
    if (!paused && key.isValid()) {
      key.interestOps(key.interestOps() | SelectionKey.OP_READ);
    }
  }

  /**
   * Takes what the child has sent.
   *
   * @return false at its end
   */
  boolean read(Receiver receiver) throws IOException {
    while (!paused) {
      if (inEnd == in.length) {
        makeRoom();
      }
      int count = channel.read(ByteBuffer.wrap(in, inEnd, in.length - inEnd));
      if (count < 0) {
        return false;
      }
      boolean more = count == in.length - inEnd;
      inEnd += count;
      takeFrames(receiver);
      if (!more) {
        return true;
      }
    }
    return true;
  }

  private void takeFrames(Receiver receiver) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(in);
    while (!paused && inEnd - inStart >= Frames.HEADER_BYTES) {
      int length = buffer.getInt(inStart);
      if (inEnd - inStart - 4 < length) {
        break;
      }
      byte type = in[inStart + 4];
      ByteBuffer body = ByteBuffer.wrap(in, inStart + Frames.HEADER_BYTES, length - 1);
      inStart += 4 + length;
      receiver.frame(type, body);
    }
    if (inStart == inEnd) {
      inStart = 0;
      inEnd = 0;
      if (in.length > BUFFER_BYTES) {
        in = new byte[BUFFER_BYTES];
      }
    }
  }

  /** The buffer is full, and holds less than a frame behind what is taken. */
  private void makeRoom() {
    int frame = inEnd - inStart >= 4 ? ByteBuffer.wrap(in).getInt(inStart) + 4 : 0;
    byte[] from = in;
    if (frame > in.length) {
      in = new byte[frame];
    } else if (inStart == 0) {
      in = Arrays.copyOf(in, 2 * in.length);
      return;
    }
    System.arraycopy(from, inStart, in, 0, inEnd - inStart);
    inEnd -= inStart;
    inStart = 0;
  }

  /** Tells the child that nothing follows. What it still says is taken. */
  void end() {
    try {
      channel.shutdownOutput();
    } catch (IOException e) {
      // It's gone: nothing follows indeed.
    }
  }

  void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Closed all the same.
    }
  }
}
