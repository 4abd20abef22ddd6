package dev.podpool.queue;

import static dev.podpool.queue.Synchronizers.BARRIER;
import static dev.podpool.queue.Synchronizers.arrive;
import static dev.podpool.queue.Synchronizers.barrierSpec;
import static dev.podpool.queue.Synchronizers.breakUp;
import static dev.podpool.queue.Synchronizers.cancel;
import static dev.podpool.queue.Synchronizers.delete;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BarrierTest {

  private final Synchronizers script = new Synchronizers();

  @BeforeEach
  void open() {
    script.clients("a", "b", "c");
    assertThat(script.send("a", Synchronizers.open(BARRIER, barrierSpec(3)))).isEqualTo("done");
  }

  private int index(String name, long sequence) {
    assertThat(script.answer(name, sequence)).isEqualTo("BARRIER_PASSED");
    return script.reply(name, sequence).getBarrierPassed().getIndex();
  }

  @Test
  void allGoOnWithTheLastGenerationAfterGeneration() {
    for (int generation = 0; generation < 3; generation++) {
      long first = script.waits("a", arrive(0));
      long second = script.waits("b", arrive(0));
      assertThat(script.status(BARRIER).getCount()).isEqualTo(2);
      assertThat(script.send("c", arrive(-1))).isEqualTo("BARRIER_PASSED");
      assertThat(index("a", first)).isEqualTo(2);
      assertThat(index("b", second)).isEqualTo(1);
      assertThat(index("c", script.queue.party("c").sequence)).isZero();
      assertThat(script.status(BARRIER).getCount()).isZero();
    }
  }

  @Test
  void onePartyNeedsNobody() {
    script.send("a", delete(BARRIER));
    script.send("a", Synchronizers.open(BARRIER, barrierSpec(1)));
    assertThat(script.send("a", arrive(0))).isEqualTo("BARRIER_PASSED");
  }

  @Test
  void aLatePartyBreaksItForAllUntilItIsReset() {
    long patient = script.waits("a", arrive(0));
    long late = script.waits("b", arrive(100));
    script.queue.passMillis(100);
    assertThat(script.answer("b", late)).isEqualTo("TIMED_OUT_WAITING");
    assertThat(script.answer("a", patient)).isEqualTo("BARRIER_BROKEN");
    assertThat(script.send("c", arrive(0))).isEqualTo("BARRIER_BROKEN");
    assertThat(script.status(BARRIER).getBroken()).isTrue();

    script.send("c", breakUp(true));
    assertThat(script.status(BARRIER).getBroken()).isFalse();
    script.waits("a", arrive(0));
    script.waits("b", arrive(0));
    assertThat(script.send("c", arrive(0))).isEqualTo("BARRIER_PASSED");
  }

  @Test
  void aPartyThatWaitsNotAtAllBreaksItUnlessItIsTheLast() {
    long waits = script.waits("a", arrive(0));
    assertThat(script.send("b", arrive(-1))).isEqualTo("TIMED_OUT_WAITING");
    assertThat(script.answer("a", waits)).isEqualTo("BARRIER_BROKEN");
  }

  @Test
  void aPartyThatGivesUpOrEndsBreaksIt() {
    long waits = script.waits("a", arrive(0));
    script.waits("b", arrive(0).setWait(1));
    script.send("b", cancel(1));
    assertThat(script.answer("a", waits)).isEqualTo("BARRIER_BROKEN");
    script.send("a", breakUp(true));

    long again = script.waits("a", arrive(0));
    script.waits("b", arrive(0));
    script.queue.expire("b");
    assertThat(script.answer("a", again)).isEqualTo("BARRIER_BROKEN");
    assertThat(script.status(BARRIER).getBroken()).isTrue();
  }

  @Test
  void anAbortBreaksItAndAResetSendsThoseThatWaitAway() {
    long waits = script.waits("a", arrive(0));
    script.send("b", breakUp(true));
    assertThat(script.answer("a", waits)).isEqualTo("BARRIER_BROKEN");
    assertThat(script.status(BARRIER).getBroken()).isFalse();

    long again = script.waits("a", arrive(0));
    script.send("b", breakUp(false));
    assertThat(script.answer("a", again)).isEqualTo("BARRIER_BROKEN");
    assertThat(script.send("c", arrive(0))).isEqualTo("BARRIER_BROKEN");
  }

  @Test
  void noPartiesAreRefused() {
    script.send("a", delete(BARRIER));
    assertThat(script.send("a", Synchronizers.open(BARRIER, barrierSpec(0))))
        .isEqualTo("INVALID_ARGUMENT");
    assertThat(script.send("a", Synchronizers.open(BARRIER, barrierSpec(-1))))
        .isEqualTo("INVALID_ARGUMENT");
  }
}
