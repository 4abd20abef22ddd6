package dev.podpool.queue.loop;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.BlobSnapshot;
import dev.podpool.protocol.Snapshot;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * Where a replica keeps the bytes of blobs, beside its log. What {@link #restore}, {@link #write}
 * and {@link #forget} do is done by one thread at a time, in the order of the log, and must not
 * wait for the disk; any thread calls the others.
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

        @Override
        public void begin(Snapshot snapshot) {}

        @Override
        public boolean has(BlobSnapshot listed) {
          return false;
        }

        @Override
        public @Nullable InputStream open(BlobSnapshot listed) {
          return null;
        }

        @Override
        public void take(BlobSnapshot listed, Iterator<byte[]> pieces) {}
      };

  /** Keeps what {@code snapshot} lists, up to where it says, and nothing else. */
  void restore(Snapshot snapshot);

  /** Keeps a piece: the next one, or, while the log is read again, one that is there already. */
  void write(Blob blob, long offsetBytes, ByteString data);

  /**
   * Nothing refers to {@code blob} any more. It is kept until {@link #begin}: a restart may begin
   * with a snapshot that lists it, and forget it again.
   */
  void forget(Blob blob);

  /**
   * Makes durable what {@code snapshot} lists. Any thread.
   *
   * @throws java.io.UncheckedIOException if the disk refuses
   */
  void sync(Snapshot snapshot);

  /** From now on a restart begins with {@code snapshot}, or with a later one. Any thread. */
  void begin(Snapshot snapshot);

  /** See {@link Log.Replica#has}. */
  boolean has(BlobSnapshot listed);

  /** See {@link Log.Replica#open}. */
  @Nullable InputStream open(BlobSnapshot listed) throws IOException;

  /** See {@link Log.Replica#take}. */
  void take(BlobSnapshot listed, Iterator<byte[]> pieces) throws IOException;
}
