package dev.podpool.queue.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.rpc.QueueConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Mixed load on three replicas, and one fault after the other at random, for as long as {@code
 * -Dsoak.minutes=} says; {@code make soak} runs it. Prints each fault, and at the end what was
 * acknowledged, lost and doubled, and the longest stall.
 */
@Execution(ExecutionMode.SAME_THREAD) // each has the machine for itself
@Tag("load")
@Timeout(value = 1, unit = TimeUnit.DAYS)
class SoakTest {

  private static final Duration TIME =
      Duration.ofSeconds(
          Math.round(60 * Double.parseDouble(System.getProperty("soak.minutes", "2"))));
  private static final long SEED = Long.getLong("soak.seed", System.nanoTime());
  private static final int PAUSE_SECONDS_MAX = 20; // two terms of a session
  private static final int QUIET_SECONDS_MAX = 10;

  @TempDir private Path directory;
  private final SplittableRandom random = new SplittableRandom(SEED);
  private Replicas replicas;
  private PoolWorker worker;
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  @AfterEach
  void stop() {
    timer.shutdownNow();
  }

  private interface Fault {
    void happen() throws Exception;
  }

  @Test
  void nothingIsLostAndNothingDoubledWhateverHappens() throws Exception {
    say("seed %d, for %s", SEED, TIME);
    try (Replicas started = new Replicas(directory);
        QueueConnection connection = new QueueConnection(started)) {
      replicas = started;
      new TestClient(connection, random.split()).awaitApplied(); // defines the pool
      worker = new PoolWorker(directory, connection);
      timer.scheduleAtFixedRate(this::publishAny, 0, 100, TimeUnit.MILLISECONDS);
      Soak soak = new Soak(directory, random.split());
      soak.start();
      List<Fault> faults =
          List.of(
              this::killAny,
              this::killLeader,
              this::killAll,
              this::pauseLeader,
              this::pauseFollower,
              this::killChild,
              () -> {
                say("another worker");
                worker.close();
                worker = new PoolWorker(directory, connection);
              });
      long end = System.nanoTime() + TIME.toNanos();
      int happened = 0;
      while (System.nanoTime() - end < 0) {
        Thread.sleep(1000L * random.nextInt(QUIET_SECONDS_MAX)); // between two faults
        faults.get(random.nextInt(faults.size())).happen();
        happened++;
      }
      soak.end();
      say("%d faults in %s%n%s", happened, TIME, soak.account());
      worker.close();
      assertThat(soak.acknowledged()).containsOnlyKeys("map", "put", "get", "count", "lock");
      assertThat(soak.lost()).isEmpty();
      assertThat(soak.doubled()).isEmpty();
    }
  }

  private void publishAny() {
    try {
      replicas.publishAny();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void say(String format, Object... arguments) {
    System.out.println(
        LocalTime.now().truncatedTo(ChronoUnit.MILLIS) + " " + format.formatted(arguments));
  }

  // ---- the faults; each is over when all replicas are there again

  private void killAny() throws Exception {
    kill(random.nextInt(Replicas.COUNT));
  }

  private void killLeader() throws Exception {
    kill(replicas.leader());
  }

  private void kill(int i) throws Exception {
    say("queue-%d is killed", i);
    replicas.kill(i);
    Thread.sleep(random.nextInt(5_000)); // away for so long
    replicas.start(i);
    replicas.awaitMember(i);
  }

  private void killAll() throws Exception {
    say("all replicas are killed");
    for (int i = 0; i < Replicas.COUNT; i++) {
      replicas.kill(i);
    }
    for (int i = 0; i < Replicas.COUNT; i++) {
      replicas.start(i);
    }
    for (int i = 0; i < Replicas.COUNT; i++) {
      replicas.awaitMember(i);
    }
  }

  private void pauseLeader() throws Exception {
    pause(replicas.leader());
  }

  private void pauseFollower() throws Exception {
    pause((replicas.leader() + 1) % Replicas.COUNT);
  }

  private void pause(int i) throws Exception {
    int seconds = 1 + random.nextInt(PAUSE_SECONDS_MAX);
    say("queue-%d is stopped for %d s", i, seconds);
    replicas.signal(i, "STOP");
    try {
      Thread.sleep(1000L * seconds);
    } finally {
      replicas.signal(i, "CONT");
    }
    replicas.awaitMember(i);
  }

  private void killChild() {
    say("a worker's process is killed");
    ProcessHandle.current()
        .children()
        .filter(child -> !replicas.has(child))
        .findAny()
        .ifPresent(ProcessHandle::destroyForcibly);
  }
}
