package dev.podpool.sim;

import static dev.podpool.sim.Contract.require;

import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Snapshot;
import dev.podpool.queue.loop.Alarm;
import dev.podpool.queue.loop.BlobStore;
import dev.podpool.queue.loop.Link;
import dev.podpool.queue.loop.Log;
import dev.podpool.queue.loop.LoopMetrics;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.queue.raft.ReplicaFiles;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A replica's process: the real loop and machine, on a log that it agrees on with others. */
final class SimReplica implements Log, Agreement.Machine {

  // Half of what a session has: where it ends within, something other than its silence ended it.
  private static final long SILENT_MILLIS_MIN = 5_000;

  // As long as an entry may be under way, behind which it is decided who was silent.
  private static final long DECIDED_MILLIS_MAX = 3_000;

  /** When a session was heard last, and when it was first heard again behind a long silence. */
  private record Heard(long lastMillis, long againMillis) {}

  private final Replicas replicas;
  private final Party party;
  private final Agreement agreement;
  private final QueueLoop loop;
  private @Nullable Replica driven;
  // Since it leads: the epochs of sessions, and when each was last heard in its; by the awake time.
  private final Map<Long, Long> epochs = new HashMap<>();
  private final Map<Long, Heard> heard = new HashMap<>();
  private long leadsSinceMillis;
  private long index; // of the machine

  /** One that takes up what {@code files} have. */
  SimReplica(World world, Network network, Replicas replicas, int number, ReplicaFiles files)
      throws IOException {
    this.replicas = replicas;
    this.party = new Party(world);
    this.agreement = new Agreement(world, network, replicas, number, party, files, this);
    this.loop =
        new QueueLoop(
            this,
            BlobStore.NONE,
            party::nowMillis,
            SimAlarm::new,
            LoopMetrics.NONE,
            SimReplica::broken);
    loop.start();
    agreement.start();
  }

  private static void broken(Throwable cause) {
    throw cause instanceof AssertionError broken
        ? broken
        : new AssertionError("a replica stopped", cause);
  }

  Party party() {
    return party;
  }

  Agreement agreement() {
    return agreement;
  }

  /** Index of the last entry that its machine has. */
  long index() {
    return index;
  }

  void receive(Request request, Link from) {
    long session = request.getBatch().getSession();
    if (request.getResume()) {
      epochs.merge(session, request.getEpoch(), Math::max);
    }
    if (Objects.equals(epochs.get(session), request.getEpoch())) {
      long now = party.awakeMillis();
      Heard before = heard.getOrDefault(session, new Heard(leadsSinceMillis, 0));
      boolean again = now - before.lastMillis >= SILENT_MILLIS_MIN;
      heard.put(session, new Heard(now, again ? now : before.againMillis));
    }
    loop.receive(request, from);
  }

  // ---- as what is agreed for

  @Override
  public void restore(Snapshot state) {
    driven().restore(state);
    index = state.getIndex();
  }

  @Override
  public void apply(Entry entry) {
    index++;
    driven().apply(entry);
    replicas.applied(this, entry);
  }

  @Override
  public Snapshot snapshot() {
    return driven().snapshot();
  }

  @Override
  public void lead(long term) {
    leadsSinceMillis = party.awakeMillis();
    epochs.clear();
    heard.clear();
    driven().lead(term);
    driven().raise(driven().levelMax());
  }

  @Override
  public void follow() {
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
    for (Batch batch : entry.getBatchesList()) {
      for (Operation operation : batch.getOperationsList()) {
        if (operation.hasExpireSession()) {
          checkSilence(operation.getExpireSession().getSession());
        }
      }
    }
    agreement.append(entry);
  }

  private void checkSilence(long session) {
    long now = party.awakeMillis();
    require(
        now - leadsSinceMillis >= SILENT_MILLIS_MIN, "a new leader gives each session a full term");
    Heard its = heard.get(session);
    require(
        its == null
            || now - its.lastMillis >= SILENT_MILLIS_MIN
            || now - its.againMillis < DECIDED_MILLIS_MAX,
        "a session ends by its silence, and not by its leader's");
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
      if (inMillis == Long.MAX_VALUE || atMillis <= party.nowMillis() + inMillis) {
        return;
      }
      long at = party.nowMillis() + inMillis;
      atMillis = at;
      party.after(
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
