package dev.podpool.queue;

import static dev.podpool.queue.Synchronizers.EVENT;
import static dev.podpool.queue.Synchronizers.awaitEvent;
import static dev.podpool.queue.Synchronizers.eventSpec;
import static dev.podpool.queue.Synchronizers.set;
import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Entry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventTest {

  private final Synchronizers script = new Synchronizers();

  @BeforeEach
  void open() {
    script.clients("a", "b");
    script.send("a", Synchronizers.open(EVENT, eventSpec()));
    script.send("b", Synchronizers.open(EVENT, eventSpec()));
  }

  @Test
  void allThatWaitGoOnWhenItIsSet() {
    long one = script.waits("a", awaitEvent(0));
    long other = script.waits("a", awaitEvent(0));
    script.send("b", set(true));
    assertThat(script.answer("a", one)).isEqualTo("EVENT_IS_SET");
    assertThat(script.answer("a", other)).isEqualTo("EVENT_IS_SET");
    assertThat(script.send("a", awaitEvent(-1))).isEqualTo("EVENT_IS_SET");
    assertThat(script.status(EVENT).getCount()).isEqualTo(1);
  }

  @Test
  void aClearInTheSameBatchComesTooLateForThoseThatWait() {
    long waits = script.waits("a", awaitEvent(0));
    QueueScript.Party setter = script.queue.party("b");
    script.queue.apply(
        Entry.newBuilder()
            .addBatches(
                Batch.newBuilder()
                    .setSession(setter.session)
                    .setFirstSequence(setter.sequence + 1)
                    .addOperations(set(true))
                    .addOperations(set(false))));
    setter.sequence += 2;
    assertThat(script.answer("a", waits)).isEqualTo("EVENT_IS_SET");
    assertThat(script.send("b", awaitEvent(-1))).isEqualTo("TIMED_OUT_WAITING");
  }

  @Test
  void aWaitEndsWithItsTime() {
    long waits = script.waits("a", awaitEvent(50));
    script.queue.passMillis(49);
    assertThat(script.answer("a", waits)).isEqualTo("done");
    script.queue.passMillis(1);
    assertThat(script.answer("a", waits)).isEqualTo("TIMED_OUT_WAITING");
  }

  @Test
  void itIsSetBeyondTheSessionThatSetIt() {
    script.send("a", set(true));
    script.queue.expire("a");
    script.queue.expire("b");
    script.clients("c");
    assertThat(script.send("c", awaitEvent(-1))).isEqualTo("EVENT_IS_SET");
  }
}
