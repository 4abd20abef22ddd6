package dev.podpool.queue.front;

import dev.podpool.protocol.Batch;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Refused;
import dev.podpool.protocol.Request;
import dev.podpool.queue.Features;
import dev.podpool.queue.loop.KnownFields;
import dev.podpool.session.SessionLogic;
import io.grpc.Status;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What may not come into the log: too large, or when there is no room. What was accepted is never
 * dropped for space, so what reports and frees is always let in.
 */
final class Admission {

  /** Largest operation. A client's pieces are smaller. */
  static final int OPERATION_BYTES_MAX = 2 << 20;

  /** Largest request: what gathers in a session's, and one operation more. */
  static final int REQUEST_BYTES_MAX =
      SessionLogic.REQUEST_BYTES_TARGET + OPERATION_BYTES_MAX + (256 << 10);

  private static final int OPEN_BYTES_MAX = 1 << 10;

  private static final String NOT_KNOWN =
      " is not known to this queue: update it before its clients and workers";

  private final Room room;
  private final Features features;
  private final IntSupplier level;

  /**
   * By what {@code room} there is.
   *
   * @param features which operations came with which level
   * @param level of the queue
   */
  Admission(Room room, Features features, IntSupplier level) {
    this.room = room;
    this.features = features;
    this.level = level;
  }

  /**
   * Why {@code request} as a whole is no request, and its connection is ended; null where it is
   * one.
   */
  static @Nullable Status offence(Request request) {
    int bytes = request.getSerializedSize();
    if (bytes > REQUEST_BYTES_MAX) {
      return Status.INVALID_ARGUMENT.withDescription(
          "a request of %d bytes; at most %d: send less at once, and large payloads as blobs"
              .formatted(bytes, REQUEST_BYTES_MAX));
    }
    int operations = request.getBatch().getOperationsCount();
    if (operations > SessionLogic.UNCONFIRMED_OPERATIONS_MAX) {
      return Status.INVALID_ARGUMENT.withDescription(
          "a request of %d operations; at most %d: send the rest when these are answered"
              .formatted(operations, SessionLogic.UNCONFIRMED_OPERATIONS_MAX));
    }
    int openBytes = request.getOpen().getSerializedSize();
    if (openBytes > OPEN_BYTES_MAX) {
      return Status.INVALID_ARGUMENT.withDescription(
          "a session is opened with %d bytes; at most %d: take a shorter name"
              .formatted(openBytes, OPEN_BYTES_MAX));
    }
    // Its operations are looked at one by one, and refused one by one.
    String unknown = unknownAround(request);
    return unknown == null ? null : Status.UNIMPLEMENTED.withDescription(unknown + NOT_KNOWN);
  }

  private static @Nullable String unknownAround(Request request) {
    boolean isKnown =
        request.getUnknownFields().isEmpty()
            && request.getBatch().getUnknownFields().isEmpty()
            && !request.hasOpen();
    return isKnown
        ? null
        : KnownFields.firstUnknown(
            request.toBuilder().setBatch(request.getBatch().toBuilder().clearOperations()).build());
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
    String unknown = KnownFields.firstUnknown(operation);
    if (unknown != null) {
      return refusal(ErrorCode.UNKNOWN_OPERATION, unknown + NOT_KNOWN);
    }
    int needed = features.levelOf(operation.getKindCase());
    if (needed > level.getAsInt()) {
      return refusal(
          ErrorCode.UNKNOWN_OPERATION,
          "operation %s came with level %d, and this queue has level %d: all its replicas must be updated first"
              .formatted(operation.getKindCase(), needed, level.getAsInt()));
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
