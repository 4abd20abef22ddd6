package dev.podpool.queue.raft;

import dev.podpool.protocol.ReplicaReport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.thirdparty.io.grpc.Server;
import org.apache.ratis.thirdparty.io.grpc.StatusRuntimeException;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * How a replica without files begins. It may be the first start of all, or this one has lost its
 * disk, and with it what it had promised: so it asks every other replica. Where each of them has
 * been seen without an entry, they found a log: an entry that was acknowledged before would be on
 * the disk of one of them. Where others have founded it meanwhile with this one, as its name tells,
 * it is of the founders, too. Else it joins the log of whoever leads, as a new replica, or waits.
 */
final class Discovery implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(Discovery.class.getName());

  private static final Duration PACE = Duration.ofMillis(200);
  private static final long SAY_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long SAY_FIRST_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long START_NANOS_MAX = TimeUnit.SECONDS.toNanos(10);
  // Each of the others asks anew within half of that.
  private static final long STAY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final List<Peer> others;
  private final List<PeerClient> clients = new ArrayList<>();
  private final @Nullable DataLostException lost;
  private final BooleanSupplier isClosed;
  private long saidNanos = System.nanoTime() - SAY_AGAIN_NANOS + SAY_FIRST_NANOS;

  /**
   * Among {@code others}.
   *
   * @param lost what it means that nobody has a log; null: that one is to be founded
   * @param isClosed whether nobody waits for this any more
   */
  Discovery(
      PeerNetwork network,
      List<Peer> others,
      @Nullable DataLostException lost,
      BooleanSupplier isClosed)
      throws IOException {
    this.others = others;
    this.lost = lost;
    this.isClosed = isClosed;
    for (Peer each : others) {
      clients.add(new PeerClient(network, each.address()));
    }
  }

  /**
   * Waits, and answers meanwhile those that ask the same. Where the log was lost, it does so for
   * some seconds more: whoever ends at once would leave the others waiting for it.
   *
   * @param own this replica under the name that it promises under
   * @param levelMax the highest level that this replica can apply
   * @return who founded the log that it is of, with {@code own}; nobody where it is to join one
   * @throws LogException if this was closed, the log was lost, or the one to join is of a higher
   *     level
   */
  List<Peer> founders(Peer own, PeerServices services, int levelMax) throws IOException {
    Server server = services.serveAlone();
    try {
      Map<Peer, Peer> withoutEntries = new HashMap<>(); // as in the log, by their places
      long waitedNanos = System.nanoTime(); // until all were seen
      while (true) {
        List<Peer> members = List.of();
        int level = 0; // of the queue of those members
        List<String> missing = new ArrayList<>();
        for (int i = 0; i < others.size(); i++) {
          Peer other = others.get(i);
          try {
            ReplicaReport told = clients.get(i).report();
            switch (told.getRole()) {
              case EMPTY -> withoutEntries.put(other, new Peer(told.getName(), other.address()));
              case FOLLOWING -> missing.add(other.name() + " has entries and does not lead");
              case LEADING -> {
                level = told.getLevel();
                members = told.getMembersList().stream().map(Peer::of).toList();
              }
              default -> missing.add(other.name() + " is of a release that is not known here");
            }
          } catch (RuntimeException e) { // or something that this release does not know
            missing.add(other.name() + " does not answer (" + e.getMessage() + ")");
          }
        }
        if (level > levelMax) {
          throw new LogException(
              "the other replicas have a queue of level %d, and this release can apply level %d at most: update this replica"
                  .formatted(level, levelMax));
        }
        if (!members.isEmpty()) {
          boolean isIn = members.stream().anyMatch(each -> each.name().equals(own.name()));
          return isIn ? members : List.of();
        }
        if (withoutEntries.size() < others.size()) {
          waitedNanos = System.nanoTime();
        } else if (lost == null) {
          return Stream.concat(Stream.of(own), withoutEntries.values().stream()).toList();
        } else if (System.nanoTime() - waitedNanos >= STAY_NANOS) {
          throw lost;
        }
        pause("this replica has no files, and can't begin: " + String.join("; ", missing));
      }
    } finally {
      server.shutdownNow();
      awaitEnd(server);
    }
  }

  private static void awaitEnd(Server server) {
    try {
      server.awaitTermination();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Has whoever leads take in {@code joiner}, this replica, however often it must be asked; returns
   * at once where it is in.
   *
   * @param own this replica as Ratis has it
   * @throws LogException if it is in, and Ratis does not start it: the next start does
   */
  void join(Peer joiner, RaftServer.Division own) {
    Long inNanos = null; // when it was first seen to be in
    while (own.getInfo().getLifeCycleState() != LifeCycle.State.RUNNING) {
      if (own.getRaftConf().getPeer(own.getId()) == null) {
        inNanos = null;
      } else if (inNanos == null) {
        inNanos = System.nanoTime();
      } else if (System.nanoTime() - inNanos > START_NANOS_MAX) {
        // The leader was lost right then. Ratis starts with the leader's next message only.
        throw new LogException(joiner.name() + " has joined, and must be started again to vote");
      }
      List<String> refused = new ArrayList<>();
      for (int i = 0; i < others.size(); i++) {
        try {
          clients.get(i).join(joiner);
        } catch (StatusRuntimeException e) {
          refused.add(others.get(i).name() + ": " + e.getStatus());
        }
      }
      pause("this replica is not in yet: " + String.join("; ", refused));
    }
  }

  private void pause(String why) {
    if (isClosed.getAsBoolean()) {
      throw new LogException("the log was closed before it could begin");
    }
    if (System.nanoTime() - saidNanos >= SAY_AGAIN_NANOS) {
      saidNanos = System.nanoTime();
      LOG.log(System.Logger.Level.WARNING, why);
    }
    try {
      Thread.sleep(PACE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LogException("interrupted before the log could begin", e);
    }
  }

  @Override
  public void close() {
    clients.forEach(PeerClient::close);
  }
}
