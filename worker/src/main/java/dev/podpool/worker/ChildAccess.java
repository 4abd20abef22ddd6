package dev.podpool.worker;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.session.QueueAccess;
import dev.podpool.session.QueueSession;
import dev.podpool.session.RandomId;
import dev.podpool.session.SessionHandler;
import java.io.IOException;
import java.time.Duration;

/** How what runs in a worker's children gets at the queue: as clients, in the worker's name. */
public final class ChildAccess {
  private static final int PREFIX_BYTES = 8;
  private static final Duration READ_TIME_MAX = Duration.ofSeconds(5);

  private final QueueAccess queue;
  private final String pool;
  private final ByteString prefix;
  private final Duration patience;

  /**
   * @param pool which their sessions say that they are of
   * @param worker nonce of the worker's session: theirs begin with half of it, by which the queue
   *     knows them for this worker's
   * @param patience how long the queue may be away
   */
  public ChildAccess(QueueAccess queue, String pool, ByteString worker, Duration patience) {
    this.queue = queue;
    this.pool = pool;
    this.prefix = worker.substring(0, PREFIX_BYTES);
    this.patience = patience;
  }

  /** Opens a session. Does not wait. */
  QueueSession open(SessionHandler handler) {
    ByteString nonce = prefix.concat(RandomId.next().substring(PREFIX_BYTES));
    return queue.open(
        OpenSession.newBuilder().setNonce(nonce).setPool(pool).build(), handler, patience);
  }

  /** Asks, and waits for the answer. */
  ReadResponse read(ReadRequest question) throws IOException, InterruptedException {
    return queue.read(question, READ_TIME_MAX);
  }
}
