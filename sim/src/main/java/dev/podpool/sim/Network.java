package dev.podpool.sim;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Between replicas, and between them and all others: loses, doubles, delays and reorders, and is
 * cut between named parties, both ways or one way.
 */
final class Network {

  private final World world;
  private final List<String> replicas = new ArrayList<>();
  private final List<String> others = new ArrayList<>();
  // Until when nothing passes from one to another.
  private final Map<String, Long> cutUntilMillis = new HashMap<>();

  Network(World world) {
    this.world = world;
    world.after(world.between(200, 4_000), this::trouble);
  }

  void addReplica(String name) {
    replicas.add(name);
  }

  /** A worker, a client or a sharer. */
  void add(String name) {
    others.add(name);
  }

  /** Has {@code message} arrive, or not, or twice. */
  void carry(String from, String to, Runnable message) {
    if (world.faultOneIn(Fault.PARTITION, 100) && others.contains(from)) {
      // The worst moment: what is sent now comes too late, if at all.
      int millis = world.between(8_000, 20_000);
      for (String replica : replicas) {
        cut(from, replica, millis);
        cut(replica, from, millis);
      }
    }
    if (!passes(from, to) || world.faultOneIn(Fault.LOSS, 30)) {
      return;
    }
    boolean slow = world.faultOneIn(Fault.DELAY, 50);
    world.after(slow ? world.between(100, 2_500) : world.between(1, 10), message);
    if (world.faultOneIn(Fault.DUPLICATION, 30)) {
      world.after(world.between(1, 1_500), message);
    }
  }

  /** Whether anything can pass from one to the other. */
  boolean passes(String from, String to) {
    Long until = cutUntilMillis.get(from + ">" + to);
    return until == null || until <= world.nowMillis() || !world.isFaulty();
  }

  /** Whether the two can hear each other. */
  boolean connects(String one, String other) {
    return passes(one, other) && passes(other, one);
  }

  private void trouble() {
    if (!world.isFaulty()) {
      return;
    }
    boolean oneWay = world.oneIn(2);
    boolean outward = world.oneIn(2);
    String one = world.pick(world.oneIn(2) ? replicas : others);
    // From one replica, from them all, or from everybody.
    List<String> far = new ArrayList<>(world.oneIn(2) ? List.of(world.pick(replicas)) : replicas);
    if (world.oneIn(3)) {
      far.addAll(others);
    }
    // Beyond a session's term, now and then.
    int millis = world.oneIn(4) ? world.between(8_000, 20_000) : world.between(50, 3_000);
    if (world.has(oneWay ? Fault.ONE_WAY : Fault.PARTITION)) {
      for (String other : far) {
        if (!oneWay || outward) {
          cut(one, other, millis);
        }
        if (!oneWay || !outward) {
          cut(other, one, millis);
        }
      }
    }
    world.after(world.between(200, 4_000), this::trouble);
  }

  /** One way. */
  private void cut(String from, String to, int millis) {
    cutUntilMillis.put(from + ">" + to, world.nowMillis() + millis);
  }
}
