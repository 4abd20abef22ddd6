package dev.podpool.queue.front;

import dev.podpool.protocol.Request;
import dev.podpool.protocol.Response;
import dev.podpool.queue.loop.Link;
import dev.podpool.queue.loop.QueueLoop;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;

/**
 * One session's connection. Whoever reads too slowly is cut off before what waits for it grows
 * large: all of it is in the queue's state, and comes again when the session returns.
 */
final class SessionCall extends ServerCall.Listener<Request> implements Link {

  private static final long UNREAD_BYTES_MAX = 32L << 20;

  private final ServerCall<Request, Response> call;
  private final QueueLoop queue;
  private final Admission admission;
  private final String principal;
  // Owned by who is inside the loop: sent since the connection last had room.
  private long unreadBytes;
  private boolean closed;

  SessionCall(
      ServerCall<Request, Response> call, QueueLoop queue, Admission admission, String principal) {
    this.call = call;
    this.queue = queue;
    this.admission = admission;
    this.principal = principal;
    call.sendHeaders(new Metadata());
    call.request(1);
  }

  // ---- from the session

  @Override
  public void onMessage(Request request) {
    queue.receive(admission.check(request), this);
    call.request(1);
  }

  @Override
  public void onHalfClose() {
    queue.hangUp(this, () -> close(Status.OK));
  }

  @Override
  public void onCancel() {
    queue.hangUp(this, () -> closed = true);
  }

  // ---- to the session

  @Override
  public String principal() {
    return principal;
  }

  @Override
  public void answer(Response response) {
    if (closed) {
      return;
    }
    unreadBytes = call.isReady() ? 0 : unreadBytes + response.getSerializedSize();
    if (unreadBytes > UNREAD_BYTES_MAX) {
      close(
          Status.RESOURCE_EXHAUSTED.withDescription(
              "answers are read too slowly: " + unreadBytes + " bytes wait; connect again"));
      return;
    }
    call.sendMessage(response);
  }

  @Override
  public void close(String reason) {
    close(Status.UNAVAILABLE.withDescription(reason));
  }

  private void close(Status status) {
    if (!closed) {
      closed = true;
      call.close(status, new Metadata());
    }
  }
}
