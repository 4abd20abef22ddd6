package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
  void aLateUnlockOfWhatWasLostFreesNobodyElses() throws Exception {
    SharedLock lock = podpool.lock("basket");
    lock.lock();
    long lost = lock.fencingToken();
    podpool.lock("basket").releaseAny();
    long held =
        Meanwhile.call(
                () -> {
                  lock.lock();
                  return lock.fencingToken();
                })
            .get();
    assertThat(held).isGreaterThan(lost);
    assertThat(lock.fencingToken()).as("this thread's").isEqualTo(lost);

    assertThatThrownBy(lock::unlock).isInstanceOf(LockLostException.class);

    assertThat(lock.isLocked()).isTrue();
    assertThat(lock.fencingToken()).as("the handle's").isEqualTo(held);
    lock.unlock(); // as any thread may, once it has none of its own
    assertThat(lock.isLocked()).isFalse();
  }

  @Test
  void aLockThatIsLostInAWaitIsNotThatOfAnotherThread() throws Exception {
    SharedLock lock = podpool.lock("basket");
    SharedCondition condition = lock.newCondition();
    lock.lock();
    podpool.lock("basket").releaseAny();
    assertThat(Meanwhile.call(lock::tryLock).get()).isTrue();
    assertThatThrownBy(condition::await).isInstanceOf(LockLostException.class);
    assertThatThrownBy(lock::unlock).isInstanceOf(LockLostException.class);
    assertThat(lock.isLocked()).isTrue();
  }

  @Test
  void onlyTheLastGrantIsToldToBeLost() {
    SharedLock lock = podpool.lock("basket");
    AtomicInteger lost = new AtomicInteger();
    lock.onLost(lost::incrementAndGet);
    for (int i = 0; i < 3; i++) {
      lock.lock();
      podpool.lock("basket").releaseAny();
    }
    lock.lock();
    lock.link().end(); // as when the session expires
    assertThat(lost).hasValue(1);

    lock.releaseAny();
    lock.lock();
    lock.releaseAny();
    lock.link().end();
    assertThat(lost).as("it was not held").hasValue(1);
  }

  @Test
  void threadsMayHandALockToEachOther() throws Exception {
    SharedLock lock = podpool.lock("basket");
    lock.lock();
    Meanwhile.call(
            () -> {
              lock.unlock();
              lock.lock();
              return true;
            })
        .get();
    lock.unlock(); // the other thread's grant
    assertThat(lock.isLocked()).isFalse();
    assertThatThrownBy(lock::unlock).isInstanceOf(IllegalMonitorStateException.class);
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
