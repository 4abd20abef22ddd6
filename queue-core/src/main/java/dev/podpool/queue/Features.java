package dev.podpool.queue;

import dev.podpool.protocol.Operation;
import java.util.function.ToIntFunction;

/**
 * What a release can apply. Replicas of different releases keep one log, so what is new in a
 * release comes with a level, and into the log only when the queue has that level: when all
 * replicas can apply it. Until then, going back to the release before is safe.
 *
 * @param levelMax the highest level that the release knows
 * @param levels that each kind of operation came with
 */
public record Features(int levelMax, ToIntFunction<Operation.KindCase> levels) {

  /** Of a queue whose level nothing has raised. */
  public static final int FIRST_LEVEL = 1;

  /** Of this release. */
  public static final Features HERE = new Features(FIRST_LEVEL, Features::level);

  /** The level that {@code kind} came with: the queue must have it. */
  public int levelOf(Operation.KindCase kind) {
    return levels.applyAsInt(kind);
  }

  private static int level(Operation.KindCase kind) {
    return switch (kind) {
      case OPEN_SESSION,
          CLOSE_SESSION,
          EXPIRE_SESSION,
          TICK,
          RAISE_LEVEL,
          DEFINE_POOL,
          DELETE_POOL,
          JOIN_POOL,
          REPORT_POOL_FAILURE,
          SIGNAL_PROCESS,
          REPORT_PROCESS,
          SUBMIT_JOB,
          ADD_ITEMS,
          END_ITEMS,
          CANCEL_JOB,
          WATCH_JOB,
          CONFIRM_RESULTS,
          RELEASE_JOB,
          RETRY_DEAD,
          DROP_DEAD,
          GIVE_CREDIT,
          REPORT_ITEMS,
          CORDON_WORKER,
          REPORT_WORKER_END,
          PUT_BLOB,
          REFUSED,
          NAME_QUEUE,
          OPEN_OBJECT,
          DELETE_OBJECT,
          CANCEL_WAIT,
          ACQUIRE_LOCK,
          RELEASE_LOCK,
          ACQUIRE_PERMITS,
          RELEASE_PERMITS,
          SET_EVENT,
          AWAIT_EVENT,
          AWAIT_CONDITION,
          SIGNAL_CONDITION,
          AWAIT_BARRIER,
          BREAK_BARRIER,
          PUT_ITEMS,
          TAKE_ITEM,
          CONFIRM_ITEM,
          TASK_DONE,
          JOIN_QUEUE,
          CLOSE_QUEUE,
          HOLD_END,
          CLOSE_END,
          SEND_MESSAGE,
          RECEIVE_MESSAGE,
          CONFIRM_MESSAGE,
          CHANGE_MAP,
          CHANGE_LIST,
          CHANGE_VALUE,
          KIND_NOT_SET ->
          FIRST_LEVEL;
    };
  }
}
