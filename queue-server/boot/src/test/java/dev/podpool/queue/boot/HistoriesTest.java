package dev.podpool.queue.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.podpool.ConnectOptions;
import dev.podpool.Connection;
import dev.podpool.Pipe;
import dev.podpool.Podpool;
import dev.podpool.SharedBarrier;
import dev.podpool.UnreachableException;
import dev.podpool.queue.boot.Histories.Kind;
import dev.podpool.queue.boot.Histories.Player;
import java.io.EOFException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Clients use shared objects of every kind at random, while the queue is killed at random and
 * started again. What they saw must be what objects that do one thing at a time would have shown.
 */
@Execution(ExecutionMode.SAME_THREAD) // each has the machine for itself
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HistoriesTest {

  private static final ConnectOptions OPTIONS = ConnectOptions.defaults().withCodeInWorkers();

  /** Of each seed; more with {@code -Dkills=}. */
  private static final int KILLS = Integer.getInteger("kills", 3);

  private static final int CLIENTS = 5;
  private static final int TURNS_BETWEEN_KILLS = 50;
  private static final int CUT_LOOKS_MAX = 30;
  private static final long CUT_LOOK_MILLIS = 100;
  // Podpool.close() waits so long for the queue to hear of it.
  private static final long GOODBYE_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final int PARTIES = 3;
  private static final int ROUNDS = 40;
  private static final int MESSAGES = 600;

  @TempDir private Path directory;
  private final AtomicInteger turns = new AtomicInteger();
  private final List<Kind> kinds = new Histories().kinds();

  /** As many as {@code -Dseeds=} says; one by default. */
  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("seeds", 1));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void whatClientsSawIsInOrderThoughTheQueueIsKilled(long seed) throws Exception {
    QueueProcess queue = new QueueProcess(directory);
    play(
        seed,
        () -> {
          queue.kill();
          queue.start();
        },
        queue);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  @Tag("load") // a tier of .ci/run
  void whatClientsSawIsInOrderThoughReplicasAreKilled(long seed) throws Exception {
    Replicas replicas = new Replicas(directory);
    play(seed, replicas::killAndStartNext, replicas);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  @Tag("load") // a tier of .ci/run
  void whatClientsSawIsInOrderThoughReplicasArePartedAndKilled(long seed) throws Exception {
    String missing = Namespaces.missing();
    assumeTrue(missing.isEmpty(), missing);
    SplittableRandom random = new SplittableRandom(seed);
    Namespaces network = new Namespaces(Replicas.COUNT);
    Replicas replicas = new Replicas(directory, network);
    play(
        seed,
        () -> {
          network.cutSome(random);
          for (int looks = random.nextInt(CUT_LOOKS_MAX); looks > 0; looks--) {
            replicas.publishAny();
            Thread.sleep(CUT_LOOK_MILLIS); // cut for so long
          }
          if (random.nextBoolean()) {
            replicas.killAndStartNext();
          }
          network.heal();
        },
        replicas);
  }

  private interface Kill {
    void run() throws Exception;
  }

  private void play(long seed, Kill kill, AutoCloseable service) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    List<Future<?>> players = new ArrayList<>();
    List<Future<List<Passage>>> parties = new ArrayList<>();
    ExecutorService threads = Executors.newCachedThreadPool();
    try (service) {
      for (int client = 0; client < CLIENTS; client++) {
        String who = "c" + client;
        SplittableRandom own = random.split();
        players.add(threads.submit(() -> play(who, own)));
      }
      for (int party = 0; party < PARTIES; party++) {
        parties.add(threads.submit(HistoriesTest.this::meet));
      }
      Future<?> messages = threads.submit(this::sendAndReceive);
      for (int number = 0; number < KILLS; number++) {
        int at =
            number * TURNS_BETWEEN_KILLS * CLIENTS + random.nextInt(TURNS_BETWEEN_KILLS * CLIENTS);
        while (turns.get() < at && !players.stream().anyMatch(Future::isDone)) {
          Thread.sleep(1);
        }
        kill.run();
      }
      for (Future<?> player : players) {
        player.get();
      }
      messages.get();
      checkMeetings(parties);
    } finally {
      threads.shutdownNow();
    }
    kinds.forEach(Kind::check);
  }

  /** A client that comes while the queue is away tries again. */
  private Podpool connect() throws InterruptedException {
    while (true) {
      try {
        return Podpool.connect(directory, OPTIONS);
      } catch (UnreachableException e) {
        Thread.sleep(20);
      }
    }
  }

  /** Now and then a client goes, with all that it holds, and another comes in its place. */
  private @Nullable Void play(String name, SplittableRandom random) throws Exception {
    int left = KILLS * TURNS_BETWEEN_KILLS;
    for (int life = 0; left > 0; life++) {
      String who = name + "." + life;
      long start;
      List<Player> own;
      try (Podpool podpool = connect()) {
        own = kinds.stream().map(kind -> kind.join(podpool, who)).toList();
        for (int stay = 1 + random.nextInt(150); stay > 0 && left > 0; stay--, left--) {
          own.get(random.nextInt(own.size())).play(random);
          turns.incrementAndGet();
        }
        start = System.nanoTime();
      }
      long now = System.nanoTime();
      // Else the queue finds out by itself, some time later.
      long end = now - start < GOODBYE_NANOS ? now : Long.MAX_VALUE;
      own.forEach(player -> player.gone(start, end));
    }
    return null;
  }

  private record Passage(int place, long start, long end) {}

  private List<Passage> meet() throws Exception {
    List<Passage> passages = new ArrayList<>();
    try (Podpool podpool = connect()) {
      SharedBarrier barrier = podpool.barrier("barrier", PARTIES);
      for (int round = 0; round < ROUNDS; round++) {
        long start = System.nanoTime();
        passages.add(new Passage(barrier.await(), start, System.nanoTime()));
      }
    }
    return passages;
  }

  /** Nobody passed before all had come, and each had a place of its own. */
  private static void checkMeetings(List<Future<List<Passage>>> parties) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      List<Passage> met = new ArrayList<>();
      for (Future<List<Passage>> party : parties) {
        met.add(party.get().get(round));
      }
      assertThat(met)
          .as("round %d", round)
          .extracting(Passage::place)
          .containsExactlyInAnyOrderElementsOf(IntStream.range(0, PARTIES).boxed().toList());
      long last = met.stream().mapToLong(Passage::start).max().orElseThrow();
      assertThat(met).as("round %d", round).allMatch(passage -> passage.end() >= last);
    }
  }

  private @Nullable Void sendAndReceive() throws Exception {
    try (Podpool podpool = connect();
        ExecutorService threads = Executors.newSingleThreadExecutor()) {
      Pipe<Integer> pipe = podpool.pipe(Integer.class, false);
      Future<?> sender =
          threads.submit(
              () -> {
                try (Connection<Integer> end = pipe.second()) {
                  for (int message = 0; message < MESSAGES; message++) {
                    end.send(message);
                  }
                }
                return null;
              });
      List<Integer> received = new ArrayList<>();
      try (Connection<Integer> end = pipe.first()) {
        while (true) {
          received.add(end.recv());
        }
      } catch (EOFException e) {
        assertThat(received).isEqualTo(IntStream.range(0, MESSAGES).boxed().toList());
      }
      sender.get();
    }
    return null;
  }
}
