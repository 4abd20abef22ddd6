package dev.podpool.queue;

import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.Refusal;

/** The refusals that more than one room gives. Numbers and remedies: docs/errors.md. */
final class Refusals {

  private Refusals() {}

  // Messages quote what was sent, and are kept until they are confirmed.
  private static final int MESSAGE_CHARS_MAX = 1_000;

  static Refusal of(ErrorCode code, String message) {
    String kept =
        message.length() <= MESSAGE_CHARS_MAX
            ? message
            : message.substring(0, MESSAGE_CHARS_MAX) + "…";
    return Refusal.newBuilder().setCode(code).setMessage(kept).build();
  }

  static Refusal invalid(String message) {
    return of(ErrorCode.INVALID_ARGUMENT, message);
  }

  /** To who takes up a session again: it has been away for too long, mostly. */
  static Refusal noSession(long session) {
    return of(
        ErrorCode.SESSION_UNKNOWN,
        "session "
            + session
            + " is not there any more: it was closed, or expired as its owner was not heard; what was"
            + " unconfirmed may have happened");
  }

  /** To a session that waits for as much as it may. */
  static Refusal tooManyWaits(String where) {
    return of(
        ErrorCode.QUEUE_FULL,
        "this session has "
            + SessionState.WAITS_MAX
            + " waits under way "
            + where
            + ", its limit; let some end first, or wait in another session");
  }

  static Refusal unknownPool(String pool) {
    return of(
        ErrorCode.POOL_UNKNOWN, "pool '" + pool + "' does not exist; create it, or check its name");
  }

  static Refusal unknownJob() {
    return of(
        ErrorCode.JOB_UNKNOWN,
        "there is no job with that id; it was released, or its retention has passed");
  }
}
