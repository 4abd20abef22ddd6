package dev.podpool.queue.raft;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;

/**
 * Writes to a file, a chunk at a time, and then the digest of it all. Syncs as it goes: dirty pages
 * left to the end would make the log's own syncs wait behind them.
 */
final class DigestedOutput extends OutputStream {

  private static final int CHUNK_BYTES = 256 << 10;
  private static final int SYNC_BYTES = 4 << 20;

  private final FileChannel channel;
  private final MessageDigest digest;
  private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
  private long unsynced;

  DigestedOutput(FileChannel channel, MessageDigest digest) {
    this.channel = channel;
    this.digest = digest;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    digest.update(bytes, offset, length);
    put(bytes, offset, length);
  }

  /** Appends the digest, and makes everything durable. */
  void finish() throws IOException {
    byte[] sum = digest.digest();
    put(sum, 0, sum.length);
    drain();
    channel.force(true);
  }

  private void put(byte[] bytes, int offset, int length) throws IOException {
    int done = 0;
    while (done < length) {
      if (!chunk.hasRemaining()) {
        drain();
      }
      int part = Math.min(chunk.remaining(), length - done);
      chunk.put(bytes, offset + done, part);
      done += part;
    }
  }

  private void drain() throws IOException {
    chunk.flip();
    while (chunk.hasRemaining()) {
      unsynced += channel.write(chunk);
    }
    chunk.clear();
    if (unsynced >= SYNC_BYTES) {
      channel.force(false);
      unsynced = 0;
    }
  }
}
