package dev.podpool.queue;

import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.Refusal;

/** The refusals that more than one room gives. Numbers and remedies: docs/errors.md. */
final class Refusals {

  private Refusals() {}

  static Refusal of(ErrorCode code, String message) {
    return Refusal.newBuilder().setCode(code).setMessage(message).build();
  }

  static Refusal invalid(String message) {
    return of(ErrorCode.INVALID_ARGUMENT, message);
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
