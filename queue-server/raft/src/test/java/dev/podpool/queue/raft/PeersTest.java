package dev.podpool.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.queue.loop.NotLeadingException;
import dev.podpool.testing.Authority;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Replicas that come and go, lead and follow, and keep their disks. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PeersTest extends ThreeReplicas {

  @Test
  void allHaveTheSameAndOneLeads() throws Exception {
    int leader = append(1, 20, 300);
    awaitApplied(20, 300);
    for (RatisLog log : logs) {
      assertThat(log.leader()).isEqualTo(peers.get(leader).name());
    }
  }

  @Test
  void whoReadsAfterCatchingUpMissesNothingThatWasAcknowledged() throws Exception {
    for (int count = 1; count <= 50; count++) {
      append(count, count, 300);
      int any = count % REPLICAS;
      await(() -> hasCaughtUp(any)); // not while nobody leads
      assertThat(replicas[any].applied()).isEqualTo(count);
    }
    logs[0].close();
    logs[1].close();
    assertThatThrownBy(() -> logs[2].catchUp().get(60, TimeUnit.SECONDS))
        .as("nobody knows what was acknowledged")
        .hasCauseInstanceOf(NotLeadingException.class);
  }

  @Test
  void anotherLeadsWhenTheLeaderIsGoneAndItCatchesUpWhenItIsBack() throws Exception {
    int first = append(1, 20, 300);
    logs[first].close();
    replicas[first] = new Numbered();
    assertThat(append(21, 40, 300)).isNotEqualTo(first);

    start(first);
    awaitApplied(40, 300);
  }

  @Test
  void oneThatWasAwayForLongBeginsWithTheLeadersSnapshot() throws Exception {
    int away = (append(1, 5, 10_000) + 1) % REPLICAS;
    awaitApplied(5, 10_000);
    logs[away].close();
    replicas[away] = new Numbered();
    append(6, 300, 10_000); // several segments and snapshots

    start(away);
    awaitApplied(300, 10_000);
    assertThat(replicas[away].calls()).anyMatch(call -> call.matches("restore [1-9].*"));
    assertThat(((Holding) replicas[away]).blob).isEqualTo(BLOB);

    // And it counts: with it, one of the others is enough.
    int gone = (away + 1) % REPLICAS;
    logs[gone].close();
    replicas[gone] = new Numbered();
    append(301, 310, 10_000);
    start(gone);
    awaitApplied(310, 10_000);
  }

  @Test
  void oneGrowsToThree() throws Exception {
    for (int i = 0; i < REPLICAS; i++) {
      loseDisk(i);
    }
    replicas[0] = new Holding(BLOB);
    logs[0] = new RatisLog(alone(0).withAddress(peers.get(0).address()));
    logs[0].start(replicas[0]);
    for (int number = 1; number <= 300; number++) {
      int next = number;
      logs[0].append(Numbered.entry(next, 10_000));
      replicas[0].await(() -> replicas[0].applied() >= next);
    }
    logs[0].close();

    start(0, BLOB);
    start(1);
    start(2);
    append(301, 310, 10_000);
    awaitApplied(310, 10_000);
    await(() -> hasCaughtUp(1) && hasCaughtUp(2)); // they are replicas, and not only told of all
    stop(0);
    append(311, 320, 10_000);
    start(0, BLOB);
    awaitApplied(320, 10_000);
    assertThat(logs[0].leader()).isEqualTo(logs[1].leader()).matches("queue-[12]");
  }

  @Test
  void whoIsToEndHandsOverTheLead() throws Exception {
    int leader = append(1, 20, 300);
    awaitApplied(20, 300);

    logs[leader].handOver();

    await(() -> !replicas[leader].leads());
    assertThat(leader()).isNotEqualTo(leader);
    int other = (leader() + 1) % REPLICAS;
    logs[other].handOver(); // it has nothing to hand over
    append(21, 40, 300);
    awaitApplied(40, 300);
  }

  @Test
  void whoHasACertificateOfAnotherAuthorityIsNoReplica() throws Exception {
    int leader = leader();
    int other = (leader + 1) % REPLICAS;
    logs[other].close();
    replicas[other] = new Numbered();
    logs[other] = new RatisLog(settings(other, new Authority("replicas")));
    logs[other].start(replicas[other]);
    append(1, 20, 300);

    int third = 3 - leader - other;
    replicas[third].await(() -> replicas[third].applied() == 20);
    assertThat(replicas[other].applied()).isZero();
  }
}
