package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.ObjectRef;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class TakenItemsTest {

  private static final ObjectRef QUEUE = SharedQueue.ref("orders");
  private static final ObjectRef OTHER = SharedQueue.ref("others");

  private final TakenItems items = new TakenItems();

  private static void inAnotherThread(Runnable work) throws InterruptedException {
    Thread thread = new Thread(work);
    thread.start();
    thread.join();
  }

  @Test
  void aThreadsOwnComeFirstAndInTheirOrder() throws Exception {
    inAnotherThread(() -> items.add(QUEUE, 1));
    items.add(QUEUE, 2);
    inAnotherThread(() -> items.add(QUEUE, 3));
    items.add(QUEUE, 4);
    assertThat(items.next(QUEUE)).isEqualTo(2);
    assertThat(items.next(QUEUE)).isEqualTo(4);
    assertThat(items.next(QUEUE)).as("of others, the oldest").isEqualTo(1);
    assertThat(items.next(QUEUE)).isEqualTo(3);
    assertThat(items.next(QUEUE)).isZero();
  }

  @Test
  void queuesAreKeptApart() {
    items.add(QUEUE, 1);
    assertThat(items.next(OTHER)).isZero();
    items.add(OTHER, 7);
    assertThat(items.next(QUEUE)).isEqualTo(1);
    assertThat(items.next(OTHER)).isEqualTo(7);
  }

  /** Those of a thread that lives are for it to be told of. */
  @Test
  void afterASessionThatEndedNothingIsKeptOfThreadsThatHave() throws Exception {
    inAnotherThread(() -> items.add(QUEUE, 1));
    CountDownLatch added = new CountDownLatch(1);
    CountDownLatch ends = new CountDownLatch(1);
    Thread lives =
        new Thread(
            () -> {
              items.add(QUEUE, 2);
              added.countDown();
              try {
                ends.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    lives.start();
    added.await();
    items.sessionEnded();
    assertThat(items.next(QUEUE)).isEqualTo(2);
    assertThat(items.next(QUEUE)).isZero();
    ends.countDown();
    lives.join();
  }
}
