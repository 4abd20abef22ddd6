package dev.podpool.rpc;

import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Response;
import dev.podpool.session.QueueSession;
import dev.podpool.session.Renewal;
import dev.podpool.session.SessionHandler;
import dev.podpool.session.SessionLogic;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A session over a connection: {@link SessionLogic} with a stream, a clock and a timer. Everything
 * happens under its lock, handler included.
 */
final class RemoteSession implements QueueSession {

  private static final long RETRY_MILLIS_MIN = 20;
  private static final long RETRY_MILLIS_MAX = 2_000;
  // As long as a restart takes, or the election of another leader.
  private static final long SOON_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long RETRY_SOON_MILLIS_MAX = 500;
  // A stream on which so many requests went unanswered is taken for dead.
  private static final int SILENT_REQUESTS_MAX = 3;

  private final QueueConnection connection;
  private final SessionHandler handler;
  private final long patienceNanos;

  // Guarded by this.
  private SessionLogic logic;
  // What comes after the logic, which has ended.
  private @Nullable SessionLogic renewed;
  private @Nullable Stream stream;
  private boolean connecting;
  private @Nullable Future<?> timer;
  private long timerAtMillis;
  // Since the service was heard last, or its owner slept: time in which nobody tried counts not.
  private long failingSinceNanos;
  private int silentRequests;
  private int failures;
  private boolean ended;

  RemoteSession(
      QueueConnection connection, OpenSession open, SessionHandler handler, Duration patience) {
    this.connection = connection;
    this.handler = handler;
    this.logic = new SessionLogic(open, new Owner());
    this.patienceNanos = TimeUnit.NANOSECONDS.convert(patience);
  }

  synchronized void start() {
    connect();
  }

  @Override
  public synchronized void send(Operation operation) {
    if (!ended && !logic.hasEnded()) {
      logic.add(operation);
      poll();
    }
  }

  @Override
  public synchronized void sendLater(Operation operation) {
    if (!ended && !logic.hasEnded()) {
      logic.addLater(operation, nowMillis());
      poll();
    }
  }

  private static long nowMillis() {
    return System.nanoTime() / 1_000_000;
  }

  /** Sends what there is, and sees to it that this is called again in time. */
  private void poll() {
    if (logic.hasEnded()) {
      end();
      return;
    }
    if (stream == null) {
      return; // the next attempt to connect polls
    }
    Request request = logic.poll(nowMillis());
    if (request != null) {
      if (silentRequests++ >= SILENT_REQUESTS_MAX) {
        connection.silent(stream.call);
        stream.cancel("no answer to " + SILENT_REQUESTS_MAX + " requests");
        return;
      }
      stream.send(request);
    }
    schedule(logic.nextPollMillis());
  }

  private void schedule(long atMillis) {
    if (timer != null) {
      if (timerAtMillis <= atMillis) {
        return; // polling early does no harm
      }
      timer.cancel(false);
    }
    timerAtMillis = atMillis;
    timer = later(atMillis - nowMillis(), this::onTimer);
  }

  private @Nullable Future<?> later(long millis, Runnable what) {
    try {
      return connection.timer().schedule(what, Math.max(1, millis), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      giveUp("the connection was closed");
      return null;
    }
  }

  private synchronized void onTimer() {
    timer = null;
    if (!ended) {
      poll();
    }
  }

  // ---- connecting

  private synchronized void connect() {
    if (ended || stream != null || connecting) {
      return;
    }
    connecting = true;
    var unused = connection.find().whenComplete((nothing, failure) -> found(failure));
  }

  private synchronized void found(@Nullable Throwable failure) {
    connecting = false;
    if (ended || stream != null) {
      return;
    }
    if (failure != null) {
      connectLater(QueueConnection.describe(failure));
      return;
    }
    try {
      Stream started = new Stream(connection.call(QueueRpc.CONVERSE, CallOptions.DEFAULT));
      stream = started; // before it begins: it may end within that
      silentRequests = 0;
      started.call.start(started, connection.headers());
      if (stream == started) {
        started.call.request(1);
        poll();
      }
    } catch (IOException e) {
      connectLater(QueueConnection.describe(e));
    }
  }

  /** Soon at first, then more and more patiently, and never all sessions at once. */
  private void connectLater(String reason) {
    long now = System.nanoTime();
    if (failures == 0) {
      failingSinceNanos = now;
    }
    if (now - failingSinceNanos > patienceNanos) {
      giveUp(reason);
      return;
    }
    long limit = now - failingSinceNanos < SOON_NANOS ? RETRY_SOON_MILLIS_MAX : RETRY_MILLIS_MAX;
    long most = Math.min(limit, RETRY_MILLIS_MIN << Math.min(failures++, 10));
    var unused = later(ThreadLocalRandom.current().nextLong(most / 2, most + 1), this::connect);
  }

  private void giveUp(String reason) {
    if (!ended) {
      end();
      handler.onEnd(
          Refusal.newBuilder()
              .setCode(ErrorCode.QUEUE_UNREACHABLE)
              .setMessage(
                  "the queue was not reached for %d s; see that it runs. Last: %s"
                      .formatted(patienceNanos / 1_000_000_000, reason))
              .build());
    }
  }

  /** Frees what it holds. The handler knows already, or is told by the caller. */
  private void end() {
    ended = true;
    if (timer != null) {
      timer.cancel(false);
    }
    if (stream != null) {
      stream.call.halfClose();
      stream = null;
    }
  }

  private void beginAnew(SessionLogic next) {
    logic = next;
    renewed = null;
    if (stream != null) {
      stream.call.halfClose();
      stream = null;
    }
    connect();
  }

  /** The handler, but for the end of a session that another takes the place of. */
  private final class Owner implements SessionHandler {

    @Override
    public void onDelivery(Delivery delivery) {
      handler.onDelivery(delivery);
    }

    @Override
    public void onReply(Operation operation, Reply reply) {
      handler.onReply(operation, reply);
    }

    @Override
    public void onDone(Operation operation) {
      handler.onDone(operation);
    }

    @Override
    public void onResumed() {
      handler.onResumed();
    }

    @Override
    public void onEnd(Refusal reason) {
      Renewal renewal =
          switch (reason.getCode()) {
            case SESSION_EXPIRED, SESSION_UNKNOWN -> handler.onExpired(reason, logic.unanswered());
            default -> null;
          };
      if (renewal == null) {
        handler.onEnd(reason);
      } else {
        SessionLogic next = new SessionLogic(renewal.open(), this);
        renewal.first().forEach(next::add);
        renewed = next;
      }
    }
  }

  // ---- one connection

  private final class Stream extends ClientCall.Listener<Response> {

    final ClientCall<Request, Response> call;

    Stream(ClientCall<Request, Response> call) {
      this.call = call;
    }

    void send(Request request) {
      call.sendMessage(request);
    }

    void cancel(String reason) {
      call.cancel(reason, null);
    }

    @Override
    public void onMessage(Response response) {
      synchronized (RemoteSession.this) {
        if (stream == this) {
          silentRequests = 0;
          failures = 0;
          logic.receive(response);
          if (renewed == null) {
            poll();
          } else {
            beginAnew(renewed);
          }
        }
      }
      call.request(1);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      synchronized (RemoteSession.this) {
        if (stream == this) {
          stream = null;
          logic.reconnect();
          connectLater(QueueConnection.describe(status));
        }
      }
    }
  }
}
