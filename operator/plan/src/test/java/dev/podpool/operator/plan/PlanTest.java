package dev.podpool.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PlanTest {
  @ParameterizedTest(name = "{0}")
  @MethodSource
  void steps(String sentence, String script, String expected) {
    assertThat(PlanScript.steps(PlanScript.plan(script))).as(sentence).isEqualTo(expected);
  }

  static Stream<Arguments> steps() {
    return Stream.of(starts(), deaths(), shrinking(), rolling(), deletion()).flatMap(List::stream);
  }

  private static List<Arguments> starts() {
    return List.of(
        rule(
            "a new pool starts in the lowest places",
            "workers=3",
            "start 0 a, start 1 a, start 2 a"),
        rule("gaps are filled from below", "workers=3 | 1 | 4", "start 0 a"),
        rule(
            "a start that is not seen yet is not repeated",
            "workers=3 | 0 | 1 pending",
            "start 2 a"),
        rule(
            "a start that is seen and still noted counts once",
            "workers=2 | 0 starting | 0 pending",
            "start 1 a"),
        rule("a pool that is as it should be is left alone", "workers=2 | 0 leased=5 | 7", ""),
        rule("a place whose worker is still ending gets no new one", "workers=1 | 0 stopping", ""),
        rule("no workers means none", "workers=0", ""));
  }

  private static List<Arguments> deaths() {
    return List.of(
        rule(
            "remains are cleared before a place is used again",
            "workers=2 | 0 | 1 ended",
            "remove 1"),
        rule(
            "the first death is made good at once",
            "workers=2 | 0 | backoff failures=1 place=1 at=0",
            "start 1 a"),
        rule(
            "the second waits for a second", "workers=2 | 0 | backoff failures=2 place=1 at=0", ""),
        rule("and no longer", "workers=2 | 0 | backoff failures=2 place=1 at=1", "start 1 a"),
        rule("the fifth waits for eight", "workers=2 | 0 | backoff failures=5 place=1 at=7", ""),
        rule(
            "none waits for more than a minute",
            "workers=2 | 0 | backoff failures=500 place=1 at=60",
            "start 1 a"),
        rule(
            "while workers die, one is started at a time",
            "workers=4 | backoff failures=2 place=9 at=30",
            "start 0 a"),
        rule(
            "and the next when that one is ready",
            "workers=4 | 0 starting | backoff failures=2 place=9 at=30",
            ""),
        rule("or seen at all", "workers=4 | 0 pending | backoff failures=2 place=9 at=30", ""),
        rule(
            "the place that died last gives way to the others",
            "workers=4 | backoff failures=3 place=0 at=30",
            "start 1 a"),
        rule(
            "ten minutes without a death are enough",
            "workers=2 | backoff failures=9 place=0 at=600",
            "start 0 a, start 1 a"),
        rule(
            "another template deserves another try",
            "workers=2 hash=b | backoff failures=9 place=0 at=1",
            "start 0 b, start 1 b"));
  }

  private static List<Arguments> shrinking() {
    return List.of(
        rule(
            "an idle worker is cordoned before a busy one, and first of all",
            "workers=2 | 0 leased=3 | 1 | 2 leased=1",
            "cordon 1"),
        rule("then the one with least work", "workers=1 | 0 leased=3 | 1 leased=2", "cordon 1"),
        rule("of equals the highest place goes", "workers=1 | 0 | 1 | 2", "cordon 1, cordon 2"),
        rule(
            "a cordoned worker is stopped when it is idle",
            "workers=1 | 0 | 1 cordoned=1",
            "stop 1 (scaled down)"),
        rule(
            "a cordoned worker that is busy is waited for",
            "workers=1 | 0 | 1 cordoned=599 leased=1",
            ""),
        rule(
            "until the drain deadline",
            "workers=1 | 0 | 1 cordoned=600 leased=1",
            "stop 1 (scaled down, drainDeadline passed)"),
        rule(
            "what was cordoned stays the victim, though another is idle now",
            "workers=1 | 0 | 1 cordoned=5 leased=1",
            ""),
        rule(
            "nothing is called idle while the queue cannot be asked",
            "workers=1 | 0 | 1 cordoned=5 | queue unreachable",
            ""),
        rule(
            "growing again takes a cordoned worker back",
            "workers=3 | 0 | 1 cordoned=5 leased=1",
            "uncordon 1, start 2 a"),
        rule(
            "a start in flight counts as a worker too many",
            "workers=1 | 0 | 1 pending",
            "cordon 0"),
        rule(
            "an old one that never became ready goes before what was decided",
            "workers=1 hash=b | 0 starting | 1 hash=b cordoned=5",
            "cordon 0, uncordon 1"),
        rule("workers that are stopping are no victims", "workers=1 | 0 | 1 stopping", ""),
        rule(
            "a cordoned worker is not stopped again while it stops",
            "workers=0 | 0 stopping cordoned=5",
            ""));
  }

  private static List<Arguments> rolling() {
    return List.of(
        rule(
            "one worker of an old template makes way at a time",
            "workers=3 hash=b | 0 | 1 | 2",
            "cordon 2"),
        rule("the idle one first", "workers=2 hash=b | 0 | 1 leased=1", "cordon 0"),
        rule(
            "it finishes its work, however long that takes",
            "workers=2 hash=b | 0 | 1 cordoned=9999 leased=1",
            ""),
        rule(
            "and is stopped then",
            "workers=2 hash=b | 0 | 1 cordoned=9",
            "stop 1 (template changed)"),
        rule("its place is used again", "workers=2 hash=b | 0", "start 1 b"),
        rule(
            "the next waits until the new one is ready",
            "workers=2 hash=b | 0 | 1 starting hash=b",
            ""),
        rule(
            "the next goes when the new one is ready",
            "workers=2 hash=b | 0 | 1 hash=b",
            "cordon 0"),
        rule(
            "a death in between gives the cordoned one back",
            "workers=2 hash=b | 0 cordoned=1",
            "uncordon 0, start 1 b"),
        rule(
            "old ones that never became ready do not hold up the new template",
            "workers=2 hash=b | 0 starting | 1 starting cordoned=1",
            "cordon 0, stop 1 (template changed)"),
        rule(
            "shrinking comes before rolling and takes the old ones",
            "workers=1 hash=b | 0 | 1 hash=b",
            "cordon 0"));
  }

  private static List<Arguments> deletion() {
    return List.of(
        rule(
            "a daemon pool stops at once, whatever it does",
            "workers=2 daemon deleted=0 | 0 leased=5 | 1 starting",
            "stop 0 (pool deleted), stop 1 (pool deleted)"),
        rule("another one is joined first", "workers=2 deleted=599 | 0 leased=1 | 1", ""),
        rule("and keeps its workers up meanwhile", "workers=2 deleted=5 | 0", "start 1 a"),
        rule(
            "it stops when nothing is unfinished",
            "workers=1 deleted=5 | 0 | queue unfinished=0",
            "stop 0 (pool deleted)"),
        rule(
            "old news of the queue are not enough",
            "workers=1 deleted=5 | 0 | queue unreachable unfinished=0",
            ""),
        rule(
            "the drain deadline is",
            "workers=1 deleted=600 | 0 leased=1 | queue unreachable",
            "stop 0 (pool deleted)"),
        rule(
            "what ended is cleared away and not replaced",
            "workers=1 daemon deleted=5 | 0 ended | 1 stopping",
            "remove 0"));
  }

  private static Arguments rule(String sentence, String script, String expected) {
    return Arguments.of(sentence, script.replace(" | ", "\n"), expected);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void message(String expected, String script) {
    assertThat(PlanScript.plan(script.replace(" | ", "\n")).status().message()).isEqualTo(expected);
  }

  static Stream<Arguments> message() {
    return Stream.of(
        Arguments.of("Joined", "workers=1 | 0 | queue unfinished=0"),
        Arguments.of("Working", "workers=1 | 0"),
        Arguments.of("Starting: 1 of 2 workers ready", "workers=2 | 0 | 1 starting"),
        Arguments.of("Scaling down: 1 of 3 workers stay", "workers=1 | 0 | 1 | 2"),
        Arguments.of("Rolling: 2 workers of an old template", "workers=2 hash=b | 0 | 1"),
        Arguments.of("Queue unreachable", "workers=1 | 0 | queue unreachable"),
        Arguments.of("Draining: 9 tasks unfinished", "workers=1 deleted=5 | 0"),
        Arguments.of("Stopping: 1 worker left", "workers=1 daemon deleted=5 | 0"),
        Arguments.of(
            "Pending: 2 workers unschedulable",
            "workers=4 | 0 | 1 starting trouble=Unschedulable says=unschedulable"
                + " | 2 starting trouble=Unschedulable says=unschedulable"
                + " | 3 starting trouble=ErrImagePull says=lack-an-image"),
        Arguments.of(
            "Pending: 1 worker stuck",
            "workers=2 | 0 | 1 starting trouble=Unschedulable | queue unreachable"),
        Arguments.of(
            "Scaling down: 1 of 2 workers stay",
            "workers=1 | 0 | 1 starting trouble=Unschedulable"),
        Arguments.of(
            "Initializer failed 5 times: absent", "workers=1 | 0 | queue failures=5 says=absent"),
        Arguments.of(
            "Worker index-1 died, 4 times in a row (exit-1): starts are 4 s apart",
            "workers=2 | 0 | backoff failures=4 place=1 at=1"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void reason(String expected, String script) {
    assertThat(PlanScript.plan(script.replace(" | ", "\n")).status().reason()).isEqualTo(expected);
  }

  static Stream<Arguments> reason() {
    return Stream.of(
        Arguments.of("Joined", "workers=1 | 0 | queue unfinished=0"),
        Arguments.of("Unschedulable", "workers=1 | 0 starting trouble=Unschedulable"),
        Arguments.of("OOMKilled", "workers=1 | backoff failures=2 why=OOMKilled at=0"),
        Arguments.of("InitializerFailed", "workers=1 | 0 | queue failures=5 says=absent"));
  }

  @Test
  void whyAWorkerDiedIsRememberedWithItsDeath() {
    Plan plan = PlanScript.plan("workers=1\n0 ended=5 by=OOMKilled");

    assertThat(plan.backoff().reason()).isEqualTo("WorkerDied");
    assertThat(plan.backoff().cause()).isEqualTo("OOMKilled");
  }

  @Test
  void workersLostTogetherAreOneFailure() {
    Plan plan = PlanScript.plan("workers=3\n0 ended=5\n1 ended=4\n2 ended=3");

    assertThat(plan.backoff().failures()).isEqualTo(1);
  }

  @Test
  void aDeathIsCountedOnceHoweverOftenItIsSeen() {
    Plan again = PlanScript.plan("workers=1\n0 ended=5 started=9\nbackoff failures=2 place=0 at=5");

    assertThat(again.backoff().failures()).isEqualTo(2);
    assertThat(
            PlanScript.plan("workers=1\n0 ended=5 started=9\nbackoff failures=2 at=10")
                .backoff()
                .failures())
        .isEqualTo(3);
  }

  @Test
  void aWorkerThatLivedTenMinutesBeginsTheCountAnew() {
    Plan plan = PlanScript.plan("workers=1\n0 ended=5 started=605\nbackoff failures=7 at=605");

    assertThat(plan.backoff().failures()).isEqualTo(1);
  }

  @Test
  void anEndThatWasAskedForIsNoFailure() {
    assertThat(PlanScript.plan("workers=1\n0 ended=5 asked").backoff().failures()).isZero();
  }

  @Test
  void thePlanSaysWhenTimeAloneWillChangeIt() {
    assertThat(PlanScript.plan("workers=1\n0").recheckAfter()).isEqualTo(Duration.ofSeconds(30));
    assertThat(PlanScript.plan("workers=1\nbackoff failures=4 at=1").recheckAfter())
        .isEqualTo(Duration.ofSeconds(3));
    assertThat(PlanScript.plan("workers=0\n0 cordoned=590 leased=1").recheckAfter())
        .isEqualTo(Duration.ofSeconds(10));
    assertThat(PlanScript.plan("workers=1 deleted=595\n0").recheckAfter())
        .isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void aDeletedPoolIsGoneWhenNothingOfItIsLeft() {
    assertThat(PlanScript.plan("workers=1 daemon deleted=5").gone()).isTrue();
    assertThat(PlanScript.plan("workers=1 daemon deleted=5\n0 ended").gone()).isFalse();
    assertThat(PlanScript.plan("workers=1 daemon deleted=5\n0 pending").gone()).isFalse();
    assertThat(PlanScript.plan("workers=0").gone()).isFalse();
  }

  @Test
  void twoWorkersInOnePlaceAreNeverAccepted() {
    assertThatThrownBy(() -> PlanScript.plan("workers=1\n0\n0 starting"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("two workers in place 0");
  }
}
