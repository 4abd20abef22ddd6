package dev.podpool.rpc;

import dev.podpool.protocol.PoolsChange;
import dev.podpool.protocol.PoolsWatch;
import dev.podpool.protocol.PublishedPool;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches all pools of a queue service, from its start to its close, and tells the service what is
 * published of them. Connects again for as long as it must. Thread-safe.
 */
public final class PoolsWatcher implements AutoCloseable {

  private static final long RETRY_MILLIS = 1_000;
  private static final int AHEAD = 2;

  private final QueueConnection connection;
  private final Listener listener;
  // What is to be told, the last of each pool; guarded by this.
  private final Map<String, PublishedPool> pending = new LinkedHashMap<>();
  private @Nullable Watching watching; // guarded by this
  private boolean closed; // guarded by this

  /** Told by one thread at a time, in order. Must neither throw nor wait. */
  public interface Listener {

    /**
     * Something has changed.
     *
     * @param isAll whether there is nothing besides: the first after a connection was made
     */
    void changed(PoolsChange change, boolean isAll);

    /** The service does not answer, for this reason; what was told may be old. */
    void lost(String why);
  }

  public PoolsWatcher(QueueConnection connection, Listener listener) {
    this.connection = connection;
    this.listener = listener;
  }

  /** Once. Does not wait. */
  public void start() {
    connect();
  }

  private void connect() {
    var unused = connection.find().whenComplete((nothing, failure) -> found(failure));
  }

  private synchronized void found(@Nullable Throwable failure) {
    if (closed) {
      return;
    }
    if (failure != null) {
      connectLater(QueueConnection.describe(failure));
      return;
    }
    try {
      Watching started = new Watching(connection.call(QueueRpc.WATCH_POOLS, CallOptions.DEFAULT));
      watching = started; // before it begins: it may end within that
      started.call.start(started, connection.headers());
      if (watching == started) {
        started.call.request(AHEAD);
      }
    } catch (IOException e) {
      connectLater(QueueConnection.describe(e));
    }
  }

  private void connectLater(String why) {
    listener.lost(why);
    try {
      var unused = connection.timer().schedule(this::connect, RETRY_MILLIS, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // The connection was closed, and this with it.
    }
  }

  /** Tells the service, if it is there. What it was told before it restarted, tell it again. */
  public synchronized void publish(PublishedPool published) {
    pending.put(published.getPool(), published);
    send();
  }

  private void send() {
    Watching to = watching;
    if (to != null && to.call.isReady() && !pending.isEmpty()) {
      to.call.sendMessage(PoolsWatch.newBuilder().addAllPublished(pending.values()).build());
      pending.clear();
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (watching != null) {
      watching.call.cancel("nobody watches any more", null);
      watching = null;
    }
  }

  private final class Watching extends ClientCall.Listener<PoolsChange> {

    final ClientCall<PoolsWatch, PoolsChange> call;
    private boolean isFirst = true;

    Watching(ClientCall<PoolsWatch, PoolsChange> call) {
      this.call = call;
    }

    @Override
    public void onReady() {
      synchronized (PoolsWatcher.this) {
        send();
      }
    }

    @Override
    public void onMessage(PoolsChange change) {
      listener.changed(change, isFirst);
      isFirst = false;
      call.request(1);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      synchronized (PoolsWatcher.this) {
        if (watching != this) {
          return;
        }
        watching = null;
        connectLater(QueueConnection.describe(status));
      }
    }
  }
}
