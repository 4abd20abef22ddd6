package dev.podpool.queue.front;

import dev.podpool.protocol.OutputQuery;
import dev.podpool.protocol.TaskOutput;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What items print, on its way from workers to whoever follows. */
final class OutputCalls {

  private OutputCalls() {}

  /** A worker's side. */
  record Publishing(OutputRings rings) implements ServerCallHandler<TaskOutput, TaskOutput> {
    @Override
    public ServerCall.Listener<TaskOutput> startCall(
        ServerCall<TaskOutput, TaskOutput> call, Metadata headers) {
      call.request(1);
      return new ServerCall.Listener<>() {
        @Override
        public void onMessage(TaskOutput output) {
          rings.publish(output);
          call.request(1);
        }

        @Override
        public void onHalfClose() {
          call.sendHeaders(new Metadata());
          call.sendMessage(TaskOutput.getDefaultInstance());
          call.close(Status.OK, new Metadata());
        }
      };
    }
  }

  /** A reader's side. */
  record Following(OutputRings rings) implements ServerCallHandler<OutputQuery, TaskOutput> {
    @Override
    public ServerCall.Listener<OutputQuery> startCall(
        ServerCall<OutputQuery, TaskOutput> call, Metadata headers) {
      call.request(1);
      return new Reader(rings, call);
    }
  }

  private static final class Reader extends ServerCall.Listener<OutputQuery>
      implements OutputRings.Follower {

    // What there is at the start may be as much as all rings hold, and they hold it anyway.
    private static final long FIRST_BYTES_MAX = OutputRings.BYTES_MAX;
    private static final long BYTES_MAX = 1 << 20;

    private final OutputRings rings;
    private final ServerCall<OutputQuery, TaskOutput> call;
    private final ArrayDeque<TaskOutput> pending = new ArrayDeque<>(); // guarded by this
    private @Nullable OutputQuery query; // guarded by this
    private long pendingBytes; // guarded by this
    private long droppedBytes; // guarded by this
    private boolean hasTheFirst; // what there was at the start; guarded by this
    private boolean isAllThere; // guarded by this
    private boolean over; // guarded by this

    Reader(OutputRings rings, ServerCall<OutputQuery, TaskOutput> call) {
      this.rings = rings;
      this.call = call;
      call.sendHeaders(new Metadata());
    }

    @Override
    public void onMessage(OutputQuery asked) {
      synchronized (this) {
        query = asked;
      }
      rings.follow(asked, this);
      synchronized (this) {
        hasTheFirst = true;
        isAllThere = asked.getNoFollow();
      }
      send();
    }

    @Override
    public void take(TaskOutput output) {
      synchronized (this) {
        if (query == null || !OutputRings.matches(query, output)) {
          return;
        }
        if (pendingBytes > (hasTheFirst ? BYTES_MAX : FIRST_BYTES_MAX)) {
          droppedBytes += OutputRings.lost(output);
          return;
        }
        TaskOutput next =
            droppedBytes == 0
                ? output
                : output.toBuilder()
                    .setDroppedBytes(droppedBytes + output.getDroppedBytes())
                    .build();
        droppedBytes = 0;
        pending.add(next);
        pendingBytes += next.getSerializedSize();
      }
      send();
    }

    @Override
    public void onReady() {
      send();
    }

    @Override
    public void onCancel() {
      synchronized (this) {
        over = true;
      }
      rings.leave(this);
    }

    private synchronized void send() {
      while (!over && call.isReady() && !pending.isEmpty()) {
        TaskOutput next = pending.remove();
        pendingBytes -= next.getSerializedSize();
        call.sendMessage(next);
      }
      if (!over && isAllThere && pending.isEmpty()) {
        over = true;
        call.close(Status.OK, new Metadata());
      }
    }
  }
}
