package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SharedSemaphoreTest {

  private final Podpool podpool = Podpool.local();

  @AfterEach
  void close() {
    podpool.close();
  }

  @Test
  void neverMoreThanItsPermitsAreInside() throws Exception {
    SharedSemaphore semaphore = podpool.semaphore("door", 4);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Meanwhile<Boolean>> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      all.add(
          Meanwhile.call(
              () -> {
                semaphore.acquire();
                most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                Thread.sleep(5);
                inside.decrementAndGet();
                semaphore.release();
                return true;
              }));
    }
    for (Meanwhile<Boolean> each : all) {
      assertThat(each.get()).isTrue();
    }
    assertThat(most).hasValue(4);
    assertThat(semaphore.availablePermits()).isEqualTo(4);
  }

  @Test
  void permitsAreTakenTogetherOrNotAtAll() throws Exception {
    SharedSemaphore semaphore = podpool.semaphore(3);
    assertThat(semaphore.tryAcquire(2)).isTrue();
    assertThat(semaphore.tryAcquire(2)).isFalse();
    assertThat(semaphore.tryAcquire(2, 10, TimeUnit.MILLISECONDS)).isFalse();
    assertThat(semaphore.tryAcquire(0)).isTrue();
    assertThat(semaphore.availablePermits()).isEqualTo(1);
    semaphore.release(2);
    semaphore.acquireUninterruptibly(3);
    assertThat(semaphore.availablePermits()).isZero();
    assertThatThrownBy(() -> semaphore.acquire(-1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> podpool.semaphore(-1)).hasMessageContaining("-1 permits");
  }

  @Test
  void aReleaseTooManyAddsOneUnlessItIsBounded() {
    SharedSemaphore open = podpool.semaphore("open", 1);
    open.release();
    assertThat(open.availablePermits()).isEqualTo(2);

    SharedSemaphore bounded = podpool.boundedSemaphore("bounded", 1);
    assertThatThrownBy(bounded::release)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("at most 1 permits");
    assertThat(bounded.tryAcquire()).isTrue();
    podpool.boundedSemaphore("bounded", 1).release();
    assertThat(bounded.availablePermits()).isEqualTo(1);
    assertThatThrownBy(() -> bounded.tryAcquire(2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("never has more than 1");
    assertThatThrownBy(() -> podpool.semaphore("bounded", 1)).hasMessageContaining("exists");
    assertThat(podpool.boundedSemaphore(1)).isNotEqualTo(podpool.boundedSemaphore(1));
  }

  @Test
  void anInterruptCallsTheWaitOff() throws Exception {
    SharedSemaphore semaphore = podpool.semaphore("door", 0);
    Meanwhile<Boolean> waiter =
        Meanwhile.call(
            () -> {
              semaphore.acquire();
              return true;
            });
    Meanwhile.untilWaiting(semaphore, 1);
    waiter.interrupt();
    assertThat(waiter.failure()).isInstanceOf(InterruptedException.class);
    semaphore.release();
    assertThat(semaphore.tryAcquire()).isTrue();
  }

  @Test
  void permitsThatASessionsEndHasFreedAreNotReleasedAgain() {
    SharedSemaphore semaphore = podpool.semaphore("door", 2);
    assertThat(semaphore.tryAcquire(2)).isTrue();
    semaphore.link().end(); // as when the session expires
    assertThatThrownBy(semaphore::release)
        .isInstanceOf(LockLostException.class)
        .hasMessageContaining("were lost");
    assertThatThrownBy(semaphore::release).isInstanceOf(LockLostException.class);
    semaphore.release(); // as anybody may
  }
}
