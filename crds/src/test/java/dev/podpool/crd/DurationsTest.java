package dev.podpool.crd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
  @ParameterizedTest
  @CsvSource({"10m, PT10M", "1h30m, PT1H30M", "500ms, PT0.5S", "2s5ms, PT2.005S", "0s, PT0S"})
  void eachUnitCounts(String text, Duration expected) {
    assertThat(Durations.parse(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "10", "ten", "-1s", "1.5h", "1d", "1h 30m", "1000000s"})
  void anythingElseIsRefused(String text) {
    assertThatThrownBy(() -> Durations.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "'%s' is no duration: give numbers with h, m, s or ms, such as 10m, 1h30m or 500ms"
                .formatted(text));
  }
}
