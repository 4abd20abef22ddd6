package dev.podpool.queue.front;

import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Response;
import dev.podpool.queue.loop.Link;
import dev.podpool.queue.loop.QueueLoop;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;

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
  private final Access access;
  private final Gate.Admitted by;
  private final Runnable disconnect;
  // Touched in turn with what comes over the call, as is all that comes from the session.
  private boolean checking;
  private boolean halfClosed;
  // Owned by who is inside the loop: sent since the connection last had room.
  private long unreadBytes;
  private boolean closed;

  SessionCall(ServerCall<Request, Response> call, Queue at, Gate.Admitted by, Runnable disconnect) {
    this.call = call;
    this.queue = at.loop();
    this.admission = at.admission();
    this.access = at.access();
    this.by = by;
    this.disconnect = disconnect;
    call.sendHeaders(new Metadata());
    call.request(1);
  }

  /** What each request goes through. */
  record Queue(QueueLoop loop, Admission admission, Access access) {}

  // ---- from the session

  @Override
  public void onMessage(Request request) {
    Status offence = Admission.offence(request);
    if (offence != null) {
      end(offence);
      return;
    }
    CompletableFuture<Access.Checked> checked = access.check(admission.check(request), by);
    Access.Checked known = checked.getNow(null);
    if (known != null) {
      receive(known);
      return;
    }
    checking = true; // and nothing else is asked for until then, so that all stays in order
    var _ =
        checked
            .exceptionally(failure -> unchecked(request, failure))
            .thenAccept(
                later ->
                    by.turns()
                        .execute(
                            () -> {
                              checking = false;
                              receive(later);
                              if (halfClosed) {
                                end(Status.OK);
                              }
                            }));
  }

  private static Access.Checked unchecked(Request request, Throwable failure) {
    LOG.log(System.Logger.Level.ERROR, "what a session may do can''t be told", failure);
    return new Access.Checked(
        request, Status.INTERNAL.withDescription("see the queue's log: " + failure));
  }

  private void receive(Access.Checked checked) {
    if (!checked.end().isOk()) {
      end(checked.end());
      return;
    }
    queue.receive(checked.request(), this);
    call.request(1);
  }

  private void end(Status status) {
    queue.hangUp(this, () -> close(status));
  }

  @Override
  public void onHalfClose() {
    halfClosed = true;
    if (!checking) {
      end(Status.OK);
    }
  }

  @Override
  public void onCancel() {
    queue.hangUp(this, () -> closed = true);
  }

  // ---- to the session

  @Override
  public String principal() {
    return by.caller().principal();
  }

  @Override
  public boolean mayResume(OpenSession opened) {
    return Access.mayResume(by.caller(), opened);
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
        by.caller().principal(),
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
