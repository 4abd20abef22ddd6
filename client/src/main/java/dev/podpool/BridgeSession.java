package dev.podpool;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.podpool.function.internal.QueueBridge;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.session.QueueSession;
import dev.podpool.session.Renewal;
import dev.podpool.session.SessionHandler;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A session that the supervisor holds. Everything happens under its lock, handler included. */
final class BridgeSession implements QueueSession, QueueBridge.Listener {

  private final QueueBridge bridge;
  private final SessionHandler handler;
  // Guarded by this.
  private final Map<Long, Operation> unanswered = new LinkedHashMap<>();
  private QueueBridge.Session session;
  private long lastCall;
  private boolean dropping; // an ended session's handler says how to go on
  private boolean ended;

  BridgeSession(QueueBridge bridge, SessionHandler handler) {
    this.bridge = bridge;
    this.handler = handler;
    session = bridge.open(this);
  }

  @Override
  public synchronized void send(Operation operation) {
    if (!ended && !dropping) {
      long call = ++lastCall;
      unanswered.put(call, operation);
      session.send(call, operation.toByteArray());
    }
  }

  @Override
  public synchronized void replied(long call, byte[] bytes) {
    Operation operation = unanswered.remove(call);
    if (operation == null) {
      return;
    }
    Reply reply;
    try {
      reply = Reply.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      reply =
          Reply.newBuilder()
              .setRefusal(
                  refusal(
                      ErrorCode.UNKNOWN_OPERATION,
                      "the worker's answer can't be read; run the same release on both sides"))
              .build();
    }
    if (reply.getKindCase() == Reply.KindCase.KIND_NOT_SET) {
      handler.onDone(operation);
    } else {
      handler.onReply(operation, reply);
    }
  }

  @Override
  public synchronized void delivered(byte[] bytes) {
    try {
      handler.onDelivery(Delivery.parseFrom(bytes));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("what the worker delivers can't be read", e);
    }
  }

  @Override
  public synchronized void ended(byte[] bytes) {
    Refusal reason;
    try {
      reason = Refusal.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      reason = refusal(ErrorCode.SESSION_CLOSED, "the worker ended this process's session");
    }
    List<Operation> lost = List.copyOf(unanswered.values());
    unanswered.clear();
    Renewal renewal = null;
    if (reason.getCode() == ErrorCode.SESSION_EXPIRED
        || reason.getCode() == ErrorCode.SESSION_UNKNOWN) {
      dropping = true;
      renewal = handler.onExpired(reason, lost);
      dropping = false;
    }
    if (renewal == null) {
      ended = true;
      handler.onEnd(reason);
    } else {
      session = bridge.open(this);
      renewal.first().forEach(this::send);
    }
  }

  private static Refusal refusal(ErrorCode code, String message) {
    return Refusal.newBuilder().setCode(code).setMessage(message).build();
  }
}
