package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.function.Tuple;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class InlinePoolTest {

  private static final ThreadLocal<Integer> OF_THIS_THREAD = new ThreadLocal<>();

  static int plusOfThisThread(int n) {
    return n + OF_THIS_THREAD.get();
  }

  static int add(int a, int b) {
    return a + b;
  }

  static String join(String a, String b, String c) {
    return a + b + c;
  }

  static long sum(int a, long b, short c, byte d) {
    return a + b + c + d;
  }

  static String constant() {
    return "constant";
  }

  static int invert(int n) {
    return 10 / n;
  }

  @Test
  void functionsRunInTheThreadThatSubmits() throws Exception {
    OF_THIS_THREAD.set(40);
    try (Pool pool = Pool.inline()) {
      assertThat(pool.apply(InlinePoolTest::plusOfThisThread, 2)).isEqualTo(42);
      assertThat(pool.applyAsync(InlinePoolTest::plusOfThisThread, 2).isReady()).isTrue();
    }
  }

  @Test
  void everyArityWorks() throws Exception {
    try (Pool pool = Pool.inline()) {
      assertThat(pool.apply(InlinePoolTest::constant)).isEqualTo("constant");
      assertThat(pool.apply(InlinePoolTest::add, 1, 2)).isEqualTo(3);
      assertThat(pool.apply(InlinePoolTest::join, "a", "b", "c")).isEqualTo("abc");
      assertThat(pool.apply(InlinePoolTest::sum, 1, 2L, (short) 3, (byte) 4)).isEqualTo(10);
      assertThat(pool.starmap(InlinePoolTest::add, List.of(Tuple.of(1, 2), Tuple.of(3, 4))))
          .containsExactly(3, 7);
      assertThat(pool.starmap(InlinePoolTest::join, List.of(Tuple.of("a", "b", "c"))))
          .containsExactly("abc");
      assertThat(pool.starmap(InlinePoolTest::sum, List.of(Tuple.of(1, 2L, (short) 3, (byte) 4))))
          .containsExactly(10L);
    }
  }

  @Test
  void aFailureReadsAsFromAWorker() {
    try (Pool pool = Pool.inline()) {
      assertThatThrownBy(() -> pool.map(InlinePoolTest::invert, List.of(1, 0)))
          .isInstanceOf(TaskFailedException.class)
          .hasMessage("item 1 of 2 failed: java.lang.ArithmeticException: / by zero")
          .satisfies(e -> assertThat(e.getStackTrace()[0].getMethodName()).isEqualTo("invert"));
    }
  }

  @Test
  void anEndlessInputFlows() {
    try (Pool pool = Pool.inline()) {
      int last = 0;
      for (int n : pool.imap(InlinePoolTest::invert, IntStream.iterate(1, i -> i + 1).boxed())) {
        last = n;
        if (n == 0) {
          break;
        }
      }
      assertThat(last).isZero();
    }
  }

  @Test
  void theFirstFailureCancelsTheRest() {
    RAN.set(0);
    try (Pool pool = Pool.inline()) {
      List<Integer> inputs = IntStream.range(0, 100_000).boxed().toList();
      assertThatThrownBy(() -> pool.map(InlinePoolTest::failsAtThree, inputs))
          .isInstanceOf(TaskFailedException.class)
          .hasMessageStartingWith("item 3 of 100000 failed");
    }
    assertThat(RAN).hasValue(4);
  }

  private static final AtomicInteger RAN = new AtomicInteger();

  static int failsAtThree(int n) {
    RAN.incrementAndGet();
    if (n == 3) {
      throw new IllegalStateException("three");
    }
    return n;
  }
}
