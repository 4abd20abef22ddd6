package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How long an operation may wait, as the queue is told. */
class TimeoutMillisTest {

  private static final long YEARS_292 = 9_223_372_036_855L;

  @Test
  void isRoundedUpSoThatNoWaitIsShorterThanItWasAskedFor() {
    assertThat(SharedObject.timeoutMillis(1, TimeUnit.NANOSECONDS)).isEqualTo(1);
    assertThat(SharedObject.timeoutMillis(1_500, TimeUnit.MICROSECONDS)).isEqualTo(2);
    assertThat(SharedObject.timeoutMillis(2_000, TimeUnit.MICROSECONDS)).isEqualTo(2);
    assertThat(SharedObject.timeoutMillis(3, TimeUnit.SECONDS)).isEqualTo(3_000);
    assertThat(SharedObject.timeoutMillis(Duration.ofNanos(1_000_001))).isEqualTo(2);
    assertThat(SharedObject.timeoutMillis(Duration.ofMillis(1))).isEqualTo(1);
  }

  @Test
  void noneIsNotAtAllAndNotForEver() {
    assertThat(SharedObject.timeoutMillis(0, TimeUnit.DAYS)).isEqualTo(-1);
    assertThat(SharedObject.timeoutMillis(-1, TimeUnit.DAYS)).isEqualTo(-1);
    assertThat(SharedObject.timeoutMillis(Duration.ZERO)).isEqualTo(-1);
    assertThat(SharedObject.timeoutMillis(Duration.ofSeconds(Long.MIN_VALUE))).isEqualTo(-1);
  }

  @Test
  void isNoMoreThanThereIs() {
    assertThat(SharedObject.timeoutMillis(Long.MAX_VALUE, TimeUnit.DAYS)).isEqualTo(YEARS_292);
    assertThat(SharedObject.timeoutMillis(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(YEARS_292);
  }
}
