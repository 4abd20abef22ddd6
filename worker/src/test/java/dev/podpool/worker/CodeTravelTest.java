package dev.podpool.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.function.internal.Capture;
import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.function.internal.PayloadWriter;
import dev.podpool.protocol.CodeArchive;
import dev.podpool.protocol.FailureKind;
import dev.podpool.protocol.Outcome;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Functions whose classes are only in what came with them. */
@Timeout(60)
class CodeTravelTest {
  private final MemoryBlobs blobs = new MemoryBlobs();
  @TempDir Path scratch;
  private byte[] jar;

  @BeforeEach
  void compile() throws IOException {
    jar = Jars.price(scratch, 1);
  }

  private FakeQueue queue(int slots) {
    return new FakeQueue(slots, settings -> settings.withBlobs(blobs));
  }

  /** Names {@code method} of the class in {@code jar}, and sends {@code code} with it. */
  private FakeQueue.Job submit(
      FakeQueue queue, String method, List<?> inputs, List<CodeArchive> code) throws IOException {
    return submit(queue, jar, method, inputs, code);
  }

  private FakeQueue.Job submit(
      FakeQueue queue, byte[] from, String method, List<?> inputs, List<CodeArchive> code)
      throws IOException {
    Path file = Files.write(Files.createTempFile(scratch, "", ".jar"), from);
    try (var loader = new URLClassLoader(new URL[] {file.toUri().toURL()})) {
      CapturedFunction captured = Capture.named("shop.Price::" + method, 1, loader);
      List<ByteString> encoded = new ArrayList<>();
      for (Object input : inputs) {
        var writer = new PayloadWriter();
        captured.arguments().encode(input, writer);
        encoded.add(ByteString.copyFrom(writer.toByteArray()));
      }
      return queue.submitEncoded(captured, encoded, header -> header.addAllCode(code));
    }
  }

  private static void assertFailed(FakeQueue.Job job, FailureKind kind, String... parts) {
    for (Object result : job.results()) {
      assertThat(result).isInstanceOf(Outcome.class);
      Outcome outcome = (Outcome) result;
      assertThat(outcome.getFailed().getKind()).as(outcome.toString()).isEqualTo(kind);
      assertThat(outcome.getFailed().getMessage()).contains(parts);
    }
  }

  @Test
  void aClassThatNoWorkerHasEverSeenRunsWithItsResources() throws Exception {
    try (var queue = queue(2)) {
      var code = List.of(blobs.archive("price.jar", jar));
      assertThat(submit(queue, "of", List.of(1, 2, 3, 4), code).results())
          .containsExactly(2, 3, 4, 5);
      assertThat(submit(queue, "about", List.of("shop/about.txt"), code).results())
          .containsExactly("adds 1");
      assertThat(queue.submit(UserCode::square, List.of(7)).results()).containsExactly(49);
      assertThat(blobs.fetches).hasValue(1);
    }
  }

  @Test
  void withoutItsCodeItIsNotFound() throws Exception {
    try (var queue = queue(1)) {
      assertFailed(
          submit(queue, "of", List.of(1), List.of()), FailureKind.FUNCTION_NOT_FOUND, "shop.Price");
    }
  }

  @Test
  void twoVersionsOfOneClassRunSideBySideInOneChild() throws Exception {
    byte[] second = Jars.price(scratch, 1000);
    try (var queue = queue(1)) {
      queue.rangeMax(1);
      var code = List.of(blobs.archive("price.jar", jar));
      var other = List.of(blobs.archive("price.jar", second));
      List<FakeQueue.Job> jobs = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        jobs.add(submit(queue, "of", List.of(i), code));
        jobs.add(submit(queue, second, "of", List.of(i), other));
        jobs.add(submit(queue, "calls", List.of(1), code));
      }
      for (int i = 0; i < 10; i++) {
        assertThat(jobs.get(3 * i).results()).containsExactly(i + 1);
        assertThat(jobs.get(3 * i + 1).results()).containsExactly(i + 1000);
        assertThat(jobs.get(3 * i + 2).results()).containsExactly(i + 1); // its state is kept
      }
      assertThat(blobs.fetches).hasValue(2);
    }
  }

  @Test
  void moreClassPathsThanAChildKeepsOpenAllRun() throws Exception {
    try (var queue = queue(1)) {
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 10; i++) {
          var more = Jars.of(Map.of("n" + i + ".txt", new byte[] {(byte) i}));
          var code = List.of(blobs.archive("price.jar", jar), blobs.archive("more.jar", more));
          assertThat(submit(queue, "of", List.of(i), code).results()).containsExactly(i + 1);
        }
      }
      assertThat(blobs.fetches).hasValue(11); // what they share came once
    }
  }

  @Test
  void aNewChildHasTheCodeToo() throws Exception {
    try (var queue =
        new FakeQueue(1, settings -> settings.withBlobs(blobs).withMaxTasksPerWorker(1))) {
      var code = List.of(blobs.archive("price.jar", jar));
      assertThat(submit(queue, "calls", List.of(1, 1, 1), code).results()).containsExactly(1, 1, 1);
      assertThat(blobs.fetches).hasValue(1);
    }
  }

  @Test
  void otherBytesThanTheDigestSaysFailItsItems() throws Exception {
    try (var queue = queue(1)) {
      CodeArchive archive = blobs.archive("price.jar", jar);
      byte[] wrong = jar.clone();
      wrong[wrong.length / 2] ^= 1;
      blobs.replace(archive.getArchive(), wrong);
      assertFailed(
          submit(queue, "of", List.of(1, 2), List.of(archive)),
          FailureKind.CODE_MISMATCH,
          "price.jar",
          "SHA-256");
      assertThat(blobs.fetches).hasValue(2);
    }
  }

  @Test
  void anArchiveThatLeadsOutOfItselfFailsItsItems() throws Exception {
    byte[] evil = Jars.of(Map.of("../../evil.class", new byte[10]));
    try (var queue = queue(1)) {
      var code = List.of(blobs.archive("price.jar", jar), blobs.archive("evil.jar", evil));
      assertFailed(
          submit(queue, "of", List.of(1, 2), code),
          FailureKind.FUNCTION_NOT_FOUND,
          "evil.jar",
          "../../evil.class",
          "leads out");
    }
  }

  @Test
  void codeThatTheQueueDoesNotHaveFailsItsItems() throws Exception {
    var archive =
        CodeArchive.newBuilder().setName("price.jar").setArchive(MemoryBlobs.blob(jar)).build();
    try (var queue = queue(1)) {
      assertFailed(
          submit(queue, "of", List.of(1, 2), List.of(archive)),
          FailureKind.FUNCTION_NOT_FOUND,
          "price.jar",
          "does not have it");
    }
  }

  @Test
  void aWorkerWithoutASourceFailsItsItems() throws Exception {
    try (var queue = new FakeQueue(1)) {
      assertFailed(
          submit(queue, "of", List.of(1), List.of(blobs.archive("price.jar", jar))),
          FailureKind.FUNCTION_NOT_FOUND,
          "nothing to fetch it from");
    }
  }

  @Test
  void aFailureThatPassesIsNotSeen() throws Exception {
    blobs.failures.set(2);
    try (var queue = queue(1)) {
      var job = submit(queue, "of", List.of(1), List.of(blobs.archive("price.jar", jar)));
      assertThat(job.results()).containsExactly(2);
      assertThat(job.returned).isZero();
    }
  }

  @Test
  void aSourceThatFailsForGoodEndsTheItems() throws Exception {
    blobs.failures.set(Integer.MAX_VALUE);
    try (var queue =
        new FakeQueue(
            1, settings -> settings.withBlobs(blobs).withFetchTimeout(Duration.ofMillis(250)))) {
      var job = submit(queue, "of", List.of(1), List.of(blobs.archive("price.jar", jar)));
      assertFailed(job, FailureKind.FUNCTION_NOT_FOUND, "connection reset", "3 times");
      assertThat(job.returned).isEqualTo(2); // another worker might have had better luck
      assertThat(job.losses).isEmpty();
    }
  }

  @Test
  void aSourceThatSaysNothingEndsTheItems() throws Exception {
    blobs.gate = new CountDownLatch(1);
    try (var queue =
        new FakeQueue(
            1, settings -> settings.withBlobs(blobs).withFetchTimeout(Duration.ofMillis(250)))) {
      var job = submit(queue, "of", List.of(1), List.of(blobs.archive("price.jar", jar)));
      assertFailed(job, FailureKind.FUNCTION_NOT_FOUND, "nothing came");
      assertThat(queue.submit(UserCode::square, List.of(7)).results()).containsExactly(49);
    }
  }

  @Test
  void itemsAreStoppedWhileTheirCodeIsFetchedAndOthersRunMeanwhile() throws Exception {
    blobs.gate = new CountDownLatch(1);
    try (var queue = queue(1)) {
      var code = List.of(blobs.archive("price.jar", jar));
      var stopped = submit(queue, "of", List.of(1), code);
      blobs.asked.await();
      assertThat(queue.submit(UserCode::square, List.of(7)).results()).containsExactly(49);
      stopped.stop(0, 1);
      var job = submit(queue, "of", List.of(2), code);
      blobs.gate.countDown();
      assertThat(job.results()).containsExactly(3);
    }
  }

  @Test
  void drainedWhileFetchingAWorkerGivesItemsBack() throws Exception {
    blobs.gate = new CountDownLatch(1);
    try (var queue = queue(1)) {
      var job = submit(queue, "of", List.of(1), List.of(blobs.archive("price.jar", jar)));
      blobs.asked.await();
      queue.worker.drain().get(10, TimeUnit.SECONDS);
      assertThat(job.returned).isEqualTo(1);
      assertThat(queue.leased()).isZero();
    }
  }

  @Test
  void closedWhileFetchingAWorkerEndsAtOnce() throws Exception {
    blobs.gate = new CountDownLatch(1);
    try (var queue = queue(1)) {
      submit(queue, "of", List.of(1), List.of(blobs.archive("price.jar", jar)));
      blobs.asked.await();
    }
  }

  @Test
  void aReconnectWhileFetchingKeepsTheItemsOnce() throws Exception {
    blobs.gate = new CountDownLatch(1);
    try (var queue = queue(1)) {
      var job = submit(queue, "of", List.of(1), List.of(blobs.archive("price.jar", jar)));
      blobs.asked.await();
      queue.resume();
      blobs.gate.countDown();
      assertThat(job.results()).containsExactly(2);
    }
  }

  @Test
  void aDirectoryThatIsSetKeepsTheArchivesForTheNextWorker() throws Exception {
    Path kept = scratch.resolve("kept");
    for (int i = 0; i < 2; i++) {
      try (var queue =
          new FakeQueue(1, settings -> settings.withBlobs(blobs).withCodeDirectory(kept))) {
        var code = List.of(blobs.archive("price.jar", jar));
        assertThat(submit(queue, "of", List.of(1), code).results()).containsExactly(2);
      }
    }
    assertThat(blobs.fetches).hasValue(1);
    try (Stream<Path> files = Files.list(kept)) {
      assertThat(files.filter(file -> file.toString().endsWith(".jar"))).hasSize(1);
    }
    try (Stream<Path> files = Files.list(kept)) {
      assertThat(files.filter(Files::isDirectory)).isEmpty();
    }
  }
}
