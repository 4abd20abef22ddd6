package dev.podpool.queue.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.AsyncResult;
import dev.podpool.ConnectOptions;
import dev.podpool.JobInfo;
import dev.podpool.JobOptions;
import dev.podpool.Podpool;
import dev.podpool.PodpoolException;
import dev.podpool.Pool;
import dev.podpool.TaskFailedException;
import dev.podpool.WorkerLostException;
import dev.podpool.function.TypeRef;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that outlive who submitted them, large payloads, and code that travels. */
@Timeout(120)
class RemoteJobTest {

  private static final ConnectOptions OPTIONS = ConnectOptions.defaults().withCodeInWorkers();
  private static final int LARGE = 1 << 20;

  /** Submits and prints the job's id; then waits for nothing. */
  private static final String SUBMITTER =
      """
      import dev.podpool.Podpool;
      import dev.podpool.Pool;
      import java.nio.file.Path;
      import java.util.List;
      public class Submitter {
        record Square(int of, long is) {}
        static Square square(int n) { return new Square(n, (long) n * n); }
        public static void main(String[] arguments) throws Exception {
          Podpool podpool = Podpool.connect(Path.of(arguments[0]));
          Pool pool = podpool.pool("p");
          System.out.println(pool.mapAsync(Submitter::square, List.of(1, 2, 3)).jobId());
          while (podpool.jobs().isEmpty()) {}
          System.out.println("submitted");
          Thread.sleep(Long.MAX_VALUE);
        }
      }
      """;

  /** Gets its results, and ends without closing anything. */
  private static final String FORGETFUL =
      """
      import dev.podpool.Podpool;
      import java.nio.file.Path;
      import java.util.List;
      public class Forgetful {
        static int square(int n) { return n * n; }
        public static void main(String[] arguments) throws Exception {
          Podpool podpool = Podpool.connect(Path.of(arguments[0]));
          System.out.println(podpool.pool("p").map(Forgetful::square, List.of(1, 2, 3)));
          System.exit(0);
        }
      }
      """;

  @TempDir private Path directory;
  private Remote remote;

  @BeforeEach
  void start() throws Exception {
    remote = new Remote(directory);
  }

  @AfterEach
  void stop() throws Exception {
    remote.close();
  }

  static int square(int n) {
    return n * n;
  }

  static int invert(int n) {
    return 1 / n;
  }

  static byte[] reversed(byte[] bytes) {
    byte[] reversed = bytes.clone();
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  /** Ends its process as long as the file is there. */
  static int exitWhile(String file) {
    if (Files.exists(Path.of(file))) {
      System.exit(3);
    }
    return 7;
  }

  record Square(int of, long is) {}

  // ---- others' jobs

  @Test
  void aJobWhoseSubmitterWasKilledGivesItsResultsToAnotherClient() throws Exception {
    Path program = Programs.compile(directory, "Submitter", SUBMITTER);
    Process submitter = Programs.start(program, "Submitter", directory.toString());
    BufferedReader said = submitter.inputReader();
    UUID id = UUID.fromString(said.readLine());
    assertThat(said.readLine()).isEqualTo("submitted");
    submitter.destroyForcibly().waitFor();
    remote.withWorker(); // which has never seen the program

    try (Podpool podpool = Podpool.connect(directory)) {
      assertThat(podpool.job(id, Square.class).get())
          .containsExactly(new Square(1, 1), new Square(2, 4), new Square(3, 9));
      assertThat(podpool.job(id, new TypeRef<Square>() {}).get()).as("once more").hasSize(3);
      JobInfo job = podpool.job(id);
      assertThat(job.hasEnded()).isTrue();
      assertThat(job.function()).contains("square");
      podpool.release(id);
      assertThatThrownBy(() -> podpool.job(id, Square.class))
          .isInstanceOf(PodpoolException.class)
          .hasMessageContaining("JOB_UNKNOWN");
    }
  }

  @Test
  void aProgramThatEndsWithoutClosingLeavesNoJobBehindThatItHasTheResultsOf() throws Exception {
    remote.withWorker();
    Path program = Programs.compile(directory, "Forgetful", FORGETFUL);
    Process forgetful = Programs.start(program, "Forgetful", directory.toString());
    assertThat(forgetful.inputReader().readLine()).isEqualTo("[1, 4, 9]");
    forgetful.waitFor();

    try (Podpool podpool = Podpool.connect(directory)) {
      assertThat(podpool.jobs()).isEmpty();
    }
  }

  @Test
  void aConnectionThatIsClosedTellsWhoWaitsAndLeavesTheJob() throws Exception {
    UUID id;
    try (Podpool podpool = Podpool.connect(directory, OPTIONS)) {
      AsyncResult<Integer> result = podpool.pool("p").applyAsync(RemoteJobTest::square, 6);
      id = result.jobId();
      podpool.close();
      assertThatThrownBy(result::join)
          .isInstanceOf(PodpoolException.class)
          .hasMessageContaining("what was submitted goes on");
    }
    remote.withWorker();
    try (Podpool podpool = Podpool.connect(directory, OPTIONS)) {
      assertThat(podpool.job(id, Integer.class).get()).containsExactly(36);
    }
  }

  @Test
  void aReaderCancelsForEverybodyAndResultsStay() throws Exception {
    try (Podpool podpool = Podpool.connect(directory, OPTIONS);
        Podpool other = Podpool.connect(directory, OPTIONS)) {
      var submitted = podpool.pool("p").mapAsync(RemoteJobTest::square, List.of(1, 2));
      awaitJob(other);
      var reader = other.job(submitted.jobId(), Integer.class);
      assertThat(reader.cancel(true)).isTrue();
      assertThatThrownBy(reader::get).isInstanceOf(CancellationException.class);
      assertThatThrownBy(submitted::get).isInstanceOf(CancellationException.class);
    }
  }

  @Test
  void aKeptJobRunsToItsEndAndItsDeadItemsAreRetried() throws Exception {
    remote.withWorker();
    Path file = Files.createFile(directory.resolve("deadly"));
    try (Podpool podpool = Podpool.connect(directory, OPTIONS)) {
      Pool pool = podpool.pool("p").with(JobOptions.defaults().withRetention(Duration.ofHours(1)));
      var result = pool.mapAsync(RemoteJobTest::exitWhile, List.of(file.toString(), "none"));
      UUID id = result.jobId();
      assertThatThrownBy(result::join).isInstanceOf(WorkerLostException.class);
      assertThat(podpool.dead("p"))
          .singleElement()
          .satisfies(
              dead -> {
                assertThat(dead.job()).isEqualTo(id);
                assertThat(dead.index()).isZero();
                assertThat(dead.exitCode()).isEqualTo(3);
                assertThat(dead.attempts()).isEqualTo(3);
              });
      assertThatThrownBy(podpool.job(id, Integer.class)::join)
          .isInstanceOf(WorkerLostException.class);

      Files.delete(file);
      podpool.retryDead(id, 0, 0);
      assertThat(podpool.job(id, Integer.class).join()).containsExactly(7, 7);
      assertThat(podpool.dead(id)).isEmpty();
    }
  }

  @Test
  void aReaderWaitsForAllAndNamesTheFirstFailure() throws Exception {
    remote.withWorker();
    try (Podpool podpool = Podpool.connect(directory, OPTIONS)) {
      Pool pool = podpool.pool("p").with(JobOptions.defaults().withRetention(Duration.ofHours(1)));
      UUID id = pool.mapAsync(RemoteJobTest::invert, List.of(1, 0, 1, 0)).jobId();
      awaitJob(podpool);
      assertThatThrownBy(podpool.job(id, Integer.class)::join)
          .isInstanceOf(TaskFailedException.class)
          .hasMessageContaining("item 1 of 4 failed");
      assertThat(podpool.job(id).done()).isEqualTo(4);
    }
  }

  private static void awaitJob(Podpool podpool) {
    while (podpool.jobs().isEmpty()) {
      Thread.onSpinWait();
    }
  }

  // ---- large payloads

  @Test
  void largeInputsAndResultsComeWholeAndAreForgottenWhenTheyHaveBeenTaken() throws Exception {
    remote.withWorker();
    List<byte[]> inputs =
        IntStream.range(0, 6)
            .mapToObj(
                i -> {
                  byte[] bytes = new byte[i % 2 == 0 ? LARGE : 10];
                  Arrays.fill(bytes, (byte) i);
                  bytes[0] = 42;
                  return bytes;
                })
            .toList();
    try (Podpool podpool = Podpool.connect(directory, OPTIONS);
        Pool pool = podpool.pool("p")) {
      var result = pool.mapAsync(RemoteJobTest::reversed, inputs);
      assertThat(result.await(Duration.ofSeconds(60))).isTrue();
      assertThat(podpool.jobs()).as("kept, as its results are not all here").hasSize(1);
      List<byte[]> results = result.get();
      for (int i = 0; i < inputs.size(); i++) {
        assertThat(results.get(i)).isEqualTo(reversed(inputs.get(i)));
      }
      int i = 0;
      for (byte[] each : pool.imap(RemoteJobTest::reversed, inputs)) {
        assertThat(each).isEqualTo(reversed(inputs.get(i++)));
      }
      pool.close();
      assertThat(podpool.jobs()).isEmpty();
    }
  }

  @Test
  void anInputThatIsTooLargeIsRefusedByNameAndLimit() {
    try (Podpool podpool = Podpool.connect(directory, OPTIONS);
        Pool pool = podpool.pool("p")) {
      assertThatThrownBy(
              () -> pool.map(RemoteJobTest::reversed, List.of(new byte[1], new byte[64 << 20])))
          .hasMessageContaining("input 1")
          .hasMessageContaining("maxPayloadBytes, which is 67108864");
    }
  }

  // ---- a client that slept

  /** Two jobs before it is stopped: one goes on, one ends with the session. */
  private static final String SLEEPER =
      """
      import dev.podpool.Podpool;
      import dev.podpool.Pool;
      import java.nio.file.Path;
      import java.util.List;
      public class Sleeper {
        static int square(int n) { return n * n; }
        public static void main(String[] arguments) throws Exception {
          Podpool podpool = Podpool.connect(Path.of(arguments[0]));
          Pool pool = podpool.pool("p");
          var map = pool.mapAsync(Sleeper::square, List.of(1, 2, 3));
          var imap = pool.imap(Sleeper::square, List.of(1, 2, 3));
          while (podpool.jobs().size() < 2) {}
          System.out.println("ready");
          System.out.println(map.get());
          try {
            imap.forEach(n -> {});
          } catch (RuntimeException e) {
            System.out.println(e.getMessage());
          }
          System.out.println(pool.map(Sleeper::square, List.of(4)));
          pool.close();
          podpool.close();
        }
      }
      """;

  @Test
  void aClientThatWasStoppedForLongerThanItsTermGoesOn() throws Exception {
    Path program = Programs.compile(directory, "Sleeper", SLEEPER);
    Process sleeper = Programs.start(program, "Sleeper", directory.toString());
    assertThat(sleeper.inputReader().readLine()).isEqualTo("ready");
    QueueProcess.signal(sleeper.toHandle(), "STOP");
    try (Podpool podpool = Podpool.connect(directory, OPTIONS)) {
      while (podpool.jobs().size() > 1) { // the imap's ends with the session
        Thread.onSpinWait();
      }
      remote.withWorker();
      var results = podpool.job(podpool.jobs().get(0).id(), Integer.class);
      assertThat(results.get()).containsExactly(1, 4, 9);
      QueueProcess.signal(sleeper.toHandle(), "CONT");
      String said = Programs.output(sleeper);
      assertThat(said).startsWith("[1, 4, 9]\n").endsWith("\n[16]");
      assertThat(said).contains("SESSION_", "an imap ends when its client was away for so long");
      assertThat(podpool.jobs()).isEmpty();
    } finally {
      sleeper.destroyForcibly();
    }
  }
}
