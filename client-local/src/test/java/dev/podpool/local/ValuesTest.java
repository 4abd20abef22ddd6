package dev.podpool.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.Pool;
import dev.podpool.function.CaptureException;
import dev.podpool.function.ErasedTypeException;
import dev.podpool.local.Work.Basket;
import dev.podpool.local.Work.Fruit;
import java.io.BufferedReader;
import java.io.StringReader;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ValuesTest {

  private static Pool pool;

  @BeforeAll
  static void open() {
    pool = Pool.local(1);
  }

  @AfterAll
  static void close() {
    pool.close();
  }

  @Test
  void recordsListsBytesEnumsTimesAndNullTravelBothWays() throws Exception {
    Basket basket = new Basket(Fruit.APPLE, 3, null);
    assertThat(pool.apply(Work::later, basket)).isEqualTo(new Basket(Fruit.APPLE, 4, null));
    assertThat(pool.apply(Work::twice, List.of(basket))).containsExactly(basket, basket);
    assertThat(pool.apply(Work::reversed, new byte[] {1, 2, 3})).containsExactly(3, 2, 1);
    assertThat(pool.apply(Work::other, Fruit.PEAR)).isEqualTo(Fruit.APPLE);
    Instant time = Instant.parse("2026-01-01T00:00:00Z");
    assertThat(pool.apply(Work::after, time, Duration.ofDays(1))).isEqualTo("2026-01-02T00:00:00Z");
    assertThat(pool.map(Work::echo, Arrays.asList("a", null, "ü"))).containsExactly("a", null, "ü");
    assertThat(pool.map(Work::nullAtThree, List.of(2, 3, 4))).containsExactly(2, null, 4);
  }

  @Test
  void aLambdaTravelsWithWhatItCaptures() throws Exception {
    int factor = 3;
    String unit = " km";
    Basket basket = new Basket(Fruit.PEAR, 7, "ripe");
    assertThat(pool.map((Integer n) -> n * factor + unit + basket.count(), List.of(1, 2)))
        .containsExactly("3 km7", "6 km7");
  }

  @Test
  void whatCannotTravelIsRefusedAtSubmitWithTheRemedy() {
    BufferedReader reader = new BufferedReader(new StringReader(""));
    assertThatThrownBy(() -> pool.apply((Integer n) -> n + reader.hashCode(), 1))
        .isInstanceOf(CaptureException.class)
        .hasMessageContaining("`reader`")
        .hasMessageContaining("java.io.BufferedReader");
    assertThatThrownBy(() -> pool.apply((List<Integer> list) -> list.size(), List.of(1)))
        .isInstanceOf(ErasedTypeException.class)
        .hasMessageContaining("Typed");
    assertThatThrownBy(() -> pool.apply(Work::notAValue, 1)).isInstanceOf(RuntimeException.class);
  }
}
