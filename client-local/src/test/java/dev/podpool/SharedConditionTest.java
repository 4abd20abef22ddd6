package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@SuppressWarnings({"WaitNotInLoop", "LockNotBeforeTry", "JavaUtilDate"}) // each step is looked at
class SharedConditionTest {

  private final Podpool podpool = Podpool.local();
  private final SharedLock lock = podpool.lock("basket");
  private final SharedCondition condition = lock.newCondition();

  @AfterEach
  void close() {
    podpool.close();
  }

  /** Locks, waits, says whether the lock was held again, and unlocks. */
  private Meanwhile<Boolean> waiter() {
    return Meanwhile.call(
        () -> {
          lock.lock();
          try {
            condition.await();
            return lock.isHeldHere();
          } finally {
            lock.unlock();
          }
        });
  }

  @Test
  void whoWaitsHasTheLockAgainWhenItIsSignalled() throws Exception {
    Meanwhile<Boolean> waiter = waiter();
    Meanwhile.untilWaiting(condition, 1);
    assertThat(lock.isLocked()).isFalse();
    lock.lock();
    condition.signal();
    Meanwhile.untilWaiting(lock, 1);
    assertThat(waiter.isDone()).isFalse();
    lock.unlock();
    assertThat(waiter.get()).isTrue();
  }

  @Test
  void asManyAreSignalledAsIsSaid() throws Exception {
    List<Meanwhile<Boolean>> waiters = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      waiters.add(waiter());
      Meanwhile.untilWaiting(condition, i);
    }
    lock.lock();
    condition.signal(2);
    lock.unlock();
    assertThat(waiters.get(0).get()).isTrue();
    assertThat(waiters.get(1).get()).isTrue();
    assertThat(condition.status().getWaiting()).isEqualTo(2);
    lock.lock();
    condition.signalAll();
    lock.unlock();
    assertThat(waiters.get(2).get()).isTrue();
    assertThat(waiters.get(3).get()).isTrue();
    assertThatThrownBy(() -> condition.signal(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aWaitThatIsLateHasTheLockToo() throws Exception {
    lock.lock();
    long before = lock.fencingToken();
    assertThat(condition.await(10, TimeUnit.MILLISECONDS)).isFalse();
    assertThat(condition.awaitNanos(1_000)).isLessThanOrEqualTo(0);
    assertThat(condition.awaitNanos(0)).isLessThanOrEqualTo(0);
    assertThat(condition.awaitUntil(new Date(System.currentTimeMillis() + 10))).isFalse();
    assertThat(condition.awaitUntil(new Date(0))).isFalse();
    assertThat(lock.fencingToken()).isGreaterThan(before);
    lock.unlock();
    assertThat(lock.isLocked()).isFalse();
  }

  @Test
  void aTimedWaitThatIsSignalledSaysSo() throws Exception {
    Meanwhile<Boolean> timed =
        Meanwhile.call(
            () -> {
              lock.lock();
              return condition.await(1, TimeUnit.MINUTES)
                  && condition.awaitNanos(60_000_000_000L) > 0;
            });
    for (int i = 0; i < 2; i++) {
      Meanwhile.untilWaiting(condition, 1);
      SharedLock other = podpool.lock("basket");
      SharedCondition same = other.newCondition(); // of the lock, and nobody waits there
      other.lock();
      same.signal();
      other.unlock();
      assertThat(timed.isDone()).isFalse();
      lock.lock();
      condition.signal();
      lock.unlock();
    }
    assertThat(timed.get()).isTrue();
  }

  @Test
  void anInterruptGetsTheLockBackBeforeItIsThrown() throws Exception {
    Meanwhile<Boolean> waiter =
        Meanwhile.call(
            () -> {
              lock.lock();
              try {
                condition.await();
                return false;
              } catch (InterruptedException e) {
                return lock.isHeldHere();
              } finally {
                lock.unlock();
              }
            });
    Meanwhile.untilWaiting(condition, 1);
    SharedLock other = podpool.lock("basket");
    other.lock();
    waiter.interrupt();
    Meanwhile.untilWaiting(lock, 1); // it waits for the lock now
    assertThat(waiter.isDone()).isFalse();
    other.unlock();
    assertThat(waiter.get()).isTrue();
    assertThat(waiter.wasLeftInterrupted()).isFalse();
    assertThat(lock.isLocked()).isFalse();
  }

  @Test
  void anInterruptAfterTheSignalLeavesTheSignal() throws Exception {
    Meanwhile<Boolean> waiter = waiter();
    Meanwhile.untilWaiting(condition, 1);
    lock.lock();
    condition.signal();
    waiter.interrupt();
    lock.unlock();
    assertThat(waiter.get()).isTrue();
    assertThat(waiter.wasLeftInterrupted()).isTrue();
  }

  @Test
  void anInterruptDoesNotEndAWaitThatIsNotInterruptible() throws Exception {
    Meanwhile<Boolean> waiter =
        Meanwhile.call(
            () -> {
              lock.lock();
              condition.awaitUninterruptibly();
              lock.unlock();
              return true;
            });
    Meanwhile.untilWaiting(condition, 1);
    waiter.interrupt();
    lock.lock();
    assertThat(condition.status().getWaiting()).isEqualTo(1);
    condition.signal();
    lock.unlock();
    assertThat(waiter.get()).isTrue();
    assertThat(waiter.wasLeftInterrupted()).isTrue();
  }

  @Test
  void whoDoesNotHoldTheLockMayNeitherWaitNorSignal() {
    assertThatThrownBy(condition::await).isInstanceOf(IllegalMonitorStateException.class);
    assertThatThrownBy(condition::signal).isInstanceOf(IllegalMonitorStateException.class);
  }

  @Test
  void whoHasLostTheLockIsTold() {
    lock.lock();
    podpool.lock("basket").releaseAny();
    assertThatThrownBy(condition::signalAll).isInstanceOf(LockLostException.class);
    assertThatThrownBy(condition::await).isInstanceOf(LockLostException.class);
    assertThatThrownBy(lock::unlock).isInstanceOf(LockLostException.class);
    assertThat(lock.isHeldHere()).isFalse();
  }

  @Test
  void aDeletedConditionGivesTheLockBackAndADeletedLockDoesNot() throws Exception {
    Meanwhile<Boolean> waiter = waiterForTheEnd();
    Meanwhile.untilWaiting(condition, 1);
    condition.delete();
    assertThat(waiter.get()).isTrue();
    lock.lock();
    assertThatThrownBy(condition::await).isInstanceOf(NotFoundException.class);
    lock.unlock();

    SharedCondition other = podpool.condition("filled", lock);
    Meanwhile<Boolean> left =
        Meanwhile.call(
            () -> {
              lock.lock();
              other.await();
              return true;
            });
    Meanwhile.untilWaiting(other, 1);
    lock.delete();
    assertThat(left.failure()).isInstanceOf(NotFoundException.class).hasMessageContaining("lock");
  }

  /** Whether it holds the lock, and can unlock it, when the condition is gone. */
  private Meanwhile<Boolean> waiterForTheEnd() {
    return Meanwhile.call(
        () -> {
          lock.lock();
          try {
            condition.await();
            return false;
          } catch (NotFoundException e) {
            return lock.isHeldHere();
          } finally {
            lock.unlock();
          }
        });
  }

  @Test
  void itWaitsForWhatMustBeTrue() throws Exception {
    AtomicInteger apples = new AtomicInteger();
    Meanwhile<Boolean> eater =
        Meanwhile.call(
            () -> {
              lock.lock();
              condition.awaitFor(() -> apples.get() == 3);
              lock.unlock();
              return true;
            });
    for (int i = 0; i < 3; i++) {
      Meanwhile.untilWaiting(condition, 1);
      lock.lock();
      apples.incrementAndGet();
      condition.signalAll();
      lock.unlock();
    }
    assertThat(eater.get()).isTrue();
    lock.lock();
    assertThat(condition.awaitFor(() -> apples.get() == 4, Duration.ofMillis(10))).isFalse();
    assertThat(condition.awaitFor(() -> apples.get() == 3, Duration.ZERO)).isTrue();
    lock.unlock();
  }

  @Test
  void aReentrantLockIsGivenBackWhollyAndComesBackAsDeep() throws Exception {
    SharedReentrantLock deep = podpool.reentrantLock();
    SharedCondition its = deep.newCondition();
    Meanwhile<Integer> waiter =
        Meanwhile.call(
            () -> {
              deep.lock();
              deep.lock();
              deep.lock();
              its.await();
              int count = deep.holdCount();
              for (int i = 0; i < 3; i++) {
                deep.unlock();
              }
              return count;
            });
    Meanwhile.untilWaiting(its, 1);
    assertThat(deep.isLocked()).isFalse();
    assertThatThrownBy(its::signal).isInstanceOf(IllegalMonitorStateException.class);
    deep.lock();
    assertThat(deep.holdCount()).isEqualTo(1);
    its.signal();
    Meanwhile<Boolean> thief =
        Meanwhile.call(
            () -> {
              its.await();
              return true;
            });
    assertThat(thief.failure()).isInstanceOf(IllegalMonitorStateException.class);
    deep.unlock();
    assertThat(waiter.get()).isEqualTo(3);
    assertThat(deep.isLocked()).isFalse();
  }

  @Test
  void aNameIsOfOneConditionOfOneLock() {
    assertThat(podpool.condition("filled", lock)).isEqualTo(podpool.condition("filled", lock));
    assertThatThrownBy(() -> podpool.condition("filled", podpool.lock("other")))
        .hasMessageContaining("condition 'filled' exists");
    try (Podpool elsewhere = Podpool.local()) {
      assertThatThrownBy(() -> elsewhere.condition("filled", lock))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
