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

  private static final System.Logger LOG = System.getLogger(SessionCall.class.getName());

  private final ServerCall<Request, Response> call;
  private final QueueLoop queue;
  private final Admission admission;
  private final String principal;
  private final Runnable disconnect;
  // Owned by who is inside the loop: sent since the connection last had room.
  private long unreadBytes;
  private boolean closed;

  SessionCall(
      ServerCall<Request, Response> call,
      QueueLoop queue,
      Admission admission,
      String principal,
      Runnable disconnect) {
    this.call = call;
    this.queue = queue;
    this.admission = admission;
    this.principal = principal;
    this.disconnect = disconnect;
    call.sendHeaders(new Metadata());
    call.request(1);
  }

  // ---- from the session

  @Override
  public void onMessage(Request request) {
    Status offence = Admission.offence(request);
    if (offence != null) {
      queue.hangUp(this, () -> close(offence));
      return;
    }
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
      cutOff();
      return;
    }
    call.sendMessage(response);
  }

  /**
   * With the whole connection: an orderly end would come behind all that waits to be read, and keep
   * it in memory until then.
   */
  private void cutOff() {
    closed = true;
    LOG.log(
        System.Logger.Level.WARNING,
        "a session of {0} is cut off: {1} bytes wait for it to read them, at most {2}; it may"
            + " connect again",
        principal,
        unreadBytes,
        UNREAD_BYTES_MAX);
    disconnect.run();
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
