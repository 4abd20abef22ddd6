package dev.podpool.function.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FailureTextTest {

  private static FailureText text(Throwable failure) {
    return FailureText.of(failure, "org.junit");
  }

  private static String stack(Throwable failure) {
    return String.join("\n", text(failure).stack());
  }

  @Test
  void aCauseThatIsItsOwnCauseEnds() {
    Exception inner = new Exception("inner");
    Exception outer = new Exception("outer", inner);
    inner.initCause(outer);

    assertThat(stack(outer)).contains("Caused by: [the same again: java.lang.Exception]");
  }

  @Test
  void suppressedOnesAreTold() {
    Exception failure = new Exception("outer");
    failure.addSuppressed(new IllegalStateException("while closing"));

    assertThat(stack(failure))
        .contains("Suppressed: java.lang.IllegalStateException: while closing");
  }

  @Test
  void aLongStackAndALongMessageAreCutWithANote() {
    Exception failure = new Exception("x".repeat(100_000));
    StackTraceElement frame = new StackTraceElement("A", "b", "A.java", 1);
    failure.setStackTrace(
        java.util.Collections.nCopies(1000, frame).toArray(StackTraceElement[]::new));
    assertThat(text(failure).message()).hasSizeLessThan(66_000).contains("cut here: 100000");
    assertThat(stack(failure)).hasSizeLessThan(66_000).contains("cut here");

    failure = new Exception("short");
    failure.setStackTrace(
        java.util.Collections.nCopies(1000, frame).toArray(StackTraceElement[]::new));
    assertThat(stack(failure).lines()).hasSize(200);
  }

  @Test
  void aThrowableWithoutMessageHasNone() {
    assertThat(text(new Exception()).message()).isEmpty();
    assertThat(stack(new Exception())).startsWith("java.lang.Exception\n");
  }
}
