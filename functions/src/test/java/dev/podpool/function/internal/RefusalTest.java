package dev.podpool.function.internal;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.function.CaptureException;
import dev.podpool.function.ErasedTypeException;
import dev.podpool.function.sample.Samples;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Serializable;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;

class RefusalTest {
  private static final String TYPED =
      ": a worker could not decode it. Name a method whose types are complete, or give them:"
          + " Typed.function(function, new TypeRef<List<String>>() {}, …).";

  @Test
  void aCapturedReaderIsNamedWithItsPlaceAndTheRemedy() throws IOException {
    refused(Samples.capturesReader(new BufferedReader(new StringReader(""))))
        .hasMessage(
            "the lambda at Samples.java:"
                + line("reader.read()")
                + " captures `reader` (java.io.BufferedReader), which cannot travel to a worker."
                + " Open it inside the function, or pass its path.");
  }

  @Test
  void aCapturedListIsRefusedForItsErasedElements() throws IOException {
    refused(Samples.capturesList(1, List.of()))
        .hasMessage(
            "the lambda at Samples.java:"
                + line("names.size() + n")
                + " captures `names` (java.util.List), whose element type the compiler erased."
                + " Wrap it in a record, or pass it as an argument.");
  }

  @Test
  void aCapturedObjectIsRefusedEvenIfItsValueCouldTravel() throws IOException {
    refused(Samples.capturesObject("text"))
        .hasMessage(
            "the lambda at Samples.java:"
                + line("thing.hashCode()")
                + " captures `thing` (java.lang.Object), which cannot travel to a worker."
                + " Declare it as what it is: java.lang.String.");
  }

  @Test
  void capturedThisIsRefusedUnlessItIsAValue() throws IOException {
    refused(Samples.capturesThis())
        .hasMessage(
            "the lambda at Samples.java:"
                + line("n -> offset(n)")
                + " captures `this` (dev.podpool.function.sample.Samples), which cannot travel to a"
                + " worker. Copy the fields that it uses into local variables, make its method"
                + " static, or make its class a record.");
    refused(Samples.boundToPlainObject())
        .hasMessage(
            "the method reference Samples::offset captures its receiver"
                + " (dev.podpool.function.sample.Samples), which cannot travel to a worker. Make"
                + " its type a record, or build it inside the function.");
  }

  @Test
  void aFunctionObjectWithFieldsIsRefused() {
    refused(Samples.stateful())
        .hasMessage(
            "the function dev.podpool.function.sample.Samples$Stateful holds the field `calls`,"
                + " which would not travel to a worker. Make it a record, or a static class without"
                + " fields.");
  }

  @Test
  void erasedAndAbstractTypesAreRefused() throws IOException {
    erased(Samples.erasedLambda())
        .hasMessage(
            "the argument of the lambda at Samples.java:"
                + line("names -> names.size()")
                + " is java.util.List without its type arguments"
                + TYPED);
    erased(Samples.wildcard())
        .hasMessage(
            "the argument of the method reference Samples::wild is java.util.List<? extends"
                + " java.lang.Number>, with the wildcard ? extends java.lang.Number"
                + TYPED);
    erased(Samples.abstractResult())
        .hasMessage(
            "the result of the method reference Samples::number is java.lang.Number, which is"
                + " abstract"
                + TYPED);
    erased(Samples.vagueRecord())
        .hasMessage(
            "argument 2 of the method reference Samples::vague is"
                + " dev.podpool.function.sample.Samples$Vague, whose component `thing` is"
                + " java.lang.Object"
                + TYPED);
  }

  @Test
  void aResourceAsAnArgumentIsToBeOpenedThere() {
    erased(Samples.takesReader())
        .hasMessage(
            "the argument of the method reference Samples::firstLine is java.io.BufferedReader,"
                + " which is a resource and not a value: a worker could not decode it. Open it"
                + " inside the function, and pass its path or address.");
  }

  @Test
  void aCapturedLockIsToBeASharedOne() throws IOException {
    refused(Samples.capturesLock(new ReentrantLock()))
        .hasMessage(
            "the lambda at Samples.java:"
                + line("lock.isLocked()")
                + " captures `lock` (java.util.concurrent.locks.ReentrantLock), which cannot travel"
                + " to a worker. Nothing is shared with a worker but what a Podpool shares, as"
                + " SharedLock or SharedMap: take such a one, or return what it would change.");
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> refused(Serializable function) {
    return assertThatThrownBy(() -> Capture.capture(function))
        .isExactlyInstanceOf(CaptureException.class);
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> erased(Serializable function) {
    return assertThatThrownBy(() -> Capture.capture(function))
        .isExactlyInstanceOf(ErasedTypeException.class);
  }

  /** Where {@code code} stands in the samples: their lines move, the test shouldn't. */
  private static int line(String code) throws IOException {
    List<String> lines =
        Files.readAllLines(Path.of("src/test/java/dev/podpool/function/sample/Samples.java"));
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains(code)) {
        return i + 1;
      }
    }
    throw new AssertionError(code);
  }
}
