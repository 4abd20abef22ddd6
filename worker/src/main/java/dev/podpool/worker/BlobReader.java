package dev.podpool.worker;

import com.google.protobuf.ByteString;
import dev.podpool.function.internal.ClassPathArchives;
import dev.podpool.protocol.Blob;
import dev.podpool.session.BlobSource;
import dev.podpool.worker.Fetches.Fetch;
import java.io.FileNotFoundException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;

/**
 * Blobs from their source, whole and verified. A failure is tried again, ever later, for as long as
 * patience lasts; bytes that are not the blob's are fetched once more. Blocking; any thread.
 */
final class BlobReader {
  private static final long BACK_OFF_MILLIS = 100;
  private static final long BACK_OFF_MILLIS_MAX = 5_000;
  private static final int WRONG_MAX = 2;

  private final BlobSource source;
  private final long patienceNanos;

  BlobReader(BlobSource source, Duration patience) {
    this.source = source;
    this.patienceNanos = patience.toNanos();
  }

  /** Where the bytes go. */
  interface Target {
    /** Opened for each try, and starts anew. */
    OutputStream open() throws IOException;
  }

  /** The bytes that came are not those of the blob. */
  static final class WrongBytesException extends IOException {
    private static final long serialVersionUID = 1;

    WrongBytesException(String message) {
      super(message);
    }
  }

  /**
   * Has {@code blob} in {@code target}.
   *
   * @throws WrongBytesException if other bytes came, twice
   * @throws FileNotFoundException if the source has no such blob
   * @throws IOException if it could not be read for so long, or not be written
   */
  void read(Blob blob, Target target, Fetch fetch) throws IOException, InterruptedException {
    long giveUpNanos = System.nanoTime() + patienceNanos;
    long backOffMillis = BACK_OFF_MILLIS;
    int wrong = 0;
    while (true) {
      fetch.touch();
      try {
        readOnce(blob, target, fetch);
        return;
      } catch (WrongBytesException e) {
        if (++wrong == WRONG_MAX) {
          throw e;
        }
      } catch (FileNotFoundException e) {
        throw e;
      } catch (IOException | RuntimeException e) {
        if (fetch.isCancelled() || System.nanoTime() + backOffMillis * 1_000_000 > giveUpNanos) {
          throw e;
        }
      }
      Thread.sleep(backOffMillis);
      backOffMillis = Math.min(2 * backOffMillis, BACK_OFF_MILLIS_MAX);
    }
  }

  private void readOnce(Blob blob, Target target, Fetch fetch) throws IOException {
    try (Verified out = new Verified(target.open(), blob, fetch)) {
      source.fetch(blob, out);
      out.verify();
    }
  }

  /** Digest as people compare it. */
  static String hex(ByteString digest) {
    return HexFormat.of().formatHex(digest.toByteArray());
  }

  private static final class Verified extends FilterOutputStream {
    private final Blob blob;
    private final Fetch fetch;
    private final MessageDigest digest = ClassPathArchives.sha256();
    private long size;

    Verified(OutputStream out, Blob blob, Fetch fetch) {
      super(out);
      this.blob = blob;
      this.fetch = fetch;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      fetch.touch();
      size += count;
      if (size > blob.getSizeBytes()) {
        throw new WrongBytesException("more than its " + blob.getSizeBytes() + " bytes came");
      }
      digest.update(bytes, offset, count);
      out.write(bytes, offset, count);
    }

    void verify() throws IOException {
      if (size != blob.getSizeBytes()) {
        throw new WrongBytesException(size + " bytes came of its " + blob.getSizeBytes());
      }
      ByteString came = ByteString.copyFrom(digest.digest());
      if (!came.equals(blob.getSha256())) {
        throw new WrongBytesException(
            "its SHA-256 is to be " + hex(blob.getSha256()) + ", and is " + hex(came));
      }
    }
  }
}
