package dev.podpool.sim;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Snapshot;
import dev.podpool.queue.QueueMachine;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Three replicas of the queue behind one log. How the log is agreed on is not simulated: what is in
 * it is certain, what the leader has gathered is not.
 */
final class Replicas {

  private static final int COUNT = 3;
  private static final int HASH_EVERY = 8;

  private final World world;
  private final Contract contract;
  private final List<Entry> log = new ArrayList<>();
  private final List<SimReplica> replicas = new ArrayList<>();
  private final Map<Long, ByteString> hashes = new HashMap<>();
  private @Nullable SimReplica leader;
  private @Nullable Entry underWay;
  private long term;

  Replicas(World world, Contract contract) {
    this.world = world;
    this.contract = contract;
    for (int i = 0; i < COUNT; i++) {
      replicas.add(new SimReplica(world, this, null));
    }
    elect(0);
    world.after(world.between(500, 5_000), this::trouble);
  }

  int entries() {
    return log.size();
  }

  /** The first replica's machine, with all of the log applied. */
  QueueMachine settled() {
    replicas.forEach(this::catchUp);
    replicas.forEach(replica -> compareHash(replica.snapshot()));
    return QueueMachine.restore(replicas.get(0).snapshot());
  }

  /** A message from a session; lost while nobody leads. */
  void receive(Request request, Link from) {
    if (leader != null) {
      leader.receive(request, from);
    }
  }

  /** Makes {@code entry} certain after a while, unless {@code proposer} loses its office first. */
  void append(Entry entry, SimReplica proposer) {
    underWay = entry;
    long its = term;
    world.after(
        world.between(1, 6),
        () -> {
          if (term != its) {
            return;
          }
          underWay = null;
          log.add(entry);
          apply(proposer, entry);
          replicas.forEach(this::follow);
        });
  }

  private void follow(SimReplica replica) {
    if (!replica.scheduled && replica.index() < log.size()) {
      replica.scheduled = true;
      world.after(
          world.faultOneIn(10) ? world.between(100, 2_000) : world.between(1, 10),
          () -> {
            replica.scheduled = false;
            catchUp(replica);
          });
    }
  }

  private void catchUp(SimReplica replica) {
    while (replica.index() < log.size()) {
      apply(replica, log.get((int) replica.index()));
    }
  }

  private void apply(SimReplica replica, Entry entry) {
    replica.apply(entry);
    boolean isCompared = replica.index() % HASH_EVERY == 0;
    if (!isCompared && contract.hasChecked(replica.index())) {
      return; // a snapshot is dear
    }
    Snapshot state = replica.snapshot();
    if (isCompared) {
      compareHash(state);
    }
    contract.check(state);
  }

  private void compareHash(Snapshot state) {
    ByteString bytes = state.toByteString();
    ByteString other = hashes.putIfAbsent(state.getIndex(), bytes);
    if (other != null && !other.equals(bytes)) {
      throw new AssertionError("replicas differ at index " + state.getIndex());
    }
  }

  private void elect(int number) {
    SimReplica elected = replicas.get(number);
    catchUp(elected);
    leader = elected;
    elected.lead(++term);
  }

  private void trouble() {
    if (!world.isFaulty()) {
      return;
    }
    int unlucky = world.upTo(COUNT);
    SimReplica replica = replicas.get(unlucky);
    switch (world.upTo(4)) {
      case 0, 1 -> deposeLeader();
      case 2 -> {
        if (replica != leader) {
          replicas.set(unlucky, new SimReplica(world, this, replica.snapshot()));
        }
      }
      default -> {
        SimReplica donor = world.pick(replicas);
        if (replica != leader && donor.index() >= replica.index()) {
          replica.install(donor.snapshot());
        }
      }
    }
    world.after(world.between(500, 6_000), this::trouble);
  }

  /** What it gathered is lost; what it was appending may have become certain, unanswered. */
  private void deposeLeader() {
    SimReplica deposed = leader;
    if (deposed == null) {
      return;
    }
    leader = null;
    term++;
    if (underWay != null && world.oneIn(2)) {
      log.add(underWay);
    }
    underWay = null;
    deposed.follow();
    world.after(world.between(50, 1_500), () -> elect(world.upTo(COUNT)));
  }
}
