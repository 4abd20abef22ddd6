package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@SuppressWarnings("LockNotBeforeTry") // each step is looked at
class SharedReentrantLockTest {

  private final Podpool podpool = Podpool.local();
  private final SharedReentrantLock lock = podpool.reentrantLock("basket");

  @AfterEach
  void close() {
    podpool.close();
  }

  @Test
  void itsThreadMayLockItAgainAndTheQueueSeesOneGrant() throws Exception {
    lock.lock();
    long token = lock.fencingToken();
    lock.lockInterruptibly();
    assertThat(lock.tryLock()).isTrue();
    assertThat(lock.tryLock(1, TimeUnit.SECONDS)).isTrue();
    assertThat(lock.fencingToken()).isEqualTo(token);
    assertThat(lock.holdCount()).isEqualTo(4);
    for (int left = 3; left >= 0; left--) {
      lock.unlock();
      assertThat(lock.holdCount()).isEqualTo(left);
      assertThat(lock.isLocked()).isEqualTo(left > 0);
    }
    assertThatThrownBy(lock::unlock)
        .isInstanceOf(IllegalMonitorStateException.class)
        .hasMessageContaining("basket");
  }

  @Test
  void anotherThreadMayNeitherHaveItNorUnlockIt() throws Exception {
    lock.lock();
    assertThat(Meanwhile.call(lock::tryLock).get()).isFalse();
    assertThat(Meanwhile.call(lock::isHeldHere).get()).isFalse();
    Meanwhile<Boolean> thief =
        Meanwhile.call(
            () -> {
              lock.unlock();
              return true;
            });
    assertThat(thief.failure()).isInstanceOf(IllegalMonitorStateException.class);
    Meanwhile<Boolean> releaser =
        Meanwhile.call(
            () -> {
              lock.releaseAny();
              return true;
            });
    assertThat(releaser.failure()).isInstanceOf(IllegalMonitorStateException.class);

    Meanwhile<Integer> next =
        Meanwhile.call(
            () -> {
              lock.lock();
              int count = lock.holdCount();
              lock.unlock();
              return count;
            });
    Meanwhile.untilWaiting(lock, 1);
    lock.unlock();
    assertThat(next.get()).isEqualTo(1);
  }

  @Test
  void anotherHandleIsAnotherOwner() {
    SharedReentrantLock other = podpool.reentrantLock("basket");
    lock.lock();
    assertThat(other.tryLock()).isFalse();
    assertThatThrownBy(other::unlock).isInstanceOf(IllegalMonitorStateException.class);
    assertThat(podpool.reentrantLock()).isNotEqualTo(podpool.reentrantLock());
  }

  @Test
  void whoHasLostItIsToldEvenIfAnotherThreadHasItThroughTheSameHandle() throws Exception {
    lock.lock();
    podpool.lock("basket").releaseAny();
    Meanwhile<Boolean> next = Meanwhile.call(lock::tryLock);
    assertThat(next.get()).isTrue();
    assertThatThrownBy(lock::unlock).isInstanceOf(LockLostException.class);
    assertThat(lock.isLocked()).isTrue();
  }

  @Test
  void anInterruptedThreadDoesNotLockItAgain() {
    lock.lock();
    Thread.currentThread().interrupt();
    assertThatThrownBy(lock::lockInterruptibly).isInstanceOf(InterruptedException.class);
    assertThat(lock.holdCount()).isEqualTo(1);
  }
}
