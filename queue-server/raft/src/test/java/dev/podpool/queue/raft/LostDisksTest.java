package dev.podpool.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.ratis.thirdparty.io.grpc.Server;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Replicas that begin, and some that have lost what they had. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LostDisksTest extends ThreeReplicas {

  @Test
  void oneThatHasLostItsDiskJoinsAsAnotherAndCounts() throws Exception {
    int lost = (append(1, 300, 10_000) + 1) % REPLICAS; // several segments and snapshots
    loseDisk(lost);
    append(301, 310, 10_000);

    start(lost);
    awaitApplied(310, 10_000);
    assertThat(directory.resolve(lost + "/replica")).content().matches("queue-\\d\\.[0-9a-f]{8}\n");
    assertThat(((Holding) replicas[lost]).blob).isEqualTo(BLOB);
    await(() -> hasCaughtUp(lost)); // it is a replica, and not only told of all

    // With it, one of the others is enough; and it may lead, under the name of its place.
    stop((lost + 1) % REPLICAS);
    append(311, 320, 10_000);
    start((lost + 1) % REPLICAS);
    awaitApplied(320, 10_000);
    stop((lost + 2) % REPLICAS);
    append(321, 330, 10_000);
    start((lost + 2) % REPLICAS);
    awaitApplied(330, 10_000);
    assertThat(logs[lost].leader()).matches("queue-\\d");
    String name = Files.readString(directory.resolve(lost + "/replica"));
    stop(lost);
    start(lost);
    awaitApplied(330, 10_000);
    assertThat(directory.resolve(lost + "/replica")).hasContent(name);
  }

  @Test
  void oneThatIsSlowToBeginIsOfTheFounders() throws Exception {
    for (int i = 0; i < REPLICAS; i++) {
      loseDisk(i);
    }
    Path slow = Files.createDirectories(directory.resolve("2"));
    Files.writeString(slow.resolve("format"), "podpool-log 1\n");
    Files.writeString(slow.resolve("replica"), "queue-2.0000abcd\n");
    SnapshotFiles none = new SnapshotFiles(slow);
    Snapshots snapshots = new Snapshots(none, 1, new Health(failures::add), () -> {});
    PeerServices asked =
        new PeerServices(
            network(2, authority), List.of(), "queue-2.0000abcd", replicas[2], none, snapshots);
    Server server = asked.serveAlone();
    start(0, BLOB);
    start(1, BLOB);
    append(1, 20, 300);
    server.shutdownNow().awaitTermination();
    snapshots.close();

    start(2, BLOB);
    awaitApplied(20, 300);
    await(() -> hasCaughtUp(2));
    assertThat(slow.resolve("replica")).content().isEqualTo("queue-2.0000abcd\n");
    assertThat(slow.resolve("founders")).content().contains("queue-2.0000abcd=");
    stop(leader());
    append(21, 30, 300);
  }

  @Test
  void oneThatEndsBeforeItHasJoinedGoesOnWithThat() throws Exception {
    int lost = (append(1, 300, 10_000) + 1) % REPLICAS;
    loseDisk(lost);
    PeerNetwork own = network(lost, authority);
    PeerNetwork stranger =
        new PeerNetwork(own.listen(), identity(authority, "127.0.0.2"), own.trust());
    logs[lost] = new RatisLog(alone(lost).withPeers(peers.get(lost).name(), peers, stranger));
    logs[lost].start(replicas[lost]);
    await(() -> Files.exists(directory.resolve(lost + "/replica")));
    Path begun = directory.resolve(lost + "/raft");
    await(() -> !LogFiles.named(begun, "raft-meta").isEmpty());
    Thread.sleep(1_000); // it asks several times
    assertThat(logs[lost].leader()).as("it is none of them").isNull();
    stop(lost);

    start(lost);
    awaitApplied(300, 10_000);
    await(() -> hasCaughtUp(lost));
  }

  @Test
  void whereTwoOfThreeDisksAreLostNobodyGoesOnAsIfNothingHadBeenThere() throws Exception {
    int kept = append(1, 20, 300);
    awaitApplied(20, 300);
    int[] lost = {(kept + 1) % REPLICAS, (kept + 2) % REPLICAS};
    stop(lost[0]);
    for (int i : lost) {
      loseDisk(i);
    }
    for (int i : lost) {
      start(i);
    }
    await(() -> !replicas[kept].leads());

    Thread.sleep(3_000); // several elections
    assertThat(replicas).noneMatch(Numbered::leads);
    assertThat(logs[kept].catchUp()).failsWithin(Duration.ofSeconds(60));
  }

  @Test
  void whereAllDisksAreLostEachRefusesToBeginAnew() throws Exception {
    append(1, 20, 300);
    for (int i = 0; i < REPLICAS; i++) {
      loseDisk(i);
    }

    startWithDataSince("yesterday");
    await(() -> failures.size() == REPLICAS);
    assertThat(failures)
        .allSatisfy(
            failure ->
                assertThat(failure)
                    .isInstanceOf(DataLostException.class)
                    .hasMessageContaining("is empty, as those of the other replicas are")
                    .hasMessageContaining("since yesterday"));
    failures.clear();
    for (RatisLog log : logs) {
      log.close();
    }

    startWithDataSince(null); // as a person wants it
    append(1, 5, 300);
    awaitApplied(5, 300);
  }

  private void startWithDataSince(String since) throws Exception {
    for (int i = 0; i < REPLICAS; i++) {
      replicas[i] = new Numbered();
      logs[i] = new RatisLog(settings(i, authority).withDataSince(since));
      logs[i].start(replicas[i]);
    }
  }

  @Test
  void oneDiskThatIsLostIsFilledAgainThoughThereIsData() throws Exception {
    int lost = (append(1, 20, 300) + 1) % REPLICAS;
    loseDisk(lost);

    logs[lost] = new RatisLog(settings(lost, authority).withDataSince("yesterday"));
    logs[lost].start(replicas[lost]);

    awaitApplied(20, 300);
  }

  @Test
  void whoIsLeftGoesOnAloneWhereAPersonSaysSo() throws Exception {
    int kept = (append(1, 300, 10_000) + 1) % REPLICAS;
    awaitApplied(300, 10_000);
    for (int i = 0; i < REPLICAS; i++) {
      if (i != kept) {
        loseDisk(i);
      }
    }
    stop(kept);
    Files.createFile(directory.resolve(kept + "/go-on-alone"));

    start(kept, BLOB);
    assertThat(append(301, 310, 10_000)).isEqualTo(kept);
    assertThat(directory.resolve(kept + "/go-on-alone")).doesNotExist();

    for (int i = 0; i < REPLICAS; i++) {
      if (i != kept) {
        start(i); // they join
      }
    }
    awaitApplied(310, 10_000);
    await(() -> hasCaughtUp((kept + 1) % REPLICAS) && hasCaughtUp((kept + 2) % REPLICAS));
    stop(kept);
    append(311, 320, 10_000);
    start(kept, BLOB);
    awaitApplied(320, 10_000);
  }

  @Test
  void nobodyGoesOnAloneByMistake() throws Exception {
    int lost = (append(1, 20, 300) + 1) % REPLICAS;
    stop(lost);
    assertThatThrownBy(() -> new RatisLog(alone(lost)).start(replicas[lost]))
        .isInstanceOf(LogException.class)
        .hasMessageContaining("is of one of several replicas");
    loseDisk(lost);
    Path asked = Files.createDirectories(directory.resolve("" + lost)).resolve("go-on-alone");
    Files.createFile(asked);
    RatisLog empty = new RatisLog(settings(lost, authority));
    assertThatThrownBy(() -> empty.start(replicas[lost]))
        .isInstanceOf(LogException.class)
        .hasMessageContaining(asked.toString())
        .hasMessageContaining("there is no log");
    Files.delete(asked);
    start(lost);
    awaitApplied(20, 300);
  }

  @Test
  void oneThatHasLostItsVoteIsNotLetInEither() throws Exception {
    int lost = (append(1, 20, 300) + 1) % REPLICAS;
    awaitApplied(20, 300);
    logs[lost].close();
    replicas[lost] = new Numbered();
    Path votes =
        LogFiles.one(directory.resolve("" + lost), "raft-meta.conf").resolveSibling("raft-meta");
    String kept = Files.readString(votes);
    RatisSettings alone = alone(lost);
    for (String left : List.of("", "term=0\nvotedFor=\n")) {
      Files.writeString(votes, left);
      for (RatisSettings settings : List.of(settings(lost, authority), alone)) {
        assertThatThrownBy(() -> new RatisLog(settings).start(replicas[lost]))
            .isInstanceOf(LogException.class)
            .hasMessageContaining(votes.toString())
            .hasMessageContaining("empty it: the replica joins");
      }
      assertThat(votes).hasContent(left);
    }

    Files.writeString(votes, kept);
    start(lost);
    append(21, 30, 300);
    awaitApplied(30, 300);
  }
}
