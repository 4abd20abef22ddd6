package dev.podpool.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.AsyncResult;
import dev.podpool.Pool;
import dev.podpool.PoolOptions;
import dev.podpool.TaskFailedException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class InitializerTest {

  @Test
  void runsInEachProcessBeforeItsFirstItem() throws Exception {
    PoolOptions options = new PoolOptions().workers(2).initializer(Work::load, "/models");
    try (Pool pool = Pool.local(options)) {
      assertThat(pool.map(Work::loaded, List.of(1, 2, 3, 4))).containsOnly("/models");
    }
  }

  @Test
  void oneThatThrowsFailsEveryCallThatWaitsAndNamesItself() throws Exception {
    PoolOptions options = new PoolOptions().workers(2).initializer(Work::failsToLoad, "/models");
    try (Pool pool = Pool.local(options)) {
      AsyncResult<Integer> single = pool.applyAsync(Work::same, 1);
      var flow = pool.imap(Work::same, List.of(1, 2)).iterator();
      assertThatThrownBy(() -> pool.map(Work::same, List.of(1, 2, 3)))
          .isInstanceOf(TaskFailedException.class)
          .hasMessage(
              "item 0 of 3 failed: the pool's initializer dev.podpool.local.Work::failsToLoad"
                  + " failed 5 times: java.lang.IllegalStateException: /models absent")
          .extracting(e -> ((TaskFailedException) e).type())
          .isEqualTo("java.lang.IllegalStateException");
      assertThatThrownBy(single::join).hasMessageContaining("/models absent");
      assertThatThrownBy(flow::next).hasMessageContaining("/models absent");
      // And every later one, at once.
      assertThatThrownBy(() -> pool.apply(Work::same, 1)).hasMessageContaining("/models absent");
    }
  }

  @Test
  void oneThatExitsFailsEveryCallThatWaits() throws Exception {
    try (Pool pool = Pool.local(new PoolOptions().workers(1).initializer(Work::exitsAtStart))) {
      assertThatThrownBy(() -> pool.apply(Work::same, 1))
          .isInstanceOf(TaskFailedException.class)
          .hasMessageContaining("exit 3");
    }
  }

  @Test
  void aProcessThatCannotBeStartedFailsEveryCallThatWaits() throws Exception {
    PoolOptions options = new PoolOptions().workers(1).environment("LONG", "x".repeat(1 << 20));
    try (Pool pool = Pool.local(options)) {
      assertThatThrownBy(() -> pool.apply(Work::same, 1))
          .isInstanceOf(TaskFailedException.class)
          .hasMessageContaining("Argument list too long");
    }
  }
}
