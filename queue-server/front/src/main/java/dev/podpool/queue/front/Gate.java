package dev.podpool.queue.front;

import dev.podpool.rpc.QueueRpc;
import io.grpc.ForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One call, from its beginning until it is known who calls and that they may; and from then on for
 * as long as both hold. When their proof expires, or is revoked, the call is ended.
 *
 * <p>Invariant: what the handler is told, it is told by one thread at a time.
 */
final class Gate<Q, A> extends ServerCall.Listener<Q> implements Executor {

  private static final System.Logger LOG = System.getLogger(Gate.class.getName());

  /** How long a call goes on until its caller is looked at again, about. */
  private static final long REVIEW_MILLIS = 300_000;

  // While nobody is known to lead, which an election ends within a second or two: sooner than the
  // caller would come again.
  private static final long LOOK_MILLIS = 100;
  private static final int LOOKS_MAX = 20;

  private static final String BEARER = "Bearer ";

  /** What all calls share. */
  record Guard(
      Authenticator authenticator,
      Access access,
      Leading leading,
      Connections connections,
      ScheduledExecutorService timer) {}

  /** Begins to handle a call that may come in. */
  interface Handler<Q, A> {
    ServerCall.Listener<Q> start(ServerCall<Q, A> call, Admitted admitted);
  }

  /**
   * Who calls.
   *
   * @param by the right that let them in
   * @param turns runs what touches the call, in turn with what comes over it; not once it has ended
   */
  record Admitted(Caller caller, Right by, Executor turns) {}

  /** The outcome of asking; null caller: the call is ended with {@code refusal}. */
  private record Decision(@Nullable Caller caller, @Nullable Right by, Status refusal) {
    static Decision refused(Status status) {
      return new Decision(null, null, status);
    }
  }

  private final Guard guard;
  private final Kind kind;
  private final GuardedCall<Q, A> call;
  private final Handler<Q, A> handler;
  private final SynchronizationContext turns = new SynchronizationContext(this::failed);
  // These are touched in turn only.
  private final ArrayDeque<Runnable> early = new ArrayDeque<>();
  private ServerCall.@Nullable Listener<Q> listener;
  private @Nullable ScheduledFuture<?> review;
  private boolean over;

  /**
   * Which calls these are.
   *
   * @param rights one of which is needed
   * @param isShort whether a call ends at once: then its caller is looked at only once
   */
  record Kind(Access.Entitling rights, boolean isShort) {}

  private Gate(Guard guard, Kind kind, ServerCall<Q, A> call, Handler<Q, A> handler) {
    this.guard = guard;
    this.kind = kind;
    this.call = new GuardedCall<>(call);
    this.handler = handler;
  }

  static <Q, A> ServerCall.Listener<Q> open(
      Guard guard, Kind kind, ServerCall<Q, A> call, Metadata headers, Handler<Q, A> handler) {
    Gate<Q, A> gate = new Gate<>(guard, kind, call, handler);
    String given = headers.get(QueueRpc.AUTHORIZATION);
    String proof =
        given != null && given.startsWith(BEARER) ? given.substring(BEARER.length()) : "";
    var _ =
        guard
            .authenticator()
            .authenticate(proof)
            .thenCompose(gate::ask)
            .exceptionally(failure -> Decision.refused(gate.internal(failure)))
            .thenAccept(decision -> gate.turns.execute(() -> gate.decide(decision, 0)));
    return gate;
  }

  private CompletableFuture<Decision> ask(Authenticator.Answer answer) {
    return switch (answer) {
      case Authenticator.Refused(String why) ->
          CompletableFuture.completedFuture(
              Decision.refused(Status.UNAUTHENTICATED.withDescription(why)));
      case Authenticator.Undecided(String why) ->
          CompletableFuture.completedFuture(
              Decision.refused(Status.UNAVAILABLE.withDescription(why)));
      case Authenticator.Known(Caller caller) ->
          guard
              .access()
              .anyOf(caller, kind.rights())
              .thenApply(
                  entitled ->
                      entitled.verdict().isYes()
                          ? new Decision(caller, entitled.by(), Status.OK)
                          : Decision.refused(Access.status(entitled.verdict())));
    };
  }

  private void decide(Decision decision, int looks) {
    Caller caller = decision.caller();
    Right by = decision.by();
    if (over) {
      return;
    }
    if (caller == null || by == null) {
      over = true;
      call.close(decision.refusal(), new Metadata());
      return;
    }
    Leading leading = guard.leading();
    if (kind.isShort() ? !leading.isHere() : !leading.isHereFor(this)) {
      if (leading.isElsewhere() || looks == LOOKS_MAX) {
        end(leading.status());
      } else {
        var _ = later(() -> execute(() -> decide(decision, looks + 1)), LOOK_MILLIS);
      }
      return;
    }
    guard.connections().known(call.getAttributes());
    listener = handler.start(call, new Admitted(caller, by, this));
    for (Runnable next = early.poll(); next != null; next = early.poll()) {
      next.run();
    }
    if (!kind.isShort() && !caller.isOwner()) {
      reviewLater(caller);
    }
  }

  /** Null where the front closes, and all calls with it. */
  private @Nullable ScheduledFuture<?> later(Runnable what, long millis) {
    try {
      return guard.timer().schedule(what, millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      return null;
    }
  }

  // ---- while it lasts

  private void reviewLater(Caller caller) {
    long millis = ThreadLocalRandom.current().nextLong(REVIEW_MILLIS * 4 / 5, REVIEW_MILLIS);
    Instant expiry = caller.expiry();
    if (expiry != null) {
      millis = Math.clamp(Duration.between(Instant.now(), expiry).toMillis() + 1, 0, millis);
    }
    review = later(() -> review(caller), millis);
  }

  private void review(Caller caller) {
    Instant expiry = caller.expiry();
    if (expiry != null && !Instant.now().isBefore(expiry)) {
      execute(
          () ->
              end(
                  Status.UNAVAILABLE.withDescription(
                      "the token of "
                          + caller.principal()
                          + " has expired: connect again with a fresh one")));
      return;
    }
    var _ =
        caller
            .isKnown()
            .thenCompose(
                known ->
                    known.kind() == Verdict.Kind.NO
                        ? CompletableFuture.completedFuture(
                            Status.UNAUTHENTICATED.withDescription(known.why()))
                        : known.isYes()
                            ? guard
                                .access()
                                .anyOf(caller, kind.rights())
                                .thenApply(entitled -> Access.status(entitled.verdict()))
                            : CompletableFuture.completedFuture(Access.status(known)))
            .exceptionally(this::internal)
            .thenAccept(status -> execute(() -> reviewed(caller, status)));
  }

  private void reviewed(Caller caller, Status status) {
    if (status.isOk()) {
      reviewLater(caller);
    } else {
      end(status);
    }
  }

  /** Another replica leads. Any thread. */
  void redirect() {
    execute(() -> end(guard.leading().status()));
  }

  /** As if the caller had left, who is told why. */
  private void end(Status status) {
    call.close(status, guard.leading().trailers());
    leave(ServerCall.Listener::onCancel);
  }

  private Status internal(Throwable failure) {
    LOG.log(System.Logger.Level.ERROR, "who calls can't be told", failure);
    return Status.INTERNAL.withDescription("who calls can't be told: see the queue's log");
  }

  private void failed(Thread thread, Throwable failure) {
    LOG.log(System.Logger.Level.ERROR, "a call failed", failure);
    call.close(Status.INTERNAL.withDescription("see the queue's log"), new Metadata());
  }

  // ---- in turn

  /** Runs {@code what} in turn, unless the call has ended. */
  @Override
  public void execute(Runnable what) {
    turns.execute(
        () -> {
          if (!over) {
            what.run();
          }
        });
  }

  private interface Event<Q> {
    void tell(ServerCall.Listener<Q> listener);
  }

  private void tell(Event<Q> event) {
    execute(
        () -> {
          ServerCall.Listener<Q> to = listener;
          if (to == null) {
            early.add(() -> tell(event));
          } else {
            event.tell(to);
          }
        });
  }

  private void leave(Event<Q> event) {
    over = true;
    guard.leading().over(this);
    if (review != null) {
      review.cancel(false);
    }
    if (listener != null) {
      event.tell(listener);
    }
  }

  @Override
  public void onMessage(Q message) {
    tell(to -> to.onMessage(message));
  }

  @Override
  public void onHalfClose() {
    tell(ServerCall.Listener::onHalfClose);
  }

  @Override
  public void onReady() {
    tell(ServerCall.Listener::onReady);
  }

  @Override
  public void onCancel() {
    execute(() -> leave(ServerCall.Listener::onCancel));
  }

  @Override
  public void onComplete() {
    execute(() -> leave(ServerCall.Listener::onComplete));
  }

  /** Is closed once, by whoever comes first, and says nothing afterwards. */
  private static final class GuardedCall<Q, A>
      extends ForwardingServerCall.SimpleForwardingServerCall<Q, A> {

    private boolean closed; // guarded by this

    GuardedCall(ServerCall<Q, A> call) {
      super(call);
    }

    @Override
    public synchronized void sendHeaders(Metadata headers) {
      if (!closed) {
        super.sendHeaders(headers);
      }
    }

    @Override
    public synchronized void sendMessage(A message) {
      if (!closed) {
        super.sendMessage(message);
      }
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
      if (!closed) {
        closed = true;
        super.close(status, trailers);
      }
    }
  }
}
