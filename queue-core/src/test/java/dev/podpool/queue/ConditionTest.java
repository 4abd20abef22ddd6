package dev.podpool.queue;

import static dev.podpool.queue.Synchronizers.CONDITION;
import static dev.podpool.queue.Synchronizers.LOCK;
import static dev.podpool.queue.Synchronizers.awaitCondition;
import static dev.podpool.queue.Synchronizers.cancel;
import static dev.podpool.queue.Synchronizers.conditionSpec;
import static dev.podpool.queue.Synchronizers.delete;
import static dev.podpool.queue.Synchronizers.lock;
import static dev.podpool.queue.Synchronizers.lockSpec;
import static dev.podpool.queue.Synchronizers.signal;
import static dev.podpool.queue.Synchronizers.unlock;
import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Entry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConditionTest {

  private final Synchronizers script = new Synchronizers();

  @BeforeEach
  void open() {
    script.clients("a", "b", "c");
    assertThat(script.send("a", Synchronizers.open(CONDITION, conditionSpec(LOCK))))
        .isEqualTo("OBJECT_UNKNOWN");
    assertThat(script.send("a", Synchronizers.open(LOCK, lockSpec()))).isEqualTo("done");
    assertThat(script.send("a", Synchronizers.open(CONDITION, conditionSpec(LOCK))))
        .isEqualTo("done");
  }

  /** Locks and waits. */
  private long await(String name, long timeoutMillis, long wait) {
    return script.waits(name, awaitCondition(script.locked(name), timeoutMillis).setWait(wait));
  }

  private boolean isSignalled(String name, long sequence) {
    assertThat(script.answer(name, sequence)).isEqualTo("LOCK_GRANTED");
    return script.reply(name, sequence).getLockGranted().getSignalled();
  }

  @Test
  void aWaitGivesTheLockBackAndASignalGivesItTheLock() {
    long waits = await("a", 0, 0);
    long token = script.locked("b"); // so it is free
    assertThat(script.send("b", signal(token, 1))).isEqualTo("done");
    assertThat(script.answer("a", waits)).isEqualTo("done");
    script.send("b", unlock(token));
    assertThat(isSignalled("a", waits)).isTrue();
    assertThat(script.token("a", waits)).isGreaterThan(token);
    assertThat(script.status(LOCK).getToken()).isEqualTo(script.token("a", waits));
  }

  @Test
  void aWaitGivesTheLockToWhoWaitsForIt() {
    long token = script.locked("a");
    long next = script.waits("b", lock(0));
    script.waits("a", awaitCondition(token, 0));
    assertThat(script.answer("b", next)).isEqualTo("LOCK_GRANTED");
  }

  @Test
  void thoseThatWaitLongestAreSignalledFirst() {
    long first = await("a", 0, 0);
    long second = await("b", 0, 0);
    long third = await("c", 0, 0);
    long token = script.locked("a");
    script.send("a", signal(token, 2));
    script.send("a", unlock(token));
    assertThat(isSignalled("a", first)).isTrue();
    assertThat(script.answer("b", second)).isEqualTo("done");
    script.send("a", unlock(script.token("a", first)));
    assertThat(isSignalled("b", second)).isTrue();
    script.send("b", unlock(script.token("b", second)));
    assertThat(script.answer("c", third)).isEqualTo("done");

    token = script.locked("b");
    script.send("b", signal(token, 0));
    script.send("b", unlock(token));
    assertThat(isSignalled("c", third)).isTrue();
  }

  @Test
  void whoIsNotHolderMayNeitherWaitNorSignal() {
    long token = script.locked("a");
    assertThat(script.send("b", awaitCondition(token + 1, 0))).isEqualTo("LOCK_LOST");
    assertThat(script.send("b", awaitCondition(0, 0))).isEqualTo("LOCK_LOST");
    assertThat(script.send("b", signal(token - 1, 0))).isEqualTo("LOCK_LOST");
    script.send("a", unlock(token));
    assertThat(script.send("a", awaitCondition(token, 0))).isEqualTo("LOCK_LOST");
    assertThat(script.send("a", awaitCondition(0, 0))).isEqualTo("LOCK_LOST");
  }

  @Test
  void whoIsLateGetsTheLockAllTheSameWhenItIsFree() {
    long waits = await("a", 100, 0);
    long token = script.locked("b");
    script.queue.passMillis(100);
    assertThat(script.answer("a", waits)).isEqualTo("done");
    assertThat(script.send("b", signal(token, 0))).isEqualTo("done"); // too late
    script.send("b", unlock(token));
    assertThat(isSignalled("a", waits)).isFalse();
  }

  @Test
  void whoIsSignalledInTimeMayWaitLongerForTheLock() {
    long waits = await("a", 100, 0);
    long token = script.locked("b");
    script.send("b", signal(token, 1));
    script.queue.passMillis(1_000);
    assertThat(script.answer("a", waits)).isEqualTo("done");
    script.send("b", unlock(token));
    assertThat(isSignalled("a", waits)).isTrue();
  }

  @Test
  void noTimeAtAllGivesTheLockToThoseThatWait() {
    long token = script.locked("a");
    long next = script.waits("b", lock(0));
    long waits = script.waits("a", awaitCondition(token, -1));
    assertThat(script.answer("b", next)).isEqualTo("LOCK_GRANTED");
    script.send("b", unlock(script.token("b", next)));
    assertThat(isSignalled("a", waits)).isFalse();
    // And where nobody waits, back to it.
    assertThat(script.send("a", awaitCondition(script.token("a", waits), -1)))
        .isEqualTo("LOCK_GRANTED");
  }

  @Test
  void whoCallsItsWaitOffGetsTheLockBeforeItGoesOn() {
    long waits = await("a", 0, 5);
    long token = script.locked("b");
    script.send("a", cancel(5));
    script.send("a", cancel(5)); // again: changes nothing
    assertThat(script.answer("a", waits)).isEqualTo("done");
    script.send("b", signal(token, 1)); // nobody is there to hear it
    script.send("b", unlock(token));
    assertThat(isSignalled("a", waits)).isFalse();
  }

  @Test
  void aCallOffAfterTheSignalLosesNeitherSignalNorLock() {
    long waits = await("a", 0, 5);
    long token = script.locked("b");
    script.send("b", signal(token, 1));
    script.send("a", cancel(5));
    script.send("b", unlock(token));
    assertThat(isSignalled("a", waits)).isTrue();
  }

  @Test
  void anEndedSessionWaitsNoLongerAndItsSignalIsNotTaken() {
    await("a", 0, 0);
    long next = await("b", 0, 0);
    script.queue.expire("a");
    long token = script.locked("c");
    script.send("c", signal(token, 1));
    script.send("c", unlock(token));
    assertThat(isSignalled("b", next)).isTrue();
  }

  @Test
  void theLockIsFreeWhenWhoCameFromTheConditionEnds() {
    // With a token of another session's: it never opened the lock itself.
    long token = script.locked("a");
    long waits = script.waits("b", awaitCondition(token, 1));
    script.queue.passMillis(1);
    assertThat(isSignalled("b", waits)).isFalse();
    script.queue.expire("b");
    script.locked("c");
  }

  @Test
  void whoWaitsIsToldThatTheConditionOrItsLockIsDeleted() {
    long waits = await("a", 0, 0);
    script.send("b", delete(LOCK));
    assertThat(script.answer("a", waits)).isEqualTo("OBJECT_DELETED");
    assertThat(script.send("a", awaitCondition(1, 0))).isEqualTo("OBJECT_UNKNOWN");

    // Made again under its name, it is as good.
    script.send("a", Synchronizers.open(LOCK, lockSpec()));
    long again = await("a", 0, 0);
    script.send("b", delete(CONDITION));
    assertThat(script.answer("a", again)).isEqualTo("OBJECT_DELETED");
    script.locked("b");
    script.send("b", delete(LOCK)); // of which no condition is left
  }

  @Test
  void aSignalInTheBatchOfTheWaitFindsWhoWaits() {
    long token = script.locked("a");
    long next = script.waits("b", lock(0));
    QueueScript.Party waiter = script.queue.party("a");
    script.queue.apply(
        Entry.newBuilder()
            .addBatches(
                Batch.newBuilder()
                    .setSession(waiter.session)
                    .setFirstSequence(waiter.sequence + 1)
                    .addOperations(awaitCondition(token, 0)))
            .addBatches(
                Batch.newBuilder()
                    .setSession(script.queue.party("b").session)
                    .setFirstSequence(script.queue.party("b").sequence + 1)
                    .addOperations(signal(token + 1, 0))
                    .addOperations(unlock(token + 1))));
    script.queue.party("b").sequence += 2;
    waiter.sequence++;
    assertThat(script.answer("b", next)).isEqualTo("LOCK_GRANTED");
    assertThat(isSignalled("a", waiter.sequence)).isTrue();
  }
}
