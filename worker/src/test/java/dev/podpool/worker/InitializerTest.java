package dev.podpool.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.function.RemoteFunction;
import dev.podpool.function.internal.Capture;
import dev.podpool.function.internal.PayloadWriter;
import dev.podpool.protocol.FailureKind;
import dev.podpool.protocol.ReportPoolFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitializerTest {

  private static FakeQueue queue(
      int slots, RemoteFunction<String, Integer> initializer, String argument) {
    return new FakeQueue(
        slots,
        settings ->
            settings
                .withInitializer(initializer(initializer, argument))
                .withInitializerTimeout(Duration.ofSeconds(3)));
  }

  private static WorkerSettings.Initializer initializer(
      RemoteFunction<String, Integer> function, String argument) {
    var captured = Capture.capture(function);
    var writer = new PayloadWriter();
    captured.arguments().encode(argument, writer);
    // One payload, without its length.
    byte[] run = writer.toByteArray();
    var reader = new dev.podpool.function.internal.PayloadReader(run);
    reader.next();
    return new WorkerSettings.Initializer(
        ByteString.copyFrom(captured.reference()),
        ByteString.copyFrom(run, reader.offset(), reader.length()));
  }

  @Test
  void itRunsInEachChildBeforeItsItems() {
    try (var queue = queue(2, UserCode::initialize, "yes")) {
      var job = queue.submit(UserCode::initialized, IntStream.range(0, 100).boxed().toList());

      assertThat(job.results()).containsOnly("yes");
      assertThat(queue.poolFailures).isEmpty();
    }
  }

  @Test
  void oneThatThrowsIsTriedFiveTimesAndThenGivenUpWithItsError() {
    try (var queue = queue(3, UserCode::failToInitialize, "luck")) {
      queue.await(() -> queue.poolFailures.stream().anyMatch(ReportPoolFailure::getFinal));

      assertThat(queue.poolFailures)
          .extracting(ReportPoolFailure::getFailures)
          .containsExactly(1, 2, 3, 4, 5);
      var last = queue.poolFailures.get(4);
      assertThat(last.getPool()).isEqualTo("squares");
      assertThat(last.getFailure().getMessage())
          .isEqualTo(
              "the pool's initializer dev.podpool.worker.UserCode::failToInitialize failed 5 times:"
                  + " java.lang.IllegalStateException: no luck");
      assertThat(queue.poolFailures.get(0).getFailure().getMessage()).contains(" failed once: ");
      assertThat(last.getFailure().getKind()).isEqualTo(FailureKind.THREW);
      assertThat(String.join("\n", last.getFailure().getStackList())).contains("failToInitialize");
      assertThat(queue.windows).isEmpty(); // asks for no work that it can't do
    }
  }

  @Test
  void aSuccessAfterFailuresClearsThem(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("there");
    try (var queue = queue(2, UserCode::initializeWithFile, file.toString())) {
      queue.await(() -> !queue.poolFailures.isEmpty());
      Files.createFile(file);

      assertThat(queue.submit(UserCode::square, List.of(3)).results()).containsExactly(9);
      assertThat(queue.poolFailures.get(queue.poolFailures.size() - 1).getFailures()).isZero();
      queue.listener.await(() -> queue.listener.live.size() == 2);
    }
  }

  @Test
  void oneThatExitsIsNamedByItsExitCode() {
    try (var queue = queue(1, UserCode::exitInitializing, "")) {
      queue.await(() -> !queue.poolFailures.isEmpty());

      assertThat(queue.poolFailures.get(0).getFailure().getMessage())
          .isEqualTo(
              "the pool's initializer dev.podpool.worker.UserCode::exitInitializing failed once:"
                  + " the child process ended before it was ready: exit 5");
    }
  }

  @Test
  void oneThatHangsIsKilled() {
    try (var queue = queue(1, UserCode::hangInitializing, "")) {
      queue.await(() -> !queue.poolFailures.isEmpty());

      var failure = queue.poolFailures.get(0).getFailure();
      assertThat(failure.getKind()).isEqualTo(FailureKind.TIMED_OUT);
      assertThat(failure.getMessage()).contains("PT3S");
    }
  }

  @Test
  void aJavaThatDoesNotStartIsReportedWithWhatItPrints() {
    try (var queue =
        new FakeQueue(2, settings -> settings.withJvmArguments(List.of("-XX:+NoSuchFlag")))) {
      queue.await(() -> !queue.poolFailures.isEmpty());

      assertThat(queue.poolFailures.get(0).getFailure().getMessage())
          .startsWith("the pool's processes failed to start once: ")
          .contains("NoSuchFlag");
    }
    try (var queue = new FakeQueue(2, settings -> settings.withJavaHome(Path.of("/nowhere")))) {
      queue.await(() -> !queue.poolFailures.isEmpty());

      assertThat(queue.poolFailures.get(0).getFailure().getMessage()).contains("/nowhere/bin/java");
    }
  }
}
