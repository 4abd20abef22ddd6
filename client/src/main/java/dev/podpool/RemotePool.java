package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.internal.BlobStore;
import dev.podpool.internal.PoolBackend;
import dev.podpool.protocol.CodeArchive;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.WorkerStatus;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A pool that somebody else runs: this handle leaves it as it is. */
final class RemotePool implements PoolBackend {

  private static final Duration COUNT_TIME_MAX = Duration.ofSeconds(1);

  private final String name;
  private final QueueLink link;
  private final @Nullable TravellingCode code;
  private final BlobStore blobs;
  private volatile int slots = 1;
  private volatile @Nullable PoolClient client;

  /**
   * @param code what travels with jobs; null where the workers have it
   */
  RemotePool(String name, QueueLink link, @Nullable TravellingCode code, BlobStore blobs) {
    this.name = name;
    this.link = link;
    this.code = code;
    this.blobs = blobs;
  }

  @Override
  public String pool() {
    return name;
  }

  /** Asks for them: workers come and go. As they were known last, where the queue is away. */
  @Override
  public int slots() {
    try {
      ReadResponse answer = link.read(question(name), COUNT_TIME_MAX);
      if (answer.getPools().getPoolsCount() == 1) {
        slots = slots(answer.getPools().getPools(0));
      }
    } catch (IOException e) {
      // Chunks are a little larger or smaller then.
    }
    return slots;
  }

  static ReadRequest question(String pool) {
    return ReadRequest.newBuilder().setPools(PoolsQuery.newBuilder().setPool(pool)).build();
  }

  private static int slots(PoolStatus status) {
    return Math.max(1, status.getWorkersList().stream().mapToInt(WorkerStatus::getSlots).sum());
  }

  /** The pool's own. */
  @Override
  public @Nullable Duration itemTimeout() {
    return null;
  }

  @Override
  public void admit(ByteString jobId, CapturedFunction function) {
    if (code != null && code.isOwn()) {
      function.requireOnClassPath();
    }
  }

  @Override
  public List<CodeArchive> code() {
    return code == null ? List.of() : code.archives();
  }

  @Override
  public void codeIsGone() {
    if (code != null) {
      code.isGone();
    }
  }

  @Override
  public BlobStore blobs() {
    return blobs;
  }

  @Override
  public void awaitPrinted() throws InterruptedException {
    link.connection().awaitPrinted();
  }

  @Override
  public QueueSession open(SessionHandler handler) {
    return link;
  }

  /** {@code handle} hears of its jobs until this is closed. */
  void serve(PoolClient handle) {
    client = handle;
    link.add(handle);
  }

  /** Nothing was started for this handle. */
  @Override
  public void close() {
    PoolClient handle = client;
    if (handle != null) {
      link.remove(handle);
    }
  }
}
