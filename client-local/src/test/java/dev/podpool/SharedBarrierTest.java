package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SharedBarrierTest {

  private final Podpool podpool = Podpool.local();
  private final SharedBarrier barrier = podpool.barrier("start", 3);

  @AfterEach
  void close() {
    podpool.close();
  }

  @Test
  void allGoOnTogetherEachWithItsIndex() throws Exception {
    assertThat(barrier.parties()).isEqualTo(3);
    for (int generation = 0; generation < 2; generation++) {
      Meanwhile<Integer> first = Meanwhile.call(barrier::await);
      Meanwhile.untilWaiting(barrier, 1);
      Meanwhile<Integer> second = Meanwhile.call(() -> barrier.await(Duration.ofMinutes(1)));
      Meanwhile.untilWaiting(barrier, 2);
      assertThat(barrier.waiting()).isEqualTo(2);
      assertThat(podpool.barrier("start", 3).await()).isZero();
      assertThat(List.of(first.get(), second.get())).containsExactly(2, 1);
    }
    assertThat(barrier.isBroken()).isFalse();
  }

  @Test
  void aLatePartyBreaksIt() throws Exception {
    Meanwhile<Integer> patient = Meanwhile.call(barrier::await);
    Meanwhile.untilWaiting(barrier, 1);
    assertThatThrownBy(() -> barrier.await(Duration.ofMillis(10)))
        .isInstanceOf(TimeoutException.class)
        .hasMessageContaining("not all of its 3 parties");
    assertThat(patient.failure()).isInstanceOf(BrokenBarrierException.class);
    assertThat(barrier.isBroken()).isTrue();
    assertThatThrownBy(barrier::await).isInstanceOf(BrokenBarrierException.class);
    barrier.reset();
    assertThat(barrier.isBroken()).isFalse();
    assertThatThrownBy(() -> barrier.await(Duration.ZERO)).isInstanceOf(TimeoutException.class);
  }

  @Test
  void anInterruptedPartyBreaksIt() throws Exception {
    Meanwhile<Integer> patient = Meanwhile.call(barrier::await);
    Meanwhile<Integer> interrupted = Meanwhile.call(barrier::await);
    Meanwhile.untilWaiting(barrier, 2);
    interrupted.interrupt();
    assertThat(interrupted.failure()).isInstanceOf(InterruptedException.class);
    assertThat(patient.failure()).isInstanceOf(BrokenBarrierException.class);
  }

  @Test
  void anAbortBreaksItUntilAReset() throws Exception {
    Meanwhile<Integer> waits = Meanwhile.call(barrier::await);
    Meanwhile.untilWaiting(barrier, 1);
    barrier.abort();
    assertThat(waits.failure()).isInstanceOf(BrokenBarrierException.class);
    assertThat(barrier.isBroken()).isTrue();
    barrier.reset();
    Meanwhile<Integer> again = Meanwhile.call(barrier::await);
    Meanwhile.untilWaiting(barrier, 1);
    barrier.reset();
    assertThat(again.failure()).isInstanceOf(BrokenBarrierException.class);
    assertThat(barrier.isBroken()).isFalse();
    assertThatThrownBy(() -> podpool.barrier(0)).hasMessageContaining("at least 1");
  }
}
