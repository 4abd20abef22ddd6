package dev.podpool.queue.loop;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.Snapshot;

/**
 * Where a replica keeps the bytes of blobs, beside its log. All but {@link #sync} are called by one
 * thread at a time, in the order of the log, and must not wait for the disk.
 */
public interface BlobStore {

  /** Keeps nothing: for a queue whose clients send everything inline. */
  BlobStore NONE =
      new BlobStore() {
        @Override
        public void restore(Snapshot snapshot) {}

        @Override
        public void write(Blob blob, long offsetBytes, ByteString data) {}

        @Override
        public void forget(Blob blob) {}

        @Override
        public void sync(Snapshot snapshot) {}
      };

  /** Keeps what {@code snapshot} lists, up to where it says, and nothing else. */
  void restore(Snapshot snapshot);

  /** Keeps a piece: the next one, or, while the log is read again, one that is there already. */
  void write(Blob blob, long offsetBytes, ByteString data);

  /** Nothing refers to {@code blob} any more. */
  void forget(Blob blob);

  /**
   * Makes durable what {@code snapshot} lists. Any thread.
   *
   * @throws java.io.UncheckedIOException if the disk refuses
   */
  void sync(Snapshot snapshot);
}
