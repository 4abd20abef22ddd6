package dev.podpool.queue;

import static dev.podpool.queue.Synchronizers.SEMAPHORE;
import static dev.podpool.queue.Synchronizers.acquire;
import static dev.podpool.queue.Synchronizers.cancel;
import static dev.podpool.queue.Synchronizers.release;
import static dev.podpool.queue.Synchronizers.semaphoreSpec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.Holder;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SemaphoreTest {

  private final Synchronizers script = new Synchronizers();

  private void open(long permits, boolean bounded) {
    script.clients("a", "b", "c");
    for (String name : List.of("a", "b", "c")) {
      assertThat(script.send(name, Synchronizers.open(SEMAPHORE, semaphoreSpec(permits, bounded))))
          .isEqualTo("done");
    }
  }

  private Map<String, Long> held() {
    return script.status(SEMAPHORE).getHoldersList().stream()
        .collect(Collectors.toMap(Holder::getPrincipal, Holder::getCount));
  }

  private long free() {
    return script.status(SEMAPHORE).getCount();
  }

  @Test
  void permitsAreGrantedUntilThereAreNone() {
    open(2, false);
    assertThat(script.send("a", acquire(1, 0))).isEqualTo("PERMITS_GRANTED");
    assertThat(script.send("b", acquire(1, 0))).isEqualTo("PERMITS_GRANTED");
    assertThat(script.send("c", acquire(1, -1))).isEqualTo("TIMED_OUT_WAITING");
    long waits = script.waits("c", acquire(1, 0));
    assertThat(script.send("a", release(1))).isEqualTo("done");
    assertThat(script.answer("c", waits)).isEqualTo("PERMITS_GRANTED");
    assertThat(held()).isEqualTo(Map.of("b", 1L, "c", 1L));
  }

  @Test
  void aLargeRequestAtTheHeadIsNotOvertaken() {
    open(3, false);
    script.send("a", acquire(2, 0));
    long large = script.waits("b", acquire(3, 0));
    long small = script.waits("c", acquire(1, 0));
    assertThat(free()).isEqualTo(1);
    assertThat(script.send("a", acquire(1, -1))).isEqualTo("TIMED_OUT_WAITING");

    script.send("a", release(2));
    assertThat(script.answer("b", large)).isEqualTo("PERMITS_GRANTED");
    assertThat(script.answer("c", small)).isEqualTo("done");
    script.send("b", release(3));
    assertThat(script.answer("c", small)).isEqualTo("PERMITS_GRANTED");
  }

  @Test
  void thoseBehindOneThatGivesUpGoOn() {
    open(3, false);
    script.send("a", acquire(2, 0));
    long late = script.waits("b", acquire(3, 100));
    long first = script.waits("c", acquire(1, 0));
    script.queue.passMillis(100);
    assertThat(script.answer("b", late)).isEqualTo("TIMED_OUT_WAITING");
    assertThat(script.answer("c", first)).isEqualTo("PERMITS_GRANTED");

    long calledOff = script.waits("b", acquire(3, 0).setWait(7));
    long second = script.waits("a", acquire(1, 0));
    script.send("c", release(1));
    assertThat(script.answer("a", second)).isEqualTo("done");
    script.send("b", cancel(7));
    assertThat(script.answer("b", calledOff)).isEqualTo("WAIT_CANCELLED");
    assertThat(script.answer("a", second)).isEqualTo("PERMITS_GRANTED");
  }

  @Test
  void aReleaseTakesFromItselfThenFromWhoHasHeldLongest() {
    open(6, false);
    script.send("a", acquire(2, 0));
    script.send("b", acquire(2, 0));
    script.send("c", acquire(2, 0));
    script.send("b", release(1));
    assertThat(held()).isEqualTo(Map.of("a", 2L, "b", 1L, "c", 2L));
    script.send("b", release(2)); // one of its own, one of a's
    assertThat(held()).isEqualTo(Map.of("a", 1L, "c", 2L));
    script.send("b", release(2)); // a's last, one of c's
    assertThat(held()).isEqualTo(Map.of("c", 1L));
    assertThat(free()).isEqualTo(5);
  }

  @Test
  void aReleaseBeyondWhatIsHeldAddsPermits() {
    open(1, false);
    script.send("a", acquire(1, 0));
    script.send("b", release(3));
    assertThat(held()).isEmpty();
    assertThat(free()).isEqualTo(3);
  }

  @Test
  void aBoundedOneRefusesIt() {
    open(2, true);
    script.send("a", acquire(1, 0));
    assertThat(script.send("a", release(2))).isEqualTo("TOO_MANY_PERMITS");
    assertThat(held()).isEqualTo(Map.of("a", 1L));
    assertThat(script.send("b", release(1))).isEqualTo("done"); // anybody may
    assertThat(script.send("a", release(1))).isEqualTo("TOO_MANY_PERMITS");
    assertThat(free()).isEqualTo(2);
    assertThat(script.send("a", acquire(3, 0))).isEqualTo("INVALID_ARGUMENT");
  }

  @Test
  void whatASessionHoldsIsFreeWithItsEnd() {
    open(2, false);
    script.send("a", acquire(2, 0));
    script.waits("a", acquire(1, 0));
    long next = script.waits("b", acquire(2, 0));
    script.queue.expire("a");
    assertThat(script.answer("b", next)).isEqualTo("PERMITS_GRANTED");
    assertThat(held()).isEqualTo(Map.of("b", 2L));
    assertThat(free()).isZero();
  }

  @Test
  void numbersThatAreNoneAreRefused() {
    script.clients("a");
    assertThat(script.send("a", Synchronizers.open(SEMAPHORE, semaphoreSpec(-1, false))))
        .isEqualTo("INVALID_ARGUMENT");
    open(1, false);
    assertThat(script.send("b", acquire(0, 0))).isEqualTo("INVALID_ARGUMENT");
    assertThat(script.send("b", acquire(-1, 0))).isEqualTo("INVALID_ARGUMENT");
    assertThat(script.send("b", release(-1))).isEqualTo("INVALID_ARGUMENT");
    assertThat(script.send("b", release(SemaphoreState.PERMITS_MAX))).isEqualTo("TOO_MANY_PERMITS");
    assertThat(script.send("b", Synchronizers.open(SEMAPHORE, semaphoreSpec(2, false))))
        .isEqualTo("OBJECT_EXISTS");
    assertThat(script.send("b", Synchronizers.lock(0).setWait(1))).isEqualTo("OBJECT_UNKNOWN");
  }

  @Test
  void aNameOfAWaitIsTakenWhileItWaits() {
    open(0, false);
    long first = script.waits("a", acquire(1, 0).setWait(3));
    assertThat(script.send("a", acquire(1, 0).setWait(3))).isEqualTo("INVALID_ARGUMENT");
    script.waits("b", acquire(1, 0).setWait(3)); // another session's
    script.send("c", release(1));
    assertThat(script.answer("a", first)).isEqualTo("PERMITS_GRANTED");
    script.waits("a", acquire(1, 0).setWait(3));
  }
}
