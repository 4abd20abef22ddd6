package dev.podpool.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.crd.Condition;
import dev.podpool.crd.Condition.Truth;
import dev.podpool.crd.WorkerPoolStatus;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusPaceTest {

  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

  private static WorkerPoolStatus status(
      int ready, long unfinished, long index, Truth joined, String message) {
    return new WorkerPoolStatus(
        4,
        ready,
        "a=b",
        unfinished,
        0L,
        index,
        1,
        List.of(
            new Condition("Ready", Truth.True, 1, AT.toString(), "Working", message),
            new Condition("Joined", joined, 1, AT.toString(), "Any", "Any")));
  }

  private static final WorkerPoolStatus LAST = status(4, 10, 7, Truth.False, "Working");

  @Test
  void theFirstIsWrittenAtOnce() {
    assertThat(StatusPace.writeAt(null, Instant.MIN, LAST)).isEqualTo(Instant.MIN);
    assertThat(StatusPace.writeAt(LAST, Instant.MIN, status(4, 0, 8, Truth.True, "Joined")))
        .isEqualTo(Instant.MIN);
  }

  @Test
  void theSameIsNeverWrittenThoughTheIndexMoves() {
    assertThat(StatusPace.writeAt(LAST, AT, status(4, 10, 99, Truth.False, "Working"))).isNull();
  }

  @Test
  void aConditionOrACountOfWorkersIsWrittenASecondAfterTheLast() {
    assertThat(StatusPace.writeAt(LAST, AT, status(4, 10, 8, Truth.True, "Working")))
        .isEqualTo(AT.plusSeconds(1));
    assertThat(StatusPace.writeAt(LAST, AT, status(3, 10, 8, Truth.False, "Working")))
        .isEqualTo(AT.plusSeconds(1));
  }

  @Test
  void countsOfTasksAndWordsAloneAreWrittenEveryTenSeconds() {
    assertThat(StatusPace.writeAt(LAST, AT, status(4, 9, 8, Truth.False, "Working")))
        .isEqualTo(AT.plusSeconds(10));
    assertThat(StatusPace.writeAt(LAST, AT, status(4, 10, 8, Truth.False, "Draining: 9")))
        .isEqualTo(AT.plusSeconds(10));
  }
}
