package dev.podpool.queue.loop;

import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.Operation;
import java.util.LinkedHashSet;
import org.jspecify.annotations.Nullable;

/** The next entry, while it is gathered. */
final class Gathering {

  private static final int OPERATIONS_MAX = 4096;
  private static final long BYTES_MAX = 4L << 20;

  private final Entry.Builder entry = Entry.newBuilder();
  private final Batch.Builder own = Batch.newBuilder();
  private final LinkedHashSet<LocalSession> senders = new LinkedHashSet<>();
  private int operations;
  private long bytes;
  private boolean closed;

  boolean isFull() {
    return closed || operations >= OPERATIONS_MAX || bytes >= BYTES_MAX;
  }

  /** What comes next needs to know what this entry brings about. */
  void close() {
    closed = true;
  }

  /** What the queue itself proposes. */
  void own(Operation operation) {
    own.addOperations(operation);
    operations++;
    bytes += operation.getSerializedSize();
  }

  /** What a session has sent over its connection. */
  void remote(Batch batch) {
    entry.addBatches(batch);
    operations += batch.getOperationsCount();
    bytes += batch.getSerializedSize();
  }

  /** What a session of this process has sent. */
  void local(LocalSession session, Operation operation) {
    session.gather(operation);
    senders.add(session);
    operations++;
    bytes += operation.getSerializedSize();
  }

  /** What a session of this process sends again, or confirms. */
  void local(LocalSession session) {
    senders.add(session);
  }

  /** The entry; null where nothing came together. */
  @Nullable Entry entry(long timeMillis) {
    senders.forEach(session -> entry.addBatches(session.takeBatch()));
    if (own.getOperationsCount() > 0) {
      entry.addBatches(own); // last: what a worker reported before its end counts
    }
    return entry.getBatchesCount() == 0 ? null : entry.setTimeMillis(timeMillis).build();
  }
}
