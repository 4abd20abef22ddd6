package dev.podpool.sim;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.Request;
import dev.podpool.queue.Effects;
import dev.podpool.queue.QueueMachine;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Three replicas of the machine behind one log. How the log is agreed on is not simulated: what is
 * in it is certain, what the leader has gathered is not.
 */
final class Replicas {

  private static final int COUNT = 3;
  private static final int HASH_EVERY = 8;

  private final World world;
  private final Contract contract;
  private final List<Entry> log = new ArrayList<>();
  private final List<Replica> replicas = new ArrayList<>();
  private final Map<Long, ByteString> hashes = new HashMap<>();
  private @Nullable Front front;
  private @Nullable Entry underWay;
  private long term;

  private static final class Replica {
    QueueMachine machine = new QueueMachine();
    boolean scheduled;
  }

  Replicas(World world, Contract contract) {
    this.world = world;
    this.contract = contract;
    for (int i = 0; i < COUNT; i++) {
      replicas.add(new Replica());
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
    for (Replica replica : replicas) {
      compareHash(replica);
    }
    return replicas.get(0).machine;
  }

  /** A message from a session; lost while nobody leads. */
  void receive(Request request, Link from) {
    if (front != null) {
      front.receive(request, from);
    }
  }

  /** Makes {@code entry} certain after a while, unless {@code proposer} loses its office first. */
  void append(Entry entry, Front proposer) {
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
          Replica leader = replicas.get((int) (its % COUNT));
          proposer.apply(entry, leader.machine);
          applied(leader);
          replicas.forEach(this::follow);
        });
  }

  private void follow(Replica replica) {
    if (!replica.scheduled && replica.machine.index() < log.size()) {
      replica.scheduled = true;
      world.after(
          world.faultOneIn(10) ? world.between(100, 2_000) : world.between(1, 10),
          () -> {
            replica.scheduled = false;
            catchUp(replica);
          });
    }
  }

  private void catchUp(Replica replica) {
    while (replica.machine.index() < log.size()) {
      replica.machine.apply(log.get((int) replica.machine.index()), new Ignored());
      applied(replica);
    }
  }

  private void applied(Replica replica) {
    if (replica.machine.index() % HASH_EVERY == 0) {
      compareHash(replica);
    }
    contract.check(replica.machine);
  }

  private void compareHash(Replica replica) {
    ByteString hash = replica.machine.stateHash();
    ByteString other = hashes.putIfAbsent(replica.machine.index(), hash);
    if (other != null && !other.equals(hash)) {
      throw new AssertionError("replicas differ at index " + replica.machine.index());
    }
  }

  private void elect(int leader) {
    // Leader of a term: its number modulo the replicas.
    while (term % COUNT != leader) {
      term++;
    }
    Replica elected = replicas.get(leader);
    catchUp(elected);
    front = new Front(world, this, elected.machine, term);
    front.start();
  }

  private void trouble() {
    if (!world.isFaulty()) {
      return;
    }
    Replica unlucky = world.pick(replicas);
    switch (world.upTo(4)) {
      case 0, 1 -> deposeLeader();
      case 2 -> {
        if (front == null || unlucky.machine != front.machine()) {
          unlucky.machine = QueueMachine.restore(unlucky.machine.snapshot());
        }
      }
      default -> {
        Replica donor = world.pick(replicas);
        if ((front == null || unlucky.machine != front.machine())
            && donor.machine.index() >= unlucky.machine.index()) {
          unlucky.machine = QueueMachine.restore(donor.machine.snapshot());
        }
      }
    }
    world.after(world.between(500, 6_000), this::trouble);
  }

  /** What it gathered is lost; what it was appending may have become certain, unanswered. */
  private void deposeLeader() {
    if (front == null) {
      return;
    }
    front.stop();
    front = null;
    term++;
    if (underWay != null && world.oneIn(2)) {
      log.add(underWay);
    }
    underWay = null;
    world.after(world.between(50, 1_500), () -> elect(world.upTo(COUNT)));
  }

  /** A follower performs nothing. */
  private static final class Ignored implements Effects {
    @Override
    public void opened(ByteString nonce, dev.podpool.protocol.Reply reply) {}

    @Override
    public void applied(long session, long sequence) {}

    @Override
    public void reply(long session, dev.podpool.protocol.Reply reply) {}

    @Override
    public void deliver(long session, dev.podpool.protocol.Delivery delivery) {}

    @Override
    public void ended(long session, dev.podpool.protocol.Refusal reason) {}
  }
}
