package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedLockTest {

  private final Podpool podpool = Podpool.local();

  @AfterEach
  void close() {
    podpool.close();
  }

  @Test
  void oneHandleAtATimeHoldsIt() {
    SharedLock one = podpool.lock("basket");
    SharedLock other = podpool.lock("basket");
    one.lock();
    assertThat(other.tryLock()).isFalse();
    long first = one.fencingToken();
    one.unlock();
    assertThat(other.tryLock()).isTrue();
    assertThat(other.fencingToken()).isGreaterThan(first);
    assertThat(one).isEqualTo(other);
  }

  @Test
  void whoWaitsGetsItWhenItIsFree() throws Exception {
    SharedLock one = podpool.lock("basket");
    SharedLock other = podpool.lock("basket");
    one.lock();
    CompletableFuture<Boolean> got =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return other.tryLock(1, TimeUnit.MINUTES);
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    while (waiting(one) == 0) {
      Thread.sleep(1);
    }
    one.unlock();
    assertThat(got.get()).isTrue();
  }

  private static int waiting(SharedLock lock) {
    return lock.status().getWaiting();
  }

  @Test
  void waitingEndsWithItsTime() throws Exception {
    SharedLock one = podpool.lock("basket");
    one.lock();
    assertThat(podpool.lock("basket").tryLock(10, TimeUnit.MILLISECONDS)).isFalse();
    assertThat(waiting(one)).isZero();
  }

  @Test
  void anInterruptCallsTheWaitOff() throws Exception {
    SharedLock one = podpool.lock("basket");
    one.lock();
    CountDownLatch interrupted = new CountDownLatch(1);
    Thread waiter =
        new Thread(
            () -> {
              try {
                podpool.lock("basket").lockInterruptibly();
              } catch (InterruptedException e) {
                interrupted.countDown();
              }
            });
    waiter.start();
    while (waiting(one) == 0) {
      Thread.sleep(1);
    }
    waiter.interrupt();
    interrupted.await();
    waiter.join();
    one.unlock();
    assertThat(podpool.lock("basket").tryLock()).isTrue();
  }

  @Test
  void onlyWhoHoldsItUnlocksIt() {
    SharedLock one = podpool.lock("basket");
    SharedLock other = podpool.lock("basket");
    one.lock();
    assertThatThrownBy(other::unlock).isInstanceOf(IllegalMonitorStateException.class);
    other.releaseAny();
    assertThatThrownBy(one::unlock).isInstanceOf(LockLostException.class);
    assertThatThrownBy(other::releaseAny).isInstanceOf(IllegalMonitorStateException.class);
  }

  @Test
  void aDeletedLockIsTold() {
    SharedLock lock = podpool.lock("basket");
    lock.delete();
    assertThatThrownBy(lock::lock)
        .isInstanceOf(NotFoundException.class)
        .hasMessageContaining("lock 'basket'");
    podpool.lock("basket").lock();
  }

  @Test
  void namesAreChecked() {
    assertThatThrownBy(() -> podpool.lock("A b")).hasMessageContaining("'A b'");
  }
}
