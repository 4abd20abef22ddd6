package dev.podpool.rpc;

import dev.podpool.protocol.TaskOutput;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells a queue service what items print, for whoever follows. Lossy: a service that is slow or
 * away costs output, and neither time nor memory. Thread-safe.
 */
public final class OutputPublisher implements AutoCloseable {

  private static final long PENDING_BYTES_MAX = 1 << 20;
  private static final long RETRY_MILLIS = 1_000;
  private static final long CLOSE_MILLIS_MAX = 1_000;

  private final QueueConnection connection;
  private final ArrayDeque<TaskOutput> pending = new ArrayDeque<>(); // guarded by this
  private long pendingBytes; // guarded by this
  private long droppedBytes; // guarded by this
  private @Nullable Publishing publishing; // guarded by this
  private boolean connecting; // guarded by this
  private boolean waiting; // until it is time to connect again; guarded by this
  private boolean closing; // guarded by this

  /** Publishes over {@code connection}, from the first output on. */
  public OutputPublisher(QueueConnection connection) {
    this.connection = connection;
  }

  /** Takes {@code output}, or loses it. Does not wait. */
  public synchronized void publish(TaskOutput output) {
    if (pendingBytes > PENDING_BYTES_MAX) {
      droppedBytes += output.getText().length() + output.getDroppedBytes();
      return;
    }
    TaskOutput next =
        droppedBytes == 0
            ? output
            : output.toBuilder().setDroppedBytes(droppedBytes + output.getDroppedBytes()).build();
    droppedBytes = 0;
    pending.add(next);
    pendingBytes += next.getSerializedSize();
    send();
  }

  private synchronized void send() {
    if (publishing == null && !connecting && !waiting && !pending.isEmpty()) {
      connecting = true;
      var unused = connection.find().whenComplete((nothing, failure) -> found(failure));
    }
    Publishing to = publishing;
    while (to != null && to.call.isReady() && !pending.isEmpty()) {
      TaskOutput next = pending.remove();
      pendingBytes -= next.getSerializedSize();
      to.call.sendMessage(next);
    }
    if (to != null && closing && pending.isEmpty()) {
      to.end();
    }
  }

  private synchronized void found(@Nullable Throwable failure) {
    connecting = false;
    notifyAll();
    if (failure != null) {
      connectLater();
      return;
    }
    try {
      Publishing started =
          new Publishing(connection.call(QueueRpc.PUBLISH_OUTPUT, CallOptions.DEFAULT));
      publishing = started; // before it begins: it may end within that
      started.call.start(started, connection.headers());
      if (publishing == started) {
        started.call.request(1);
        send();
      }
    } catch (IOException e) {
      connectLater();
    }
  }

  private void connectLater() {
    waiting = true;
    try {
      var unused = connection.timer().schedule(this::retry, RETRY_MILLIS, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // The connection was closed: what is pending is lost.
    }
  }

  private synchronized void retry() {
    waiting = false;
    send();
  }

  /** Sends what is pending, for a second at most. */
  @Override
  public synchronized void close() {
    closing = true;
    send();
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS_MAX);
    try {
      for (long left = CLOSE_MILLIS_MAX; left > 0 && (connecting || publishing != null); ) {
        wait(left);
        left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Publishing extends ClientCall.Listener<TaskOutput> {

    final ClientCall<TaskOutput, TaskOutput> call;
    private boolean ended;

    Publishing(ClientCall<TaskOutput, TaskOutput> call) {
      this.call = call;
    }

    void end() {
      if (!ended) {
        ended = true;
        call.halfClose();
      }
    }

    @Override
    public void onReady() {
      send();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      synchronized (OutputPublisher.this) {
        if (publishing == this) {
          publishing = null;
          OutputPublisher.this.notifyAll();
          connectLater();
        }
      }
    }
  }
}
