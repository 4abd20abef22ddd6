package dev.podpool.session;

import dev.podpool.protocol.Blob;
import java.io.IOException;
import java.io.OutputStream;

/** Where the blobs that the queue keeps can be read. Thread-safe. */
public interface BlobSource {

  /**
   * Writes the bytes of {@code blob} to {@code into}, from the first on. Blocks until all are
   * written. Verifies nothing: the caller compares size and digest, and may call again after a
   * failure. Does not close {@code into}.
   *
   * @throws java.io.FileNotFoundException if the queue has no such blob: asking again is of no use
   * @throws IOException if the blob could not be read, or {@code into} not be written; some of its
   *     bytes may have been written. Also if the thread is interrupted, which should end the call
   */
  void fetch(Blob blob, OutputStream into) throws IOException;
}
