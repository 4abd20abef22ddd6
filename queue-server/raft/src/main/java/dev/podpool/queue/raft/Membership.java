package dev.podpool.queue.raft;

import dev.podpool.protocol.ReplicaReport;
import dev.podpool.protocol.ReplicaRole;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;

/** Which replicas belong to the log, as Ratis has it. */
final class Membership implements PeerServices.Members {

  private final RaftServer server;
  private final RaftServer.Division division;
  private final Path votes;
  private final Function<SetConfigurationRequest.Arguments, SetConfigurationRequest> request;

  /**
   * Of the log of {@code server}.
   *
   * @param votes the directory in which Ratis keeps how this replica votes
   * @param request makes a request of it
   */
  Membership(
      RaftServer server,
      RaftServer.Division division,
      Path votes,
      Function<SetConfigurationRequest.Arguments, SetConfigurationRequest> request) {
    this.server = server;
    this.division = division;
    this.votes = votes;
    this.request = request;
  }

  static RaftPeer of(Peer peer) {
    return RaftPeer.newBuilder().setId(peer.name()).setAddress(peer.address()).build();
  }

  @Override
  public String name() {
    return division.getId().toString();
  }

  @Override
  public void tell(ReplicaReport.Builder report) {
    DivisionInfo info = division.getInfo();
    if (info.isLeader() && info.isLeaderReady()) {
      report.setRole(ReplicaRole.LEADING);
      division
          .getRaftConf()
          .getCurrentPeers()
          .forEach(
              each ->
                  report.addMembers(
                      new Peer(each.getId().toString(), each.getAddress()).message()));
    } else {
      report.setRole(hasEntries(division) ? ReplicaRole.FOLLOWING : ReplicaRole.EMPTY);
    }
  }

  /** Whether it has anything of the log: Ratis counts the votes of no other. */
  static boolean hasEntries(RaftServer.Division division) {
    // Of the machine: Ratis itself does not say it before all of it has started.
    TermIndex applied = division.getStateMachine().getLastAppliedTermIndex();
    return division.getRaftLog().getLastEntryTermIndex() != null
        || (applied != null && applied.getIndex() >= 0);
  }

  @Override
  public void keepPromises() throws IOException {
    Disk.syncDirectory(votes);
  }

  /** The one that had its address goes: no two have one, so that one's disk is lost. */
  @Override
  public CompletableFuture<?> admit(Peer joiner) {
    List<RaftPeer> next = new ArrayList<>(List.of(of(joiner)));
    List<RaftPeer> now = List.copyOf(division.getRaftConf().getCurrentPeers());
    for (RaftPeer each : now) {
      if (each.getAddress().isEmpty()) {
        // Ratis takes no other address for it, ever.
        return CompletableFuture.failedFuture(
            new IllegalStateException(
                each.getId() + " began as the only one, without an address: it can't be joined"));
      }
      if (!each.getAddress().equals(joiner.address())) {
        next.add(each);
      }
    }
    try {
      return server
          .setConfigurationAsync(request.apply(replacing(now, next)))
          .thenApply(Membership::requireSuccess);
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Another joiner may have been admitted meanwhile. */
  private static SetConfigurationRequest.Arguments replacing(
      List<RaftPeer> now, List<RaftPeer> next) {
    return SetConfigurationRequest.Arguments.newBuilder()
        .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
        .setServersInCurrentConf(now)
        .setServersInNewConf(next)
        .build();
  }

  private static RaftClientReply requireSuccess(RaftClientReply reply) {
    if (!reply.isSuccess()) {
      throw new IllegalStateException(String.valueOf(reply.getException()));
    }
    return reply;
  }
}
