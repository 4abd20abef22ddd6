package dev.podpool.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.Failure;
import dev.podpool.protocol.ReportPoolFailure;
import org.junit.jupiter.api.Test;

class StartFailuresTest {

  private final StartFailures failures = new StartFailures("pool");

  @Test
  void poolIsGivenUpAtTheFifthFailureInARow() {
    for (int i = 1; i < 5; i++) {
      assertThat(fail(false).getFinal()).isFalse();
    }
    assertThat(fail(false).getFinal()).isTrue();
  }

  @Test
  void poolIsNotGivenUpWhileAnotherChildWorks() {
    for (int i = 1; i < 10; i++) {
      assertThat(fail(true).getFinal()).isFalse();
    }
    assertThat(fail(false).getFinal()).isTrue();
  }

  @Test
  void theFirstSuccessIsToldAsAnotherWorkerMayHaveFailedBefore() {
    assertThat(failures.succeeded().getReportPoolFailure().getFailures()).isZero();
    assertThat(failures.succeeded()).isNull();
  }

  @Test
  void successForgetsTheFailures() {
    fail(false);

    assertThat(failures.succeeded().getReportPoolFailure().getFailures()).isZero();
    assertThat(failures.succeeded()).isNull();
    assertThat(fail(false).getFailures()).isEqualTo(1);
  }

  @Test
  void childrenStartedTogetherAreOneFailure() {
    int round = failures.round();
    assertThat(failures.failed(round, Failure.getDefaultInstance(), false, false, 0)).isNotNull();
    assertThat(failures.failed(round, Failure.getDefaultInstance(), false, false, 0)).isNull();
  }

  @Test
  void signalsTakeMoreToGiveUpThanWhatFailsOfItself() {
    for (int signals = 1; signals < 30; signals++) {
      assertThat(signal().getFinal()).isFalse();
    }
    assertThat(signal().getFinal()).isTrue();
  }

  private ReportPoolFailure signal() {
    return failures
        .failed(failures.round(), Failure.getDefaultInstance(), true, false, 0)
        .getReportPoolFailure();
  }

  private ReportPoolFailure fail(boolean othersWork) {
    return failures
        .failed(failures.round(), Failure.getDefaultInstance(), false, othersWork, 0)
        .getReportPoolFailure();
  }
}
