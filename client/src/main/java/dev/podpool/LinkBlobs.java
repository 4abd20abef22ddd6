package dev.podpool;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.podpool.function.internal.ClassPathArchives;
import dev.podpool.function.internal.PayloadWriter;
import dev.podpool.internal.BlobStore;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PutBlob;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Blobs of a queue in another process. */
final class LinkBlobs implements BlobStore {

  private static final int INLINE_BYTES_MAX = 256 << 10;
  private static final int PIECE_BYTES = 256 << 10;
  // On their way for one blob: enough to keep the queue's disk busy, and no more memory than that.
  private static final int PIECES_MAX = 16;
  private static final Duration FETCH_TIME_MAX = Duration.ofSeconds(60);
  private static final long RETRY_MILLIS = 500;

  private final QueueLink link;
  private final long patienceNanos;

  LinkBlobs(QueueLink link) {
    this.link = link;
    this.patienceNanos = TimeUnit.NANOSECONDS.convert(link.patience());
  }

  @Override
  public int inlineBytesMax() {
    return INLINE_BYTES_MAX;
  }

  // ---- there

  @Override
  public Blob put(byte[] bytes) {
    Blob blob = name(ClassPathArchives.sha256().digest(bytes), bytes.length);
    try {
      put(blob, new ByteArrayInputStream(bytes));
    } catch (IOException e) {
      throw new IllegalStateException("memory does not fail", e);
    }
    return blob;
  }

  static Blob name(byte[] sha256, long sizeBytes) {
    return Blob.newBuilder().setSha256(ByteString.copyFrom(sha256)).setSizeBytes(sizeBytes).build();
  }

  /**
   * Has what {@code in} reads kept as {@code blob}, which it must be. Blocks.
   *
   * @throws IOException if it can't be read
   */
  void put(Blob blob, InputStream in) throws IOException {
    ArrayDeque<CompletableFuture<Void>> onTheirWay = new ArrayDeque<>();
    long offset = 0;
    do {
      byte[] piece = in.readNBytes((int) Math.min(PIECE_BYTES, blob.getSizeBytes() - offset));
      if (piece.length == 0 && offset < blob.getSizeBytes()) {
        throw new IOException("it ends at byte " + offset + " of " + blob.getSizeBytes());
      }
      if (onTheirWay.size() == PIECES_MAX) {
        QueueLink.await(onTheirWay.remove());
      }
      onTheirWay.add(link.call(operation(blob, offset, piece)));
      offset += piece.length;
    } while (offset < blob.getSizeBytes());
    onTheirWay.forEach(QueueLink::await);
  }

  /** Begins the ten minutes anew for which {@code blob}, which is there, is kept. */
  void touch(Blob blob, byte[] itsFirstByte) {
    QueueLink.await(link.call(operation(blob, 0, itsFirstByte)));
  }

  private static Operation operation(Blob blob, long offset, byte[] piece) {
    PutBlob put =
        PutBlob.newBuilder()
            .setBlob(blob)
            .setOffset(offset)
            .setData(UnsafeByteOperations.unsafeWrap(piece))
            .build();
    return Operation.newBuilder().setPutBlob(put).build();
  }

  // ---- and back

  @Override
  public byte[] get(Blob blob) {
    if (blob.getSizeBytes() < 0 || blob.getSizeBytes() > PayloadWriter.MAX_PAYLOAD_BYTES) {
      throw new PodpoolException(
          "it is kept as a blob of "
              + Long.toUnsignedString(blob.getSizeBytes())
              + " bytes, and may have "
              + PayloadWriter.MAX_PAYLOAD_BYTES
              + "; does the worker run another version?");
    }
    try {
      long began = System.nanoTime();
      while (true) {
        try {
          return fetch(blob);
        } catch (IOException e) {
          boolean isForGood = e instanceof FileNotFoundException;
          if (isForGood || System.nanoTime() - began > patienceNanos) {
            throw new PodpoolException(
                e.getMessage() + (isForGood ? "; submit the job again" : ""), e);
          }
        }
        Thread.sleep(RETRY_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PodpoolException("interrupted on the way", e);
    }
  }

  private byte[] fetch(Blob blob) throws IOException, InterruptedException {
    byte[] bytes = new byte[(int) blob.getSizeBytes()];
    Into into = new Into(bytes);
    link.connection().fetch(blob, into, FETCH_TIME_MAX);
    byte[] sha256 = ClassPathArchives.sha256().digest(bytes);
    if (into.size < bytes.length || !blob.getSha256().equals(ByteString.copyFrom(sha256))) {
      throw new IOException(
          into.size
              + " bytes came with the SHA-256 "
              + HexFormat.of().formatHex(sha256)
              + ", and not the blob's "
              + bytes.length
              + " bytes with "
              + HexFormat.of().formatHex(blob.getSha256().toByteArray()));
    }
    return bytes;
  }

  private static final class Into extends OutputStream {
    private final byte[] bytes;
    private int size;

    Into(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int count) throws IOException {
      if (count > bytes.length - size) {
        throw new IOException("more than its " + bytes.length + " bytes came");
      }
      System.arraycopy(from, offset, bytes, size, count);
      size += count;
    }
  }
}
