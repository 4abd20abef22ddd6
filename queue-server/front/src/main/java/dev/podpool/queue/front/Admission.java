package dev.podpool.queue.front;

import dev.podpool.protocol.Batch;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Refused;
import dev.podpool.protocol.Request;
import org.jspecify.annotations.Nullable;

/**
 * What may not come into the log: too large, or when there is no room. What was accepted is never
 * dropped for space, so what reports and frees is always let in.
 */
final class Admission {

  /** Largest operation. A client's pieces are smaller. */
  static final int OPERATION_BYTES_MAX = 2 << 20;

  private final Room room;

  Admission(Room room) {
    this.room = room;
  }

  /** {@code request} with a refusal in the place of each operation that may not come in. */
  Request check(Request request) {
    Batch batch = request.getBatch();
    Request.Builder changed = null;
    for (int i = 0; i < batch.getOperationsCount(); i++) {
      Refusal refusal = refusal(batch.getOperations(i));
      if (refusal != null) {
        changed = changed == null ? request.toBuilder() : changed;
        changed
            .getBatchBuilder()
            .setOperations(
                i, Operation.newBuilder().setRefused(Refused.newBuilder().setRefusal(refusal)));
      }
    }
    return changed == null ? request : changed.build();
  }

  private @Nullable Refusal refusal(Operation operation) {
    int bytes = operation.getSerializedSize();
    if (bytes > OPERATION_BYTES_MAX) {
      return refusal(
          ErrorCode.INVALID_ARGUMENT,
          "an operation of %d bytes; at most %d: send large payloads as blobs"
              .formatted(bytes, OPERATION_BYTES_MAX));
    }
    return switch (operation.getKindCase()) {
      case SUBMIT_JOB, ADD_ITEMS, PUT_BLOB -> {
        String lacking = room.lacking();
        yield lacking == null ? null : refusal(ErrorCode.QUEUE_FULL, lacking);
      }
      case REFUSED ->
          refusal(ErrorCode.INVALID_ARGUMENT, "operation REFUSED can't be sent in a session");
      default -> null;
    };
  }

  private static Refusal refusal(ErrorCode code, String message) {
    return Refusal.newBuilder().setCode(code).setMessage(message).build();
  }
}
