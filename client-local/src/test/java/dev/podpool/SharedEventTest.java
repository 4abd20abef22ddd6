package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SharedEventTest {

  private final Podpool podpool = Podpool.local();

  @AfterEach
  void close() {
    podpool.close();
  }

  @Test
  void whoWaitsGoesOnWhenItIsSetIfOnlyForAMoment() throws Exception {
    SharedEvent event = podpool.event("green");
    assertThat(event.isSet()).isFalse();
    Meanwhile<Boolean> car =
        Meanwhile.call(
            () -> {
              podpool.event("green").await();
              return true;
            });
    Meanwhile<Boolean> other = Meanwhile.call(() -> event.await(Duration.ofMinutes(1)));
    Meanwhile.untilWaiting(event, 2);
    event.set();
    event.clear();
    assertThat(car.get()).isTrue();
    assertThat(other.get()).isTrue();
    assertThat(event.isSet()).isFalse();
  }

  @Test
  void aWaitEndsWithItsTime() throws Exception {
    SharedEvent event = podpool.event();
    assertThat(event.await(Duration.ofMillis(10))).isFalse();
    assertThat(event.await(Duration.ZERO)).isFalse();
    event.set();
    assertThat(event.isSet()).isTrue();
    assertThat(event.await(Duration.ZERO)).isTrue();
    event.await();
  }

  @Test
  void anInterruptEndsAWaitAndADeletionToo() throws Exception {
    SharedEvent event = podpool.event();
    Meanwhile<Boolean> waiter = Meanwhile.call(() -> event.await(Duration.ofMinutes(1)));
    Meanwhile.untilWaiting(event, 1);
    waiter.interrupt();
    assertThat(waiter.failure()).isInstanceOf(InterruptedException.class);

    while (event.status().getWaiting() > 0) {
      Thread.sleep(1);
    }
    Meanwhile<Boolean> other = Meanwhile.call(() -> event.await(Duration.ofMinutes(1)));
    Meanwhile.untilWaiting(event, 1);
    event.delete();
    assertThat(other.failure()).isInstanceOf(NotFoundException.class);
    assertThatThrownBy(event::set).isInstanceOf(NotFoundException.class);
  }
}
