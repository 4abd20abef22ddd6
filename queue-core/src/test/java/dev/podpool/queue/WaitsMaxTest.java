package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.AcquireLock;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.JoinPool;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReleaseLock;
import java.util.Collections;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How much one session may wait for at once. */
class WaitsMaxTest {

  private static final ObjectRef LOCK = Specs.named(ObjectKind.LOCK);

  private final QueueScript queue = new QueueScript().unchecked();

  @BeforeEach
  void bertHasTheLockAndAFullQueueAndAPipeThatHasAMessage() {
    for (String client : new String[] {"anna", "bert"}) {
      queue.client(client);
      assertThat(queue.send(client, Specs.open(LOCK, Specs.of(ObjectKind.LOCK)))).isEqualTo("done");
      assertThat(queue.send(client, Messages.openQueue(1, false))).isEqualTo("done");
      assertThat(queue.send(client, Messages.openPipe(true))).isEqualTo("done");
    }
    assertThat(queue.send("bert", lock())).isEqualTo("LOCK_GRANTED");
    assertThat(queue.send("bert", Messages.hold(1))).isEqualTo("done");
    assertThat(queue.send("anna", Messages.hold(2))).isEqualTo("done");
    waitForAsMuchAsThereMayBe("anna", lock());
  }

  private void waitForAsMuchAsThereMayBe(String client, Operation.Builder operation) {
    QueueScript.Party party = queue.party(client);
    queue.apply(
        Entry.newBuilder()
            .addBatches(
                Batch.newBuilder()
                    .setSession(party.session)
                    .setFirstSequence(party.sequence + 1)
                    .addAllOperations(
                        Collections.nCopies(SessionState.WAITS_MAX, operation.build()))));
    party.sequence += SessionState.WAITS_MAX;
    assertThat(queue.answer(client, party.sequence)).isEqualTo("done");
  }

  private static Operation.Builder lock() {
    return Operation.newBuilder().setAcquireLock(AcquireLock.newBuilder().setLock(LOCK));
  }

  private long objectBytes() {
    return queue.machine.objects().bytes();
  }

  @Test
  void oneMoreIsRefusedUntilOneHasEndedAndOthersMayWait() {
    restore();
    assertThat(queue.send("anna", lock())).isEqualTo("QUEUE_FULL");
    assertThat(queue.send("bert", Messages.take(0))).isEqualTo("done");
    assertThat(
            queue.send(
                "bert",
                Operation.newBuilder()
                    .setReleaseLock(ReleaseLock.newBuilder().setLock(LOCK).setAny(true))))
        .isEqualTo("done");
    assertThat(queue.send("anna", lock())).isEqualTo("done");
    assertThat(queue.send("anna", lock())).isEqualTo("QUEUE_FULL");
  }

  @Test
  void whatNeedNotWaitIsDoneAndWhatMustHasChangedNothing() {
    assertThat(queue.send("anna", Messages.put(0, "apple"))).isEqualTo("ITEMS_PUT");
    for (int i = 0; i < 64; i++) {
      assertThat(queue.send("anna", Messages.message(2, "message"))).isEqualTo("ITEMS_PUT");
    }
    long before = objectBytes();
    assertThat(queue.send("anna", Messages.put(0, "plum"))).isEqualTo("QUEUE_FULL");
    assertThat(queue.send("anna", Messages.message(2, "message"))).isEqualTo("QUEUE_FULL");
    assertThat(objectBytes()).isEqualTo(before);
    assertThat(queue.send("bert", Messages.put(-1, "plum"))).isEqualTo("TIMED_OUT_WAITING");
  }

  @Test
  void soItIsWithPoolsWhoseWorkIsAwaited() {
    queue.submit("bert", QueueScript.job("job", "a"));
    waitForAsMuchAsThereMayBe("bert", joinPool());
    restore();
    assertThat(queue.send("bert", joinPool())).isEqualTo("QUEUE_FULL");
    assertThat(queue.send("anna", joinPool())).isEqualTo("done");
  }

  private static Operation.Builder joinPool() {
    return Operation.newBuilder().setJoinPool(JoinPool.newBuilder().setPool(QueueScript.POOL));
  }

  private void restore() {
    queue.machine = QueueMachine.restore(queue.machine.snapshot());
  }
}
