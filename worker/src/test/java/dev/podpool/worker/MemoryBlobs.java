package dev.podpool.worker;

import com.google.protobuf.ByteString;
import dev.podpool.function.internal.ClassPathArchives;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.CodeArchive;
import dev.podpool.session.BlobSource;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Blobs from memory, and the ways in which a source can fail. */
final class MemoryBlobs implements BlobSource {
  private final Map<ByteString, byte[]> blobs = new ConcurrentHashMap<>();
  final AtomicInteger fetches = new AtomicInteger();
  final AtomicInteger failures = new AtomicInteger();
  final CountDownLatch asked = new CountDownLatch(1);

  /** Serves nothing before it's open. */
  volatile CountDownLatch gate = new CountDownLatch(0);

  static Blob blob(byte[] bytes) {
    return Blob.newBuilder()
        .setSha256(ByteString.copyFrom(ClassPathArchives.sha256().digest(bytes)))
        .setSizeBytes(bytes.length)
        .build();
  }

  Blob put(byte[] bytes) {
    Blob blob = blob(bytes);
    blobs.put(blob.getSha256(), bytes);
    return blob;
  }

  /** Serves {@code bytes} for {@code blob}, whatever that is. */
  void replace(Blob blob, byte[] bytes) {
    blobs.put(blob.getSha256(), bytes);
  }

  CodeArchive archive(String name, byte[] jar) {
    return CodeArchive.newBuilder().setArchive(put(jar)).setName(name).build();
  }

  @Override
  public void fetch(Blob blob, OutputStream into) throws IOException {
    fetches.incrementAndGet();
    asked.countDown();
    try {
      gate.await();
    } catch (InterruptedException e) {
      throw new InterruptedIOException();
    }
    if (failures.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
      throw new IOException("connection reset");
    }
    byte @Nullable [] bytes = blobs.get(blob.getSha256());
    if (bytes == null) {
      throw new FileNotFoundException("no such blob");
    }
    into.write(bytes);
  }
}
