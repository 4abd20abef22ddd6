package dev.podpool.sim;

import static dev.podpool.sim.Contract.require;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Snapshot;
import dev.podpool.queue.QueueMachine;
import dev.podpool.queue.loop.Link;
import dev.podpool.queue.raft.LogException;
import dev.podpool.queue.raft.ReplicaFiles;
import dev.podpool.testing.disk.LossyDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Three replicas of the queue, their machines and disks, and what becomes of them. Sees to what no
 * replica can see: that what was certain once stays so, and that they all make the same of it.
 *
 * <p>Who is elected is decided here, at one moment: a replica that hears and is heard by another
 * one, both with a vote, if its log is up to date for that one. That is what Raft comes to; how it
 * gets there, with votes that are split and elections that are lost, is Ratis'.
 *
 * <p>Of the disks, one at a time is damaged or lost: no promise outlives the loss of a majority.
 */
final class Replicas {

  static final int COUNT = 3;
  static final int MAJORITY = 2;

  private static final int HASH_EVERY = 8;
  private static final int LOOK_MILLIS = 100;

  // Says of each torn end that it was cut off: here, of thousands.
  private static final Logger FILES = Logger.getLogger(ReplicaFiles.class.getPackageName());

  static {
    FILES.setLevel(Level.SEVERE);
  }

  /** A replica's place: a machine with a disk. */
  private static final class Place {
    final int number;
    LossyDisk disk = new LossyDisk();
    @Nullable SimReplica process; // null: it is down
    // False from when it has lost its files to when it has as much as the others.
    boolean votes = true;
    // Its process does not start with what is on its disk.
    boolean refused;
    // What has been done to its disk since it last started.
    boolean flipped;
    boolean torn;
    boolean failing;

    Place(int number) {
      this.number = number;
    }
  }

  private final World world;
  private final Network network;
  private final Contract contract;
  private final List<Place> places = new ArrayList<>();
  private final List<Entry> certain = new ArrayList<>();
  private final Map<Long, ByteString> states = new HashMap<>();
  private long lastTerm;
  private long unledSinceMillis = -1;
  private int patienceMillis;

  Replicas(World world, Network network, Contract contract) {
    this.world = world;
    this.network = network;
    this.contract = contract;
    for (int number = 0; number < COUNT; number++) {
      network.addReplica(name(number));
      places.add(new Place(number));
    }
    places.forEach(this::start);
    elect(-1);
    world.after(LOOK_MILLIS, this::look);
    world.after(world.between(500, 5_000), this::trouble);
  }

  static String name(int number) {
    return "queue-" + number;
  }

  int entries() {
    return certain.size();
  }

  // ---- for whoever talks to them

  /** Who leads, as far as it knows; {@code otherwise} where nobody does. */
  int leader(int otherwise) {
    int leader = otherwise;
    long term = -1;
    for (Place place : places) {
      SimReplica process = place.process;
      if (process != null && process.agreement().leads() && process.agreement().term() > term) {
        leader = place.number;
        term = process.agreement().term();
      }
    }
    return leader;
  }

  /** A message from a session; lost where there is no process. */
  void receive(int number, Request request, Link from) {
    SimReplica process = places.get(number).process;
    if (process != null) {
      process.party().happen(() -> process.receive(request, from));
    }
  }

  /** A message from one of the others. */
  void tell(int number, Consumer<Agreement> message) {
    SimReplica process = places.get(number).process;
    if (process != null) {
      process.party().happen(() -> message.accept(process.agreement()));
    }
  }

  boolean isVoter(int number) {
    return places.get(number).votes;
  }

  /** Whether it is one of a process that is there. */
  boolean isCurrent(Agreement agreement) {
    return places.stream()
        .anyMatch(place -> place.process != null && place.process.agreement() == agreement);
  }

  /** The leader of {@code term} finds that {@code number} has all that is certain. */
  void admit(int number, long term) {
    if (term == lastTerm) {
      places.get(number).votes = true;
    }
  }

  // ---- what is certain

  /** {@code process} has applied {@code entry}. */
  void applied(SimReplica process, Entry entry) {
    long index = process.index();
    if (index > certain.size()) {
      certain.add(entry);
    }
    require(certain.get((int) index - 1).equals(entry), "what is certain stays what it is");
    boolean isCompared = index % HASH_EVERY == 0;
    if (!isCompared && contract.hasChecked(index)) {
      return; // a snapshot is dear
    }
    Snapshot state = process.snapshot();
    if (isCompared) {
      compare(state);
    }
    contract.check(state);
  }

  private void compare(Snapshot state) {
    ByteString bytes = state.toByteString();
    ByteString other = states.putIfAbsent(state.getIndex(), bytes);
    require(other == null || other.equals(bytes), "replicas make the same of the same entries");
  }

  /** Whether all are there, and have all that is certain. */
  boolean isLevel() {
    return places.stream()
        .allMatch(
            place ->
                place.votes && place.process != null && place.process.index() == certain.size());
  }

  /** The state of them all, when they are level. */
  QueueMachine settled() {
    places.forEach(place -> compare(process(place).snapshot()));
    return QueueMachine.restore(process(places.get(0)).snapshot());
  }

  private static SimReplica process(Place place) {
    return Objects.requireNonNull(place.process);
  }

  /** For who asks why nothing goes on. */
  @Override
  public String toString() {
    List<String> all = new ArrayList<>();
    for (Place place : places) {
      SimReplica process = place.process;
      all.add(
          name(place.number)
              + (process == null
                  ? " is down"
                  : " has %d entries%s%s"
                      .formatted(
                          process.index(),
                          process.agreement().leads() ? ", leads" : "",
                          place.votes ? "" : ", has no vote")));
    }
    return String.join("; ", all) + "; of " + certain.size();
  }

  // ---- elections

  private void look() {
    if (isLed()) {
      unledSinceMillis = -1;
    } else if (unledSinceMillis < 0) {
      unledSinceMillis = world.nowMillis();
      patienceMillis = world.between(200, 1_500);
    } else if (world.nowMillis() - unledSinceMillis >= patienceMillis) {
      elect(-1);
    }
    world.after(LOOK_MILLIS, this::look);
  }

  private boolean isLed() {
    return places.stream()
        .anyMatch(
            place ->
                canVote(place)
                    && process(place).agreement().leads()
                    && process(place).agreement().term() == lastTerm
                    && places.stream().anyMatch(other -> canVote(other) && connects(place, other)));
  }

  private static boolean canVote(Place place) {
    return place.votes && place.process != null && !place.process.party().standsStill();
  }

  private boolean connects(Place one, Place other) {
    return one != other && network.connects(name(one.number), name(other.number));
  }

  /** Elects one, if it can be, but not {@code but}. */
  private void elect(int but) {
    List<List<Agreement>> pairs = new ArrayList<>();
    for (Place candidate : places) {
      for (Place voter : places) {
        if (candidate.number != but
            && canVote(candidate)
            && canVote(voter)
            && connects(candidate, voter)
            && process(candidate).agreement().isUpToDateFor(process(voter).agreement())) {
          pairs.add(List.of(process(candidate).agreement(), process(voter).agreement()));
        }
      }
    }
    if (pairs.isEmpty()) {
      return;
    }
    List<Agreement> pair = world.pick(pairs);
    Agreement elected = pair.get(0);
    Agreement voter = pair.get(1);
    long term = 1 + Math.max(elected.term(), voter.term());
    elected.vote(term);
    voter.vote(term);
    if (isCurrent(elected) && isCurrent(voter)) { // else a disk refused a vote
      require(term > lastTerm, "a term has one leader");
      lastTerm = term;
      elected.lead();
    }
  }

  // ---- disks and processes

  private void start(Place place) {
    if (place.refused || place.process != null) {
      return;
    }
    try {
      ReplicaFiles files = ReplicaFiles.open(place.disk);
      require(!place.flipped, "a bit that has flipped is noticed");
      place.torn = false;
      place.process = new SimReplica(world, network, this, place.number, files);
    } catch (LogException e) {
      require(
          place.flipped || place.torn,
          "a disk that has kept what was synced is not refused: " + e.getMessage());
      place.refused = true;
      world.after(world.between(500, 5_000), () -> begin(place));
    } catch (IOException e) {
      halted(place.number, e);
    }
  }

  /** With an empty disk: as somebody who knows nothing, and may decide nothing yet. */
  private void begin(Place place) {
    empty(place);
    start(place);
  }

  private static void empty(Place place) {
    place.disk = new LossyDisk();
    place.votes = false;
    place.refused = false;
    place.flipped = false;
    place.torn = false;
    place.failing = false;
  }

  /** The disk of a replica refuses: that is the end of its process, which is started again. */
  void halted(int number, IOException cause) {
    Place place = places.get(number);
    if (!place.failing) {
      throw new AssertionError("a disk failed that nothing was wrong with", cause);
    }
    end(place);
  }

  private void end(Place place) {
    if (place.process != null) {
      place.process.party().end();
      place.process = null;
    }
    int millis = world.oneIn(5) ? world.between(3_000, 15_000) : world.between(50, 2_000);
    world.after(
        millis,
        () -> {
          place.disk.makeRoom();
          start(place);
        });
  }

  private void trouble() {
    if (!world.isFaulty()) {
      return;
    }
    Place place = places.get(world.oneIn(2) ? leader(0) : world.upTo(COUNT));
    boolean mayBeDamaged =
        places.stream().allMatch(each -> each.votes && !each.flipped && !each.torn);
    switch (world.pick(
        List.of(
            Fault.HAND_OVER,
            Fault.KILL,
            Fault.POWER,
            Fault.FLIP,
            Fault.LOST_DISK,
            Fault.FULL_DISK,
            Fault.SYNC))) {
      case HAND_OVER -> {
        if (world.has(Fault.HAND_OVER)) {
          elect(leader(-1));
        }
      }
      case KILL -> {
        if (world.has(Fault.KILL)) {
          end(place);
        }
      }
      case POWER -> {
        if (world.has(Fault.POWER)) {
          losePower(place, mayBeDamaged);
        }
      }
      case FLIP -> {
        if (world.has(Fault.FLIP) && mayBeDamaged) {
          flip(place);
        }
      }
      case LOST_DISK -> {
        if (world.has(Fault.LOST_DISK) && mayBeDamaged) {
          end(place);
          empty(place);
        }
      }
      case FULL_DISK -> {
        if (world.has(Fault.FULL_DISK)) {
          place.failing = true;
          place.disk.fill();
        }
      }
      case SYNC -> {
        if (world.has(Fault.SYNC)) {
          place.failing = true;
          place.disk.failNextSync();
        }
      }
      default -> throw new AssertionError("no fault of a replica");
    }
    world.after(world.between(500, 6_000), this::trouble);
  }

  /**
   * One machine's, or now and then everybody's. Where sectors are written in any order, a follower
   * may find an entry behind a hole in the one before, and is refused, though nothing is lost that
   * counted.
   */
  private void losePower(Place place, boolean mayBeDamaged) {
    if (world.oneIn(3)) {
      for (Place each : places) {
        end(each);
        each.disk.losePower(world.chance(), true);
      }
    } else {
      end(place);
      place.torn |= mayBeDamaged;
      place.disk.losePower(world.chance(), !mayBeDamaged);
    }
  }

  private void flip(Place place) {
    SimReplica process = place.process;
    if (process == null) {
      return;
    }
    try {
      List<ReplicaFiles.Place> files = process.agreement().undoubted();
      if (files.isEmpty()) {
        return;
      }
      ReplicaFiles.Place file = world.pick(files);
      end(place);
      place.flipped = true;
      place.disk.flip(file.path(), world.upTo((int) file.bytes()), world.upTo(8));
    } catch (IOException e) {
      throw new AssertionError("the file is there", e);
    }
  }
}
