package dev.podpool.queue.front;

import dev.podpool.protocol.Blob;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Opens complete blobs. Thread-safe. */
public interface BlobReader {
  /** The bytes of {@code blob}; null where it is not there, or not complete. */
  @Nullable InputStream open(Blob blob) throws IOException;
}
