package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.function.EncodeException;
import dev.podpool.function.RemoteFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A handle means an object of its own queue, and never that of the same name in another. */
@Timeout(60)
class TwoQueuesTest {

  private final Podpool here = Podpool.local();
  private final Podpool there = Podpool.local();

  @AfterEach
  void close() {
    here.close();
    there.close();
  }

  record Taken(String what, SharedLock lock) {}

  static boolean lock(SharedLock lock) {
    return lock.tryLock();
  }

  static boolean isLocked(SharedLock lock) {
    return lock.isLocked();
  }

  static void send(Connection<String> end) throws Exception {
    end.send("sent");
  }

  /** Gives away something of {@code here}. */
  private interface Gift {
    ThrowingCallable from(Podpool here, Podpool there);
  }

  static Stream<Named<Gift>> gifts() {
    return Stream.of(
        Named.of(
            "an input",
            (here, there) -> {
              Pool pool = there.pool(1);
              return () -> pool.apply(TwoQueuesTest::lock, here.lock("basket"));
            }),
        Named.of(
            "what a function captures",
            (here, there) -> {
              Pool pool = there.pool(1);
              SharedLock lock = here.lock("basket");
              RemoteFunction<Integer, Boolean> function = n -> lock.tryLock();
              return () -> pool.map(function, List.of(1));
            }),
        Named.of(
            "an argument of a process",
            (here, there) -> () -> there.process(TwoQueuesTest::lock, here.lock("basket")).start()),
        Named.of(
            "an end of a pipe",
            (here, there) -> {
              Connection<String> end = here.pipe(String.class).second();
              return () -> there.process(TwoQueuesTest::send, end).start();
            }),
        Named.of(
            "an item of a queue",
            (here, there) -> {
              SharedQueue<SharedLock> queue = there.queue("locks", SharedLock.class);
              return () -> queue.put(here.lock("basket"));
            }),
        Named.of(
            "a part of a map's value",
            (here, there) -> {
              var map = there.sharedMap("locks", String.class, Taken.class);
              return () -> map.put("a", new Taken("basket", here.lock("basket")));
            }),
        Named.of(
            "a message",
            (here, there) -> {
              Pipe<SharedLock> pipe = there.pipe(SharedLock.class);
              return () -> pipe.first().send(here.lock("basket"));
            }));
  }

  private static List<Object> state(Podpool podpool) {
    List<Object> state = new ArrayList<>();
    for (ObjectInfo.Kind kind : ObjectInfo.Kind.values()) {
      state.addAll(podpool.objects(kind));
    }
    return state;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("gifts")
  void nothingOfOneIsGivenToTheOther(Gift gift) {
    here.lock("basket");
    there.lock("basket");
    ThrowingCallable giving = gift.from(here, there);
    List<Object> before = state(there);

    assertThatThrownBy(giving)
        .isInstanceOf(EncodeException.class)
        .hasMessageContaining("can't be sent there: it is of another queue")
        .hasMessageContaining("from one Podpool");

    assertThat(state(there)).isEqualTo(before);
    assertThat(there.activeChildren()).isEmpty();
  }

  @Test
  void whereItArrivesItIsRefusedToo() {
    there.lock("basket");
    PoolOptions options =
        new PoolOptions().workers(1).initializer(TwoQueuesTest::takeLock, here.lock("basket"));
    try (Pool pool = there.pool(options)) {
      assertThatThrownBy(() -> pool.apply(TwoQueuesTest::isLocked, there.lock("basket")))
          .isInstanceOf(TaskFailedException.class)
          .hasMessageContaining("lock:basket can't be used here: it is of another queue");
    }
    assertThat(there.lock("basket").isLocked()).isFalse();
  }

  static void takeLock(SharedLock lock) {
    lock.lock();
  }

  @Test
  void inlineFunctionsUseTheOneThatAHandleIsOf() throws Exception {
    try (Pool pool = Pool.inline()) {
      assertThat(pool.apply(TwoQueuesTest::lock, here.lock("basket"))).isTrue();
    }
    assertThat(here.lock("basket").isLocked()).isTrue();
    assertThat(there.lock("basket").isLocked()).isFalse();
  }

  @Test
  void aHandleThatAnOlderReleaseHasKeptIsOfTheQueueThatItIsKeptIn() throws Exception {
    here.lock("basket");
    there.lock("basket");
    there.queue("locks", String.class).put("lock:basket"); // as it was written then
    assertThat(there.queue("locks", SharedLock.class).get().tryLock()).isTrue();
    assertThat(there.lock("basket").isLocked()).isTrue();
    assertThat(here.lock("basket").isLocked()).isFalse();
  }
}
