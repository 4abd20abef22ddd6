package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;

/** Who gets what, and in which order. */
class HandOutTest {

  private final QueueScript queue = new QueueScript();

  @Test
  void itemsGoOutInOrderAndResultsComeInTheOrderInWhichTheyWereRecorded() {
    queue.submit("job", "a", "b", "c");

    assertThat(queue.worker("w", 2, 2)).containsExactly("a", "b");
    assertThat(queue.succeed("w", "b")).isEqualTo("done");

    assertThat(queue.taken("w")).containsExactly("c");
    queue.succeed("w", "a", "c");
    assertThat(queue.told("client")).containsExactly("b!", "a!", "c!", "last");
  }

  @Test
  void workThatComesLaterGoesToWhoWaitsForIt() {
    queue.worker("w", 1, 1);
    queue.worker("v", 1, 1);

    queue.submit("job", "a", "b");

    assertThat(queue.taken("w")).containsExactly("a");
    assertThat(queue.taken("v")).containsExactly("b");
  }

  @Test
  void aChunkGoesOutInOneTurnAndAnEvenShareWhereThatIsMore() {
    queue.worker("w", 1, 100);
    queue.worker("v", 1, 100);

    queue.submit(QueueScript.job("small", "1", "2", "3", "4", "5", "6").setChunk(4));
    assertThat(queue.taken("w")).containsExactly("1", "2", "3", "4");
    assertThat(queue.taken("v")).containsExactly("5", "6");

    queue.submit(QueueScript.job("even", "11", "12", "13", "14", "15", "16").setChunk(1));
    assertThat(queue.held("w", "11").range().getInputs().getCount()).isEqualTo(3);
    assertThat(queue.held("v", "14").range().getInputs().getCount()).isEqualTo(2);
  }

  @Test
  void jobsOfEqualPriorityTakeTurns() {
    queue.submit("first", "a1", "a2", "a3");
    queue.submit("second", "b1", "b2");

    assertThat(queue.worker("w", 1, 1)).containsExactly("a1");
    queue.succeed("w", "a1");
    assertThat(queue.taken("w")).containsExactly("b1");
    queue.succeed("w", "b1");
    assertThat(queue.taken("w")).containsExactly("a2");
    queue.succeed("w", "a2");
    assertThat(queue.taken("w")).containsExactly("b2");
    queue.succeed("w", "b2");
    assertThat(queue.taken("w")).containsExactly("a3");
  }

  @Test
  void aHigherPriorityGoesFirstButTakesNothingBack() {
    queue.submit("low", "a1", "a2");
    assertThat(queue.worker("w", 1, 1)).containsExactly("a1");

    queue.submit(QueueScript.job("high", "b1", "b2").setPriority(1));
    queue.submit(QueueScript.job("lowest", "c1").setPriority(-1));

    assertThat(queue.taken("w")).isEmpty();
    queue.succeed("w", "a1");
    queue.succeed("w", "b1");
    queue.succeed("w", "b2");
    queue.succeed("w", "a2");
    assertThat(queue.taken("w")).containsExactly("b1", "b2", "a2", "c1");
  }

  @Test
  void aWorkerThatJoinsMidMapGetsWork() {
    queue.submit("job", "a", "b", "c");
    queue.worker("w", 1, 2);

    assertThat(queue.worker("late", 1, 2)).containsExactly("c");
  }

  @Test
  void anIdleWorkerGetsHalfOfWhatAnotherHoldsAheadAfterTwentyMilliseconds() {
    queue.submit("job", "a", "b", "c", "d", "e");
    assertThat(queue.worker("w", 1, 5)).hasSize(5);
    queue.worker("idle", 1, 5);

    assertThat(queue.machine.nextDeadlineMillis()).isEqualTo(queue.machine.nowMillis() + 20);
    queue.passMillis(19);
    assertThat(queue.told("w")).isEmpty();
    queue.passMillis(1);
    assertThat(queue.told("w")).containsExactly("recall 2");
    queue.passMillis(20);
    assertThat(queue.told("w")).as("asked again before it has answered").isEmpty();

    queue.giveBack("w", "d", "e");
    assertThat(queue.taken("idle")).containsExactly("d");
  }

  @Test
  void nothingIsCalledBackWhileNobodyHoldsMoreThanItCanRun() {
    queue.submit("job", "a", "b");
    queue.worker("w", 2, 5);
    queue.worker("idle", 1, 5);

    assertThat(queue.machine.nextDeadlineMillis()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aCordonedWorkerGetsNothingAndIsAskedForAllThatHasNotBegun() {
    queue.submit("job", "a", "b", "c");
    queue.worker("w", 1, 2);

    assertThat(queue.cordon("w", true)).isEqualTo("done");

    assertThat(queue.told("w")).containsExactly("recall 2");
    queue.giveBack("w", "b");
    assertThat(queue.worker("v", 1, 5)).containsExactly("b", "c");
    queue.submit("more", "d");
    queue.succeed("w", "a");
    assertThat(queue.party("w").held).isEmpty();

    queue.giveBack("v", "c");
    queue.succeed("v", "b", "d");
    assertThat(queue.cordon("w", false)).isEqualTo("done");
    queue.submit("most", "e", "f");
    assertThat(queue.party("w").held).isNotEmpty();
    assertThat(queue.cordon("nobody", true)).isEqualTo("WORKER_UNKNOWN");
  }

  @Test
  void cancellingMakesRoomForOtherWork() {
    queue.submit("long", "a", "b");
    queue.worker("w", 1, 2);
    queue.submit("next", "c");
    queue.taken("w");

    assertThat(queue.cancel("long")).isEqualTo("done");

    assertThat(queue.told("w")).containsExactly("stop a", "stop b");
    assertThat(queue.taken("w")).containsExactly("c");
  }

  @Test
  void aSmallerWindowTakesNothingBack() {
    queue.submit("job", "a", "b", "c");
    queue.worker("w", 1, 2);

    assertThat(queue.credit("w", 0)).isEmpty();
    queue.succeed("w", "a", "b");
    assertThat(queue.taken("w")).isEmpty();
    assertThat(queue.credit("w", 1)).containsExactly("c");
  }

  @Test
  void aWorkerGetsNoMoreThanOneMessageCanHold() {
    String large = "x".repeat(1_000);
    queue.openWorker("w", 2, "w", 5_000);
    queue.submit(
        QueueScript.job("job", large + 1, large + 2, large + 3, large + 4, large + 5, large + 6));

    assertThat(queue.credit("w", 100)).hasSize(5);
    queue.succeed("w", large + 3);
    assertThat(queue.taken("w")).as("room again").containsExactly(large + 6);
  }

  @Test
  void whatEveryRangeRepeatsOfItsJobCountsToo() {
    queue.openWorker("w", 2, "w", 5_000);
    var job = QueueScript.job("job", "a", "b", "c", "d", "e", "f", "g");
    queue.submit(job.setChunk(10).setFunction(ByteString.copyFromUtf8("f".repeat(1_000))));

    assertThat(queue.credit("w", 100)).hasSizeBetween(4, 5);
  }

  @Test
  void anItemThatIsLargerThanItsWorkersRoomGoesOutAlone() {
    queue.openWorker("w", 2, "w", 100);
    queue.submit(QueueScript.job("job", "x".repeat(1_000), "y").setChunk(10));

    assertThat(queue.credit("w", 100)).containsExactly("x".repeat(1_000));
    queue.succeed("w", "x".repeat(1_000));
    assertThat(queue.taken("w")).containsExactly("y");
  }
}
