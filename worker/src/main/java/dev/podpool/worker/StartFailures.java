package dev.podpool.worker;

import dev.podpool.protocol.Failure;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReportPoolFailure;
import org.jspecify.annotations.Nullable;

/**
 * Children that fail before they are ready: the initializer throws, hangs or exits, or Java itself
 * does not start. Children started at the same time that fail for the same reason are one failure;
 * then one child at a time tries again, ever later.
 *
 * <p>A signal may come from outside: the kernel, short of memory, or whoever drains the machine. It
 * says less about what is to be started, and takes more to give up.
 */
final class StartFailures {
  private static final int FINAL = 5;
  private static final int FINAL_SIGNALLED = 30; // or not, all in all
  private static final long BACK_OFF_NANOS = 100_000_000;
  private static final long BACK_OFF_NANOS_MAX = 1_000_000_000;
  private static final long FINAL_BACK_OFF_NANOS = 30_000_000_000L;

  private final String pool;
  private int inARow;
  private int ofThemselves; // those of them that no signal ended
  private int round;
  private long retryAtNanos;

  StartFailures(String pool) {
    this.pool = pool;
  }

  /** What a child that is started now belongs to. */
  int round() {
    return round;
  }

  boolean any() {
    return inARow > 0;
  }

  int inARow() {
    return inARow;
  }

  long retryAtNanos() {
    return retryAtNanos;
  }

  /**
   * A child of {@code ofRound} has failed; what to tell the queue, null if it has been told.
   *
   * @param signalled whether a signal ended it that we did not send
   * @param othersWork whether some other child is ready: then nothing is given up
   */
  @Nullable Operation failed(
      int ofRound, Failure failure, boolean signalled, boolean othersWork, long nowNanos) {
    if (ofRound != round) {
      return null;
    }
    round++;
    inARow++;
    ofThemselves += signalled ? 0 : 1;
    boolean often = ofThemselves >= FINAL || inARow >= FINAL_SIGNALLED;
    retryAtNanos = nowNanos + (often ? FINAL_BACK_OFF_NANOS : backOffNanos());
    return operation(often && !othersWork, failure);
  }

  private long backOffNanos() {
    return Math.min(BACK_OFF_NANOS << Math.min(inARow - 1, 10), BACK_OFF_NANOS_MAX);
  }

  /** A child is ready; what to tell the queue, null if it knows of no failure. */
  @Nullable Operation succeeded() {
    if (inARow == 0) {
      return null;
    }
    inARow = 0;
    ofThemselves = 0;
    return operation(false, null);
  }

  private Operation operation(boolean isFinal, @Nullable Failure failure) {
    ReportPoolFailure.Builder report =
        ReportPoolFailure.newBuilder().setPool(pool).setFailures(inARow).setFinal(isFinal);
    if (failure != null) {
      report.setFailure(failure);
    }
    return Operation.newBuilder().setReportPoolFailure(report).build();
  }
}
