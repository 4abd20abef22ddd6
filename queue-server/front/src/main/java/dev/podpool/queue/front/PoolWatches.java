package dev.podpool.queue.front;

import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.PoolsChange;
import dev.podpool.protocol.PoolsWatch;
import dev.podpool.protocol.PublishedPool;
import dev.podpool.queue.QueueMachine;
import dev.podpool.queue.loop.QueueLoop;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watched pools: each who watches is told what has changed, ten times a second at most, and less
 * often if it reads slowly. While nobody watches, nobody looks. Those who watch say in return what
 * they have published; that is kept in memory, and only while they are there.
 */
final class PoolWatches implements ServerCallHandler<PoolsWatch, PoolsChange>, AutoCloseable {

  private static final long LOOK_MILLIS = 100;

  private final QueueLoop queue;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("podpool-pool-watches").factory());
  private final Map<String, PublishedPool> published = new ConcurrentHashMap<>();
  private final Set<Watch> watches = new LinkedHashSet<>(); // guarded by this
  private @Nullable ScheduledFuture<?> looking; // guarded by this
  private @Nullable State last; // guarded by this

  /** All pools, between two entries. */
  private record State(long index, List<PoolStatus> pools) {
    static State of(QueueMachine machine) {
      return new State(machine.index(), machine.statuses());
    }
  }

  PoolWatches(QueueLoop queue) {
    this.queue = queue;
  }

  /** {@code status} with what is published of its pool. */
  PoolStatus withPublished(PoolStatus status) {
    PublishedPool said = published.get(status.getPool());
    return said == null || !said.getUid().equals(status.getUid())
        ? status
        : status.toBuilder().setPublishedIndex(said.getQueueIndex()).build();
  }

  @Override
  public ServerCall.Listener<PoolsWatch> startCall(
      ServerCall<PoolsWatch, PoolsChange> call, Metadata headers) {
    call.sendHeaders(new Metadata());
    call.request(1);
    Watch watch = new Watch(call);
    synchronized (this) {
      watches.add(watch);
      if (looking == null) {
        looking = timer.scheduleWithFixedDelay(this::look, 0, LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } else if (last != null) {
        watch.tell(last);
      }
    }
    return watch;
  }

  private void look() {
    long seen;
    synchronized (this) {
      seen = last == null ? -1 : last.index();
    }
    var _ =
        queue
            .look(machine -> machine.index() == seen ? null : State.of(machine))
            .whenComplete(
                (state, failure) -> {
                  if (state != null) {
                    timer.execute(() -> tell(state)); // whoever is in the loop has better to do
                  }
                });
  }

  private synchronized void tell(State state) {
    if (last == null || state.index() > last.index()) {
      last = state;
      watches.forEach(watch -> watch.tell(state));
      published.keySet().retainAll(state.pools().stream().map(PoolStatus::getPool).toList());
    }
  }

  private synchronized void leave(Watch watch) {
    watches.remove(watch);
    if (watches.isEmpty() && looking != null) {
      looking.cancel(false);
      looking = null;
      last = null;
      published.clear();
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }

  private final class Watch extends ServerCall.Listener<PoolsWatch> {

    private final ServerCall<PoolsWatch, PoolsChange> call;
    // What it was told; guarded by PoolWatches.this.
    private final Map<String, PoolStatus> told = new HashMap<>();
    private long toldIndex = -1;
    private boolean over;

    Watch(ServerCall<PoolsWatch, PoolsChange> call) {
      this.call = call;
    }

    @Override
    public void onMessage(PoolsWatch message) {
      for (PublishedPool each : message.getPublishedList()) {
        published.put(each.getPool(), each);
      }
      call.request(1);
    }

    @Override
    public void onReady() {
      synchronized (PoolWatches.this) {
        if (last != null) {
          tell(last);
        }
      }
    }

    /** What is not sent now, for want of room, is part of what is sent next. */
    void tell(State state) {
      if (over || !call.isReady() || state.index() == toldIndex) {
        return;
      }
      PoolsChange.Builder change = PoolsChange.newBuilder().setQueueIndex(state.index());
      Set<String> gone = new HashSet<>(told.keySet());
      for (PoolStatus pool : state.pools()) {
        gone.remove(pool.getPool());
        PoolStatus facts = facts(pool);
        if (!facts.equals(told.put(pool.getPool(), facts))) {
          change.addChanged(pool);
        }
      }
      told.keySet().removeAll(gone);
      change.addAllGone(gone);
      toldIndex = state.index();
      call.sendMessage(change.build());
    }

    /** At which index it was looked at is no change, and neither is its age. */
    private static PoolStatus facts(PoolStatus pool) {
      PoolStatus.Builder facts = pool.toBuilder().clearQueueIndex();
      if (facts.hasProcess()) {
        facts.getProcessBuilder().clearAgeMillis();
      }
      return facts.build();
    }

    @Override
    public void onHalfClose() {
      end();
      call.close(Status.OK, new Metadata());
    }

    @Override
    public void onCancel() {
      end();
    }

    private void end() {
      synchronized (PoolWatches.this) {
        over = true;
      }
      leave(this);
    }
  }
}
