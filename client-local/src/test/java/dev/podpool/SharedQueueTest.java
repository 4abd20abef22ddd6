package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.function.EncodeException;
import dev.podpool.function.ErasedTypeException;
import dev.podpool.function.TypeRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedQueueTest {

  private static final Duration MOMENT = Duration.ofMillis(10);

  private final Podpool podpool = Podpool.local();

  @AfterEach
  void close() {
    podpool.close();
  }

  /** What {@code task} returns, in a thread of its own. */
  private static <T> CompletableFuture<T> async(Callable<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    new Thread(
            () -> {
              try {
                result.complete(task.call());
              } catch (Exception e) {
                result.completeExceptionally(e);
              }
            })
        .start();
    return result;
  }

  private static void awaitWaiting(SharedObject object, int waiting) throws InterruptedException {
    while (object.status().getWaiting() != waiting) {
      Thread.sleep(1);
    }
  }

  @Test
  void itemsComeInTheOrderInWhichTheyWerePut() throws Exception {
    SharedQueue<Integer> queue = podpool.queue("orders", Integer.class);
    for (int i = 0; i < 100; i++) {
      queue.put(i);
    }
    assertThat(podpool.queue("orders", Integer.class).size()).isEqualTo(100);
    for (int i = 0; i < 100; i++) {
      assertThat(queue.get()).isEqualTo(i);
    }
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void aFullQueueTakesNoMore() throws Exception {
    SharedQueue<String> queue = podpool.queue(String.class, 2);
    assertThat(queue.offer("a")).isTrue();
    queue.put("b", MOMENT);
    assertThat(queue.isFull()).isTrue();
    assertThat(queue.offer("c")).isFalse();
    assertThatThrownBy(() -> queue.put("c", MOMENT))
        .isInstanceOf(TimeoutException.class)
        .hasMessageContaining("full");
    assertThat(queue.get()).isEqualTo("a");
    assertThat(queue.getNowait()).isEqualTo("b");
    assertThatThrownBy(queue::getNowait).isInstanceOf(NoSuchElementException.class);
    assertThatThrownBy(() -> queue.get(MOMENT))
        .isInstanceOf(TimeoutException.class)
        .hasMessageContaining("empty");
  }

  @Test
  void nullIsAnItem() throws Exception {
    SharedQueue<@Nullable List<String>> queue =
        podpool.queue(new TypeRef<@Nullable List<String>>() {});
    queue.put(null);
    queue.put(List.of("a"));
    assertThat(queue.get(MOMENT)).isNull();
    assertThat(queue.getNowait()).containsExactly("a");
  }

  @Test
  void whoWaitsGetsTheNextItem() throws Exception {
    SharedQueue<Integer> queue = podpool.queue("orders", Integer.class);
    CompletableFuture<Integer> got = async(queue::get);
    awaitWaiting(queue, 1);
    podpool.queue("orders", Integer.class).put(5);
    assertThat(got.get()).isEqualTo(5);
  }

  @Test
  void anInterruptedGetLeavesTheItemToOthers() throws Exception {
    SharedQueue<Integer> queue = podpool.queue("orders", Integer.class);
    for (int round = 0; round < 50; round++) {
      Thread taker =
          new Thread(
              () -> {
                try {
                  queue.put(queue.get());
                } catch (InterruptedException e) {
                  // It has not got it.
                }
              });
      taker.start();
      awaitWaiting(queue, 1);
      CompletableFuture<Void> put =
          async(
              () -> {
                queue.put(7);
                return null;
              });
      taker.interrupt();
      put.get();
      taker.join();
      assertThat(queue.get(Duration.ofSeconds(10))).isEqualTo(7);
    }
  }

  @Test
  void anInterruptedPutIsInOrNot() throws Exception {
    SharedQueue<Integer> queue = podpool.queue("orders", Integer.class, 1);
    queue.put(1);
    AtomicReference<Object> outcome = new AtomicReference<>();
    Thread putter =
        new Thread(
            () -> {
              try {
                queue.put(2);
                outcome.set("put");
              } catch (InterruptedException e) {
                outcome.set(e);
              }
            });
    putter.start();
    awaitWaiting(queue, 1);
    putter.interrupt();
    putter.join();
    assertThat(outcome.get()).isInstanceOf(InterruptedException.class);
    assertThat(queue.get()).isEqualTo(1);
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void aClosedQueueGivesTheRestAndThenSaysSo() throws Exception {
    SharedQueue<Integer> queue = podpool.queue("orders", Integer.class);
    SharedQueue<Integer> other = podpool.queue("orders", Integer.class);
    queue.put(1);
    queue.close();
    assertThatThrownBy(() -> other.put(2)).isInstanceOf(QueueClosedException.class);
    assertThat(other.get()).isEqualTo(1);
    assertThatThrownBy(other::get)
        .isInstanceOf(QueueClosedException.class)
        .hasMessageContaining("queue 'orders' is closed");
  }

  @Test
  void closingWakesWhoWaits() throws Exception {
    SharedQueue<Integer> queue = podpool.queue("orders", Integer.class);
    CompletableFuture<Integer> got = async(queue::get);
    awaitWaiting(queue, 1);
    queue.close();
    assertThatThrownBy(got::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(QueueClosedException.class);
  }

  @Test
  void whatIsTooLargeIsRefusedHereWithItsSize() {
    SharedQueue<byte[]> queue = podpool.queue(byte[].class);
    assertThat(queue.offer(new byte[(1 << 20) - 1])).isTrue();
    assertThatThrownBy(() -> queue.offer(new byte[1 << 20]))
        .isInstanceOf(EncodeException.class)
        .hasMessageContaining("1048577 bytes")
        .hasMessageContaining("1048576 at most");
    assertThat(queue.size()).isOne();
  }

  @Test
  @SuppressWarnings("rawtypes")
  void erasedTypesAndBadSizesAreRefused() {
    assertThatThrownBy(() -> podpool.queue(List.class))
        .isInstanceOf(ErasedTypeException.class)
        .hasMessageContaining("java.util.List without its type arguments");
    assertThatThrownBy(() -> podpool.queue(String.class, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("maxSize -1");
  }

  @Test
  void oneNameIsOneQueueOfOneKind() {
    podpool.queue("orders", String.class, 5);
    assertThatThrownBy(() -> podpool.queue("orders", String.class, 6))
        .hasMessageContaining("OBJECT_EXISTS");
    assertThatThrownBy(() -> podpool.joinableQueue("orders", String.class, 5))
        .hasMessageContaining("OBJECT_EXISTS");
  }

  @Test
  void asABlockingQueueItKeepsTheContract() throws Exception {
    BlockingQueue<Integer> queue = podpool.queue("orders", Integer.class, 3).asBlockingQueue();
    queue.put(1);
    assertThat(queue.offer(2)).isTrue();
    queue.add(3);
    assertThat(queue.offer(4, 1, TimeUnit.MILLISECONDS)).isFalse();
    assertThatThrownBy(() -> queue.add(4)).isInstanceOf(IllegalStateException.class);
    assertThat(queue.remainingCapacity()).isZero();
    assertThat(queue.peek()).isEqualTo(1);
    assertThat(queue).containsExactly(1, 2, 3).hasSize(3);
    assertThat(queue.poll()).isEqualTo(1);
    assertThat(queue.take()).isEqualTo(2);
    List<Integer> rest = new ArrayList<>();
    assertThat(queue.drainTo(rest)).isOne();
    assertThat(rest).containsExactly(3);
    assertThat(queue.poll(1, TimeUnit.MILLISECONDS)).isNull();
    assertThat(queue.poll()).isNull();
    assertThat(queue.peek()).isNull();
    assertThat(queue.remainingCapacity()).isEqualTo(3);
  }

  @Test
  @SuppressWarnings("NullAway") // what it is about
  void aBlockingQueueHasNoNull() {
    BlockingQueue<String> queue = podpool.queue(String.class).asBlockingQueue();
    assertThatThrownBy(() -> queue.put(null)).isInstanceOf(NullPointerException.class);
    assertThat(queue).isEmpty();
  }

  @Test
  void joinReturnsWhenAllIsDone() throws Exception {
    SharedJoinableQueue<Integer> queue = podpool.joinableQueue("orders", Integer.class);
    queue.join();
    queue.put(1);
    queue.put(2);
    assertThat(queue.join(MOMENT)).isFalse();
    CompletableFuture<Boolean> joined = async(() -> queue.join(Duration.ofMinutes(1)));
    awaitWaiting(queue, 1);
    queue.get();
    queue.taskDone();
    queue.get();
    assertThat(queue.unfinished()).isOne();
    assertThat(joined).isNotDone();
    queue.taskDone();
    assertThat(joined.get()).isTrue();
    assertThatThrownBy(queue::taskDone)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("too many times");
  }

  /** Takes an item, has another thread take the next and be done with it, and dies. */
  static void takeTwoAndDie(SharedJoinableQueue<String> queue) throws Exception {
    queue.get();
    async(
            () -> {
              queue.get();
              queue.taskDone();
              return null;
            })
        .get();
    Runtime.getRuntime().halt(1);
  }

  @Test
  void whatAThreadIsDoneWithIsItsOwnAndOthersComeBack() throws Exception {
    SharedJoinableQueue<String> queue = podpool.joinableQueue(String.class);
    queue.put("slow");
    queue.put("fast");
    PodProcess process = podpool.process(SharedQueueTest::takeTwoAndDie, queue);
    process.start();
    process.join();
    assertThat(process.exitCode()).isOne();
    assertThat(queue.getNowait()).isEqualTo("slow");
    assertThat(queue.isEmpty()).isTrue();
    assertThat(queue.unfinished()).isOne();
  }

  @Test
  void whatOneThreadTakesOthersMayBeDoneWith() throws Exception {
    SharedJoinableQueue<Integer> queue = podpool.joinableQueue("orders", Integer.class);
    for (int i = 0; i < 3; i++) {
      queue.put(i);
      queue.get();
    }
    SharedJoinableQueue<Integer> again = podpool.joinableQueue("orders", Integer.class);
    for (int i = 0; i < 3; i++) {
      async(
              () -> {
                again.taskDone();
                return null;
              })
          .get();
    }
    queue.join();
    assertThatThrownBy(queue::taskDone)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("too many times");
  }

  /** Two producers and two consumers, and an item for each of these to end with. */
  @Test
  void allThatIsProducedIsConsumedOnce() throws Exception {
    SharedQueue<@Nullable String> queue =
        podpool.queue("buns", new TypeRef<@Nullable String>() {}, 5);
    List<CompletableFuture<List<String>>> consumers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      consumers.add(
          async(
              () -> {
                List<String> bought = new ArrayList<>();
                for (String bun = queue.get(); bun != null; bun = queue.get()) {
                  bought.add(bun);
                }
                return bought;
              }));
    }
    List<CompletableFuture<Void>> producers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      String producer = "p" + i;
      producers.add(
          async(
              () -> {
                for (int n = 0; n < 10; n++) {
                  queue.put(producer + "-" + n);
                }
                return null;
              }));
    }
    for (CompletableFuture<Void> producer : producers) {
      producer.get();
    }
    queue.put(null);
    queue.put(null);
    List<String> bought = new ArrayList<>(consumers.get(0).get());
    bought.addAll(consumers.get(1).get());
    assertThat(bought).hasSize(20).doesNotHaveDuplicates();
  }
}
