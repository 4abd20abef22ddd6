package dev.podpool.function.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.function.DecodeException;
import dev.podpool.function.RemoteFunction;
import dev.podpool.function.sample.Samples;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FunctionTravelTest {
  private final ClassLoader worker = new WorkerLoader(Map.of());

  static List<Samples.Case> cases() {
    return Samples.all();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void everyKindOfFunctionTravelsToAnotherClassLoaderAndItsResultBack(Samples.Case sample)
      throws Throwable {
    var captured = Capture.capture(sample.function());
    var inputs = new PayloadWriter();
    captured.arguments().encode(sample.input(), inputs);
    var there = FunctionReference.resolve(captured.reference(), worker);
    var input = only(inputs);
    Object result = there.call(there.decode(input.buffer(), input.offset(), input.length()));
    var results = new PayloadWriter();
    there.encode(result, results);
    var back = only(results);
    Object decoded = captured.result().decode(back.buffer(), back.offset(), back.length());
    assertThat(decoded instanceof byte[] bytes ? Arrays.toString(bytes) : String.valueOf(decoded))
        .isEqualTo(sample.result());
  }

  private static PayloadReader only(PayloadWriter run) {
    assertThat(run.count()).isEqualTo(1);
    var reader = new PayloadReader(run.toByteArray());
    assertThat(reader.next()).isTrue();
    return reader;
  }

  @Test
  void namesAreForPeople() {
    assertThat(cases().stream().map(c -> Capture.capture(c.function()).name()))
        .contains("Samples::square", "Samples.Row::new", "String::length", "Samples.Multiply")
        .anyMatch(name -> name.matches("lambda at Samples.java:\\d+"));
  }

  @Test
  void aFunctionWithoutCapturedValuesIsTakenApartOnce() {
    RemoteFunction<String, Integer> function = String::length;
    assertThat(Capture.capture(function)).isSameAs(Capture.capture(function));
  }

  @Test
  void whatTheFunctionThrowsComesOutAsItIs() {
    var there = FunctionReference.resolve(Capture.capture(Samples.thrower()).reference(), worker);
    assertThatThrownBy(() -> there.call(1))
        .isExactlyInstanceOf(java.io.IOException.class)
        .hasMessage("user's own");
  }

  @Test
  void aDamagedReferenceIsRefused() {
    byte[] reference = Capture.capture(Samples.thrower()).reference();
    for (int length = 0; length < reference.length; length++) {
      byte[] cut = Arrays.copyOf(reference, length);
      assertThatThrownBy(() -> FunctionReference.resolve(cut, worker))
          .isInstanceOf(DecodeException.class);
    }
    reference[0] = 9;
    assertThatThrownBy(() -> FunctionReference.resolve(reference, worker))
        .hasMessage(
            "a function's reference has version 9, and this worker reads version 1; run the same"
                + " Podpool on both sides");
  }
}
