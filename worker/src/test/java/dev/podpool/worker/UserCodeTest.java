package dev.podpool.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.function.RemoteFunction;
import dev.podpool.function.internal.Capture;
import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.FailureKind;
import dev.podpool.protocol.Outcome;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What user code does ends its own item, and no other. */
class UserCodeTest {
  private static final List<Integer> TEN = IntStream.range(0, 10).boxed().toList();

  private static Failure failure(Object result) {
    assertThat(result).isInstanceOf(Outcome.class);
    assertThat(((Outcome) result).hasFailed()).as(result.toString()).isTrue();
    return ((Outcome) result).getFailed();
  }

  private static void assertOthersSucceeded(List<Object> results) {
    assertThat(results.subList(0, 7)).isEqualTo(TEN.subList(0, 7));
    assertThat(results.subList(8, 10)).isEqualTo(TEN.subList(8, 10));
  }

  @Test
  void anExceptionEndsItsItemWithTypeMessageAndTheUsersFramesOnly() {
    try (var queue = new FakeQueue(1)) {
      var results = queue.submit(UserCode::failAtSeven, TEN).results();

      assertOthersSucceeded(results);
      Failure failure = failure(results.get(7));
      assertThat(failure.getKind()).isEqualTo(FailureKind.THREW);
      assertThat(failure.getType()).isEqualTo("java.lang.IllegalArgumentException");
      assertThat(failure.getMessage()).isEqualTo("seven");
      assertThat(failure.getWorker()).isEqualTo("worker-0");
      assertThat(failure.getAttempt()).isEqualTo(1);
      assertThat(String.join("\n", failure.getStackList()))
          .startsWith("java.lang.IllegalArgumentException: seven\n\tat ")
          .contains("UserCode.failAtSeven(UserCode.java:")
          .contains("Caused by: java.io.IOException: below")
          .doesNotContain("dev.podpool.sandbox")
          .doesNotContain("dev.podpool.function")
          .doesNotContain("java.lang.invoke");
      assertThat(queue.listener.started).hasSize(1);
    }
  }

  @Test
  void nullIsAResult() {
    try (var queue = new FakeQueue(1)) {
      assertThat(queue.submit(UserCode::nullForOdd, TEN).results().subList(0, 4))
          .containsExactly(0, null, 2, null);
    }
  }

  @Test
  void anExceptionThatCannotBeDescribedIsReportedAllTheSame() {
    try (var queue = new FakeQueue(1)) {
      Failure failure = failure(queue.submit(UserCode::throwUnknown, TEN).result(1));

      assertThat(failure.getType()).isEqualTo(UserCode.Unknown.class.getName());
      assertThat(failure.getMessage()).contains("message can't be had");
      assertThat(String.join("\n", failure.getStackList()))
          .contains("stack can't be had")
          .contains("cause can't be had");
    }
  }

  @Test
  void anInterruptedExceptionIsAnExceptionLikeOthers() {
    try (var queue = new FakeQueue(1)) {
      Failure failure = failure(queue.submit(UserCode::interrupted, List.of(1)).result(0));

      assertThat(failure.getType()).isEqualTo("java.lang.InterruptedException");
    }
  }

  @Test
  void whatCannotBeEncodedOrDecodedSaysSo() {
    try (var queue = new FakeQueue(1)) {
      CapturedFunction square =
          Capture.capture((RemoteFunction<Integer, Integer>) UserCode::square);
      var undecodable =
          queue.submitEncoded(
              square, List.of(ByteString.copyFromUtf8("\004\"no\"")), header -> header);
      assertThat(failure(undecodable.result(0)).getKind()).isEqualTo(FailureKind.INPUT_NOT_DECODED);

      var unencodable = queue.submit(UserCode::unreadable, List.of(1));
      assertThat(failure(unencodable.result(0)).getKind())
          .isEqualTo(FailureKind.RESULT_NOT_ENCODED);

      var tooLarge = queue.submit(UserCode::bytes, List.of(65 << 20, 3));
      assertThat(failure(tooLarge.result(0)).getKind()).isEqualTo(FailureKind.RESULT_NOT_ENCODED);
      assertThat(tooLarge.result(1)).isEqualTo(new byte[3]);

      byte[] reference = square.reference();
      var unknown =
          queue.submitEncoded(
              square,
              Collections.nCopies(3, ByteString.copyFromUtf8("\0011")),
              header ->
                  header.setFunction(
                      ByteString.copyFrom(
                          new String(reference, java.nio.charset.StandardCharsets.ISO_8859_1)
                              .replace("square", "squire")
                              .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1))));
      assertThat(unknown.results())
          .allSatisfy(
              result ->
                  assertThat(failure(result).getKind()).isEqualTo(FailureKind.FUNCTION_NOT_FOUND));
    }
  }

  @Test
  void exitInAnItemChargesThatItemOnly() {
    try (var queue = new FakeQueue(2)) {
      var job = queue.submit(UserCode::exitAtSeven, TEN);
      var results = job.results();

      assertOthersSucceeded(results);
      Outcome dead = (Outcome) results.get(7);
      assertThat(dead.getLost().getCause()).isEqualTo("exit 3");
      assertThat(dead.getLost().getExitCode()).isEqualTo(3);
      assertThat(dead.getLost().getCharged()).isEqualTo(3);
      assertThat(job.losses).hasSize(3).allMatch(loss -> loss.getFirst() == 7);
    }
  }

  @Test
  void anItemWithOneAttemptThatEndsItsProcessIsLostAtOnce() {
    try (var queue = new FakeQueue(2)) {
      var job = queue.submit(UserCode::exitAtSeven, TEN, header -> header.setMaxAttempts(1));

      assertOthersSucceeded(job.results());
      assertThat(job.losses).hasSize(1);
    }
  }

  @Test
  void stackOverflowAndLackOfMemoryFailTheirItemAndReplaceTheChild() throws Exception {
    try (var queue =
        new FakeQueue(1, settings -> settings.withJvmArguments(List.of("-Xmx64m", "-Xss512k")))) {
      var overflow = queue.submit(UserCode::recurse, TEN).results();
      assertOthersSucceeded(overflow);
      assertThat(failure(overflow.get(7)).getType()).isEqualTo("java.lang.StackOverflowError");
      assertThat(failure(overflow.get(7)).getStackCount()).isBetween(10, 200);

      var memory = queue.submit(UserCode::eatMemory, TEN);
      assertOthersSucceeded(memory.results());
      assertThat(failure(memory.result(7)).getType()).isEqualTo("java.lang.OutOfMemoryError");
      assertThat(memory.losses).isEmpty();
      queue.listener.await(() -> queue.listener.started.size() == 3);
    }
  }

  @Test
  void anItemPastItsTimeOutFailsAndTheOthersGoOn() {
    try (var queue = new FakeQueue(2)) {
      queue.submit(UserCode::square, TEN).awaitEnd(); // children are up
      var results =
          queue
              .submit(UserCode::hangAtSeven, TEN, header -> header.setItemTimeoutMillis(200))
              .results();

      Failure failure = failure(results.get(7));
      assertThat(failure.getKind()).isEqualTo(FailureKind.TIMED_OUT);
      assertThat(failure.getMessage()).contains("200 ms").contains("raise");
      assertThat(results).filteredOn(Outcome.class::isInstance).hasSize(1);
    }
  }

  @Test
  void whatAnItemChangesInItsProcessIsPutBackForTheNext() {
    try (var queue = new FakeQueue(1)) {
      queue.submit(UserCode::disturb, TEN).awaitEnd();
      queue.submit(UserCode::leaveThreadRunning, List.of(1)).awaitEnd();

      assertThat(queue.submit(UserCode::undisturbed, List.of(1)).results()).containsExactly(true);
      assertThat(queue.listener.started).hasSize(1);
    }
  }

  @Test
  void anInterruptThatComesLateCostsNoProcess() {
    try (var queue = new FakeQueue(1)) {
      queue.submit(UserCode::interruptForEver, List.of(1)).awaitEnd();

      for (int i = 0; i < 300; i++) {
        assertThat(queue.submit(UserCode::greet, TEN).results()).isEqualTo(TEN);
      }
      assertThat(queue.listener.started).hasSize(1);
    }
  }

  @Test
  void outputIsTaggedWithItsItemAndStreamAndUnlimitedOutputIsDropped() throws Exception {
    try (var queue = new FakeQueue(1)) {
      queue.submit(UserCode::greet, List.of(41, 42)).awaitEnd();
      var listener = queue.listener;
      listener.await(() -> listener.err.toString().equals("oops 41\noops 42\n"));
      assertThat(listener.out.toString()).isEqualTo("hello 41 grüße\nhello 42 grüße\n");

      queue.submit(UserCode::print, List.of(100)).awaitEnd();
      listener.await(() -> listener.err.indexOf("[podpool: ") >= 0);
      assertThat(listener.out).hasSizeLessThan(70_000);
      assertThat(listener.err.toString())
          .contains("[podpool: " + ((100 << 20) - (64 << 10)) + " bytes dropped");
    }
  }

  @Test
  void outputOfManyItemsDoesNotGetInTheWayOfTheirResults() {
    try (var queue = new FakeQueue(2)) {
      var job = queue.submit(UserCode::greet, IntStream.range(0, 5000).boxed().toList());

      assertThat(job.results()).isEqualTo(IntStream.range(0, 5000).boxed().toList());
    }
  }

  @Test
  void largeInputsAndResultsPass() {
    try (var queue = new FakeQueue(2)) {
      var job = queue.submit(UserCode::bytes, List.of(30 << 20, 1 << 20, 0, 5 << 20));

      assertThat(job.results())
          .extracting(result -> ((byte[]) result).length)
          .containsExactly(30 << 20, 1 << 20, 0, 5 << 20);
    }
  }

  @Test
  void outputOfNativeCodeKeepsItsStreamAndTheJvmsNoticesAreLeftOut() throws Exception {
    try (var queue =
        new FakeQueue(
            1,
            settings ->
                settings.withEnvironment(Map.of("JAVA_TOOL_OPTIONS", "-Dseen=gr\u00fc\u00df")))) {
      assertThat(queue.submit(UserCode::printNatively, List.of(1)).results()).containsExactly(0);
      queue.listener.await(() -> queue.listener.unownedErr.indexOf("err") >= 0);
      queue.listener.await(() -> queue.listener.unowned.indexOf("out") >= 0);
      assertThat(queue.listener.unowned).hasToString("out\n");
      assertThat(queue.listener.unownedErr).hasToString("err\n");
      assertThat(queue.submit(UserCode::option, List.of("seen")).results())
          .noneMatch("null"::equals);
    }
  }

  @Test
  void aTimeOutOfAnyLengthIsKept() {
    for (long millis : new long[] {Duration.ofDays(200_000).toMillis(), Long.MAX_VALUE}) {
      try (var queue =
          new FakeQueue(
              1, settings -> settings.withInitializerTimeout(Duration.ofMillis(millis)))) {
        var job =
            queue.submit(
                UserCode::sleep, List.of(0, 100, 100), h -> h.setItemTimeoutMillis(millis));
        assertThat(job.results()).containsExactly(0, 100, 100);
      }
    }
    try (var queue =
        new FakeQueue(
            1, settings -> settings.withInitializerTimeout(Duration.ofSeconds(Long.MAX_VALUE)))) {
      assertThat(queue.submit(UserCode::square, List.of(3)).results()).containsExactly(9);
    }
  }

  @Test
  void theUsersCollectorWins() {
    var byArgument = List.of("-XX:+UseParallelGC");
    try (var queue = new FakeQueue(1, settings -> settings.withJvmArguments(byArgument))) {
      assertThat((String) queue.submit(UserCode::collectors, List.of(1)).result(0))
          .contains("PS Scavenge");
    }
    var byVariable = Map.of("JAVA_TOOL_OPTIONS", "-Dx=y -XX:+UseParallelGC");
    try (var queue = new FakeQueue(1, settings -> settings.withEnvironment(byVariable))) {
      assertThat((String) queue.submit(UserCode::collectors, List.of(1)).result(0))
          .contains("PS Scavenge");
    }
  }
}
