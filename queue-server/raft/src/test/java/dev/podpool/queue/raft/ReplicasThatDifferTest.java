package dev.podpool.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Replicas that make different things of one log, or are of different releases. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReplicasThatDifferTest extends ThreeReplicas {

  /** Appends from {@code first} on until a replica fails; gives the last that was appended. */
  private int appendUntilOneFails(int first, int bytes) throws Exception {
    int leader = leader();
    Numbered replica = replicas[leader];
    for (int number = first; ; number++) {
      int next = number;
      logs[leader].append(Numbered.entry(next, bytes));
      replica.await(() -> replica.applied() >= next || !failures.isEmpty());
      if (!failures.isEmpty()) {
        return number;
      }
      assertThat(number).as("nobody has failed").isLessThan(first + 500);
    }
  }

  private void assertHaltedBecauseItDiffers() {
    assertThat(failures).hasSize(1);
    assertThat(failures.getFirst())
        .isInstanceOf(LogException.class)
        .hasMessageContaining("one has made something else of the log")
        .hasMessageContaining("empty the directory");
    failures.clear();
  }

  @Test
  void oneThatMakesSomethingElseOfTheLogHaltsAndTheOthersGoOn() throws Exception {
    int odd = (append(1, 5, 10_000) + 1) % REPLICAS;
    awaitApplied(5, 10_000);
    replicas[odd].change();

    int halted = appendUntilOneFails(6, 10_000);
    assertThat(halted).as("there was a snapshot to compare").isGreaterThan(50);
    assertHaltedBecauseItDiffers();

    // Starting it again is of no use.
    stop(odd);
    logs[odd] = new RatisLog(settings(odd, authority));
    try {
      logs[odd].start(replicas[odd]);
    } catch (LogException e) {
      failures.add(e); // before it had started
    }
    await(() -> !failures.isEmpty());
    assertHaltedBecauseItDiffers();

    // Until the others have dropped what it lacks: then it gets their state.
    stop(odd);
    Numbered leading = replicas[leader()];
    leading.await(() -> leading.applied() == halted);
    append(halted + 1, halted + 300, 10_000); // several segments and snapshots
    start(odd);
    awaitApplied(halted + 300, 10_000);
  }

  @Test
  void whereTheLeaderIsTheOneThatDiffersItHaltsAndAnotherLeads() throws Exception {
    int odd = append(1, 5, 10_000);
    awaitApplied(5, 10_000);
    replicas[odd].change();

    int last = appendUntilOneFails(6, 10_000);
    assertHaltedBecauseItDiffers();
    stop(odd);
    append(last, last + 60, 10_000); // the last may have been kept
    assertThat(leader()).isNotEqualTo(odd);
    loseDisk(odd);
    start(odd);
    awaitApplied(last + 60, 10_000);
  }

  @Test
  void theLevelIsRaisedWhenAllReplicasCanApplyIt() throws Exception {
    int old = append(1, 5, 300);
    awaitApplied(5, 300);
    int[] updated = {(old + 1) % REPLICAS, (old + 2) % REPLICAS};
    for (int i : updated) {
      stop(i);
      startUpdated(i);
      replicas[i].await(() -> replicas[i].applied() == 5);
    }
    if (leader() == old) {
      logs[old].handOver();
      await(() -> !replicas[old].leads());
    }
    Numbered one = replicas[updated[0]];
    Numbered other = replicas[updated[1]];
    await(() -> one.raised.contains(1) || other.raised.contains(1)); // asked, and one can't

    stop(old);
    await(() -> one.raised.contains(0) || other.raised.contains(0)); // and one does not answer
    assertThat(List.of(one.level(), other.level())).containsOnly(1);

    startUpdated(old);
    await(() -> Stream.of(replicas).anyMatch(each -> each.raised.contains(2)));
  }

  @Test
  void oneThatCanNotApplyTheLevelOfTheOthersDoesNotJoinThem() throws Exception {
    int leader = append(1, 20, 300);
    awaitApplied(20, 300);
    int lost = (leader + 1) % REPLICAS;
    int third = 3 - leader - lost;
    for (int i : new int[] {leader, third}) {
      replicas[i].update();
      replicas[i].raise(2);
    }
    loseDisk(lost);

    start(lost);
    await(() -> !failures.isEmpty());
    assertThat(failures).hasSize(1);
    assertThat(failures.getFirst())
        .isInstanceOf(LogException.class)
        .hasMessageContaining("a queue of level 2, and this release can apply level 1 at most")
        .hasMessageContaining("update this replica");
    failures.clear();
    stop(lost);
    startUpdated(lost);
    awaitApplied(20, 300);
  }
}
