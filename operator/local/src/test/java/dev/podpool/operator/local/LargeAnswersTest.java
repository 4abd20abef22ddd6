package dev.podpool.operator.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.ObjectInfo;
import dev.podpool.Podpool;
import dev.podpool.SharedJoinableQueue;
import dev.podpool.SharedMap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A client that is owed many times what the queue keeps of answers for its session, 4 MiB, gets
 * each of them, once.
 */
@Timeout(120)
class LargeAnswersTest {

  private static final int THREADS = 12;
  private static final int LENGTH = 1_000_000;

  @TempDir private Path directory;
  private TestRuntime local;
  private Podpool podpool;
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

  @BeforeEach
  void start() throws Exception {
    local = new TestRuntime(directory);
    podpool = TestRuntime.client(local.runtime.directory());
  }

  @AfterEach
  void nothingIsLeft() {
    threads.shutdownNow();
    podpool.close();
    local.close();
    local.crew.assertNoneIsLeft();
  }

  private static String large(int number) {
    return "%04d".formatted(number).repeat(LENGTH / 4);
  }

  private <T> List<Future<T>> begin(Callable<T> each) {
    List<Future<T>> all = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      all.add(threads.submit(each));
    }
    return all;
  }

  @Test
  void manyThreadsTakeLargeItemsThatComeBackAtOnceThoughTheQueueIsKilled() throws Exception {
    SharedJoinableQueue<String> queue = podpool.joinableQueue("loads", String.class);
    Podpool other = TestRuntime.client(local.runtime.directory());
    SharedJoinableQueue<String> itsQueue = other.joinableQueue("loads", String.class);
    for (int i = 0; i < THREADS; i++) {
      itsQueue.put(large(i));
      var unused = itsQueue.get(); // and is not done with it
    }
    List<Future<String>> takers = begin(queue::get);
    while (podpool.object(ObjectInfo.Kind.QUEUE, "loads").waiting() < THREADS) {
      Thread.sleep(5); // a poll of what has no signal
    }
    other.close();
    local.crew.killQueue();

    Set<String> taken = new HashSet<>();
    for (Future<String> taker : takers) {
      taken.add(taker.get());
    }
    Set<String> put = new HashSet<>();
    for (int i = 0; i < THREADS; i++) {
      put.add(large(i));
    }
    assertThat(taken.equals(put)).as("each once").isTrue();
  }

  @Test
  void manyThreadsGetTheLargeValuesThatTheyRemove() throws Exception {
    SharedMap<Integer, String> map = podpool.sharedMap("loads", Integer.class, String.class);
    for (int i = 0; i < THREADS; i++) {
      map.put(i, large(i));
    }
    List<Future<String>> removed = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      int key = i;
      removed.add(threads.submit(() -> map.remove(key)));
    }
    for (int i = 0; i < THREADS; i++) {
      assertThat(large(i).equals(removed.get(i).get())).as("of %s", i).isTrue();
    }
    assertThat(map.size()).isZero();
  }
}
