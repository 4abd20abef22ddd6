package dev.podpool.operator.local;

import dev.podpool.internal.PoolBackend;
import dev.podpool.internal.RandomId;
import dev.podpool.protocol.OpenSession;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.rpc.RuntimeDirectory;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A client's way to a pool of a local runtime. Its code does not travel: workers must have it. */
public final class RuntimeBackend implements PoolBackend {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final String pool;
  private final int slots;
  private final QueueConnection connection;

  /**
   * A way to {@code pool}.
   *
   * @param slots items that it runs at once, for default chunks
   */
  public RuntimeBackend(RuntimeDirectory directory, String pool, int slots) {
    this.pool = pool;
    this.slots = Math.max(1, slots);
    this.connection = new QueueConnection(directory);
  }

  @Override
  public String pool() {
    return pool;
  }

  @Override
  public int slots() {
    return slots;
  }

  @Override
  public @Nullable Duration itemTimeout() {
    return null;
  }

  @Override
  public QueueSession open(SessionHandler handler) {
    OpenSession open = OpenSession.newBuilder().setNonce(RandomId.next()).build();
    return connection.open(open, handler, PATIENCE);
  }

  @Override
  public void close() {
    connection.close();
  }
}
