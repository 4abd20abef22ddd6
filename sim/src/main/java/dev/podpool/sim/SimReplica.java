package dev.podpool.sim;

import dev.podpool.protocol.Entry;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Snapshot;
import dev.podpool.queue.loop.Alarm;
import dev.podpool.queue.loop.BlobStore;
import dev.podpool.queue.loop.Log;
import dev.podpool.queue.loop.LoopMetrics;
import dev.podpool.queue.loop.QueueLoop;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One replica: the real loop and machine, with a log that all replicas share. */
final class SimReplica implements Log {

  private final World world;
  private final Replicas replicas;
  private final QueueLoop loop;
  private @Nullable Replica driven;
  private long index;
  // Whether it is on its way to catch up.
  boolean scheduled;

  /** One that starts from {@code disk}; null: from nothing. */
  SimReplica(World world, Replicas replicas, @Nullable Snapshot disk) {
    this.world = world;
    this.replicas = replicas;
    this.loop =
        new QueueLoop(
            this,
            BlobStore.NONE,
            () -> 1 + world.nowMillis(),
            SimAlarm::new,
            LoopMetrics.NONE,
            cause -> {
              throw new AssertionError("a replica stopped", cause);
            });
    loop.start();
    if (disk != null) {
      install(disk);
    }
  }

  /** Index of the last entry applied. */
  long index() {
    return index;
  }

  void receive(Request request, Link from) {
    loop.receive(request, from);
  }

  Snapshot snapshot() {
    return driven().snapshot();
  }

  void install(Snapshot snapshot) {
    driven().restore(snapshot);
    index = snapshot.getIndex();
  }

  void apply(Entry entry) {
    index++;
    driven().apply(entry);
  }

  void lead(long term) {
    driven().lead(term);
  }

  void follow() {
    driven().follow();
  }

  private Replica driven() {
    return Objects.requireNonNull(driven);
  }

  // ---- as its loop's log

  @Override
  public void start(Replica replica) {
    driven = replica;
  }

  @Override
  public void append(Entry entry) {
    replicas.append(entry, this);
  }

  @Override
  public void close() {}

  private final class SimAlarm implements Alarm {

    private final Runnable ring;
    private long atMillis = Long.MAX_VALUE;

    SimAlarm(Runnable ring) {
      this.ring = ring;
    }

    @Override
    public void set(long inMillis) {
      if (inMillis == Long.MAX_VALUE || atMillis <= world.nowMillis() + inMillis) {
        return;
      }
      long at = world.nowMillis() + inMillis;
      atMillis = at;
      world.after(
          inMillis,
          () -> {
            if (atMillis == at) {
              atMillis = Long.MAX_VALUE;
              ring.run();
            }
          });
    }

    @Override
    public void close() {}
  }
}
