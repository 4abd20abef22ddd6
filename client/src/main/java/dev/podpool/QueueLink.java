package dev.podpool;

import dev.podpool.protocol.CloseSession;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.rpc.QueueUnreachableException;
import dev.podpool.session.ObjectOperations;
import dev.podpool.session.QueueAccess;
import dev.podpool.session.QueueSession;
import dev.podpool.session.RandomId;
import dev.podpool.session.Renewal;
import dev.podpool.session.SessionHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A client's way to a queue in another process: one session for all of its pools, which is renewed
 * when it has expired, and questions beside it.
 */
final class QueueLink implements QueueSession, SessionHandler {

  private static final long GOODBYE_MILLIS_MAX = 2_000;
  private static final long RETRY_MILLIS = 100;
  private static final Duration ANSWER_TIME_MAX = Duration.ofSeconds(10);

  private final QueueAccess connection;
  private final Duration patience;
  private final Set<PoolClient> clients = ConcurrentHashMap.newKeySet();
  // Operations that somebody waits for, each by itself.
  private final Map<Operation, CompletableFuture<Reply>> calls =
      Collections.synchronizedMap(new IdentityHashMap<>());
  // AddItems of a session that has expired, sent again.
  private final Set<Operation> inDoubt =
      Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));
  private final Farewells farewells = new Farewells();
  private final Unconfirmed unconfirmed = new Unconfirmed();
  private final ObjectLink objects = new ObjectLink(this);
  private final Thread goodbye = new Thread(this::awaitFarewells, "podpool-goodbye");
  private final CountDownLatch ended = new CountDownLatch(1);
  private @Nullable QueueSession session; // guarded by this; not before there is a use for it
  private volatile boolean closing;
  private volatile @Nullable Refusal end;

  /**
   * @param patience how long the queue may be silent, until all that wait are told
   */
  QueueLink(QueueAccess connection, Duration patience) {
    this.connection = connection;
    this.patience = patience;
  }

  /** Opened when it is first needed: questions need none. */
  private synchronized QueueSession session() {
    if (session == null) {
      if (closing) {
        return operation -> {};
      }
      session = connection.open(newSession(), this, patience);
      sayGoodbyeAtExit(true);
    }
    return session;
  }

  /**
   * A program that ends without closing this leaves no job behind that it has the results of, and
   * no item for others that it has got.
   */
  private void sayGoodbyeAtExit(boolean isWanted) {
    try {
      if (isWanted) {
        Runtime.getRuntime().addShutdownHook(goodbye);
      } else {
        Runtime.getRuntime().removeShutdownHook(goodbye);
      }
    } catch (IllegalStateException e) {
      // It is ending now.
    }
  }

  private void awaitFarewells() {
    try {
      farewells.await(GOODBYE_MILLIS_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static OpenSession newSession() {
    return OpenSession.newBuilder().setNonce(RandomId.next()).build();
  }

  Duration patience() {
    return patience;
  }

  QueueAccess connection() {
    return connection;
  }

  /** Whether nothing can be asked any more. */
  boolean hasEnded() {
    return end != null || closing;
  }

  /** The way to what sessions share. */
  ObjectLink objects() {
    return objects;
  }

  Unconfirmed unconfirmed() {
    return unconfirmed;
  }

  /** {@code client} hears of its jobs from now on. */
  void add(PoolClient client) {
    clients.add(client);
    Refusal over = end;
    if (over != null) {
      client.onEnd(over);
    }
  }

  void remove(PoolClient client) {
    clients.remove(client);
  }

  // ---- what changes the queue

  @Override
  public void send(Operation operation) {
    count(operation);
    session().send(operation);
  }

  @Override
  public void sendLater(Operation operation) {
    count(operation);
    session().sendLater(operation);
  }

  private void count(Operation operation) {
    if (isFarewell(operation)) {
      farewells.sent();
    }
  }

  private static boolean isFarewell(Operation operation) {
    return operation.hasReleaseJob() || ObjectOperations.isReceipt(operation);
  }

  /**
   * Sends {@code operation}, and completes with the answer, which may be a refusal, or an empty one
   * where it was simply done; or with what kept the queue from answering.
   */
  CompletableFuture<Reply> ask(Operation operation) {
    return ask(operation, reply -> {});
  }

  /**
   * As {@link #ask(Operation)}.
   *
   * @param noted given the answer before anything that the connection hears later, such as that the
   *     session has ended; must not block
   */
  CompletableFuture<Reply> ask(Operation operation, Consumer<Reply> noted) {
    CompletableFuture<Reply> answer = new CompletableFuture<>();
    CompletableFuture<Reply> told =
        answer.thenApply(
            reply -> {
              noted.accept(reply);
              return reply;
            });
    calls.put(operation, answer);
    Refusal over = end;
    if (over != null) {
      calls.remove(operation);
      answer.completeExceptionally(exception(over));
    } else {
      session().send(operation);
    }
    return told;
  }

  /** Sends {@code operation}, and completes when it was applied, or with what kept it from that. */
  CompletableFuture<Void> call(Operation operation) {
    return ask(operation)
        .thenAccept(
            reply -> {
              if (reply.hasRefusal()) {
                throw exception(reply.getRefusal());
              }
            });
  }

  /** Waits for a {@link #call}: until it was applied, or the queue is given up. */
  static void await(CompletableFuture<Void> call) {
    try {
      call.get();
    } catch (InterruptedException e) {
      throw interrupted(e);
    } catch (ExecutionException e) {
      throw again(e);
    }
  }

  static PodpoolException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new PodpoolException("interrupted while waiting for the queue", e);
  }

  /** A new one, for the stack of who waits. */
  static PodpoolException again(ExecutionException failure) {
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    String message = String.valueOf(cause.getMessage());
    if (cause instanceof OutcomeUnknownException) {
      return new OutcomeUnknownException(message, cause);
    }
    if (cause instanceof NotFoundException known) {
      return new NotFoundException(message, cause, known.isPool());
    }
    return cause instanceof UnreachableException
        ? new UnreachableException(message, cause)
        : new PodpoolException(message, cause);
  }

  /** What {@code refusal} is to a caller. */
  static PodpoolException exception(Refusal refusal) {
    return switch (refusal.getCode()) {
      case POOL_UNKNOWN -> new NotFoundException(text(refusal), null, true);
      case JOB_UNKNOWN, WORKER_UNKNOWN, OBJECT_UNKNOWN, OBJECT_DELETED ->
          new NotFoundException(text(refusal), null);
      case QUEUE_UNREACHABLE -> new UnreachableException(text(refusal), null);
      default -> new PodpoolException(text(refusal));
    };
  }

  // ---- questions

  /**
   * As {@link #read}, of a queue that has applied the farewells before, so that who has a result
   * does not find its job once more. One that is away is asked all the same, to say so.
   */
  ReadResponse readAfterFarewells(ReadRequest question) {
    try {
      farewells.await(ANSWER_TIME_MAX.toMillis());
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    return read(question);
  }

  /**
   * Asks one question, again while the queue is away for a moment.
   *
   * @throws PodpoolException if it is refused, or not answered within 10 s
   */
  ReadResponse read(ReadRequest question) {
    return readWithin(question, ANSWER_TIME_MAX);
  }

  /**
   * As {@link #read}, for as long as an operation would wait for the queue to come back: {@link
   * ConnectOptions#withPatience}.
   */
  ReadResponse readPatiently(ReadRequest question) {
    return readWithin(question, patience);
  }

  private ReadResponse readWithin(ReadRequest question, Duration atMost) {
    ReadResponse answer;
    try {
      answer = read(question, atMost);
    } catch (IOException e) {
      throw new UnreachableException(String.valueOf(e.getMessage()), e);
    }
    if (answer.hasRefusal()) {
      throw exception(answer.getRefusal());
    }
    return answer;
  }

  /** As {@link #read}; throws what kept the last try from an answer. */
  ReadResponse read(ReadRequest question, Duration atMost) throws IOException {
    return read(connection, question, atMost, true);
  }

  /**
   * @param hasAnswered whether somebody serves there, if not at this moment
   */
  static ReadResponse read(
      QueueAccess connection, ReadRequest question, Duration atMost, boolean hasAnswered)
      throws IOException {
    long deadline = System.nanoTime() + atMost.toNanos();
    try {
      while (true) {
        long left = Math.max(1_000_000, deadline - System.nanoTime());
        try {
          return connection.read(
              question, Duration.ofNanos(Math.min(left, ANSWER_TIME_MAX.toNanos())));
        } catch (IOException e) {
          // A key that is wrong is no different in a moment. Nor is a place where nobody serves;
          // but who has been there is restarted.
          boolean mayPass = e instanceof QueueUnreachableException q ? !q.isForGood() : hasAnswered;
          if (!mayPass || deadline - System.nanoTime() < RETRY_MILLIS * 1_000_000) {
            throw e;
          }
        }
        Thread.sleep(RETRY_MILLIS);
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  // ---- from the queue

  @Override
  public void onDelivery(Delivery delivery) {
    clients.forEach(client -> client.onDelivery(delivery));
  }

  @Override
  public void onDone(Operation operation) {
    CompletableFuture<Reply> call = calls.remove(operation);
    if (call != null) {
      call.complete(Reply.getDefaultInstance());
      return;
    }
    if (isFarewell(operation)) {
      farewells.applied();
      return;
    }
    if (operation.hasAddItems()) {
      inDoubt.remove(operation);
    }
    clients.forEach(client -> client.onDone(operation));
  }

  @Override
  public void onReply(Operation operation, Reply reply) {
    CompletableFuture<Reply> call = calls.remove(operation);
    if (call != null) {
      call.complete(reply);
      return;
    }
    if (isFarewell(operation)) {
      farewells.applied();
      return;
    }
    if (operation.hasAddItems() && inDoubt.remove(operation) && wasAddedBefore(reply)) {
      return;
    }
    clients.forEach(client -> client.onReply(operation, reply));
  }

  /** The session expired before the answer came, and these items were added then. */
  private static boolean wasAddedBefore(Reply reply) {
    ErrorCode code = reply.getRefusal().getCode();
    return code == ErrorCode.INVALID_ARGUMENT || code == ErrorCode.JOB_COMPLETE;
  }

  @Override
  public void onResumed() {
    clients.forEach(PoolClient::watchAgain);
  }

  /**
   * Whatever went on before goes on: jobs that the queue has are watched from where they were; what
   * it may not have got is sent again, and means the same the second time.
   */
  @Override
  public @Nullable Renewal onExpired(Refusal reason, List<Operation> unanswered) {
    if (closing) {
      return null;
    }
    List<Operation> first = new ArrayList<>(objects.resume());
    clients.forEach(client -> first.addAll(client.resume(text(reason))));
    for (Operation operation : unanswered) {
      switch (operation.getKindCase()) {
        case SUBMIT_JOB -> {
          if (!operation.getSubmitJob().getWithSession()) {
            first.add(operation);
          }
        }
        case WATCH_JOB, CONFIRM_RESULTS -> {} // by resume, with where it stands now
        case RETRY_DEAD -> {
          fail(
              operation,
              new PodpoolException(
                  "the session expired before the queue answered, so the items may run again or"
                      + " not; look at the dead list, and retry what is there"));
        }
        case ADD_ITEMS -> {
          inDoubt.add(operation);
          first.add(operation);
        }
        default -> {
          if (ObjectLink.isInDoubt(operation)) {
            fail(operation, new OutcomeUnknownException(text(reason)));
          } else {
            first.add(operation);
          }
        }
      }
    }
    return new Renewal(newSession(), first);
  }

  private void fail(Operation operation, PodpoolException failure) {
    if (isFarewell(operation)) {
      farewells.applied(); // or not: what was taken is free again with its session
    }
    CompletableFuture<Reply> call = calls.remove(operation);
    if (call != null) {
      call.completeExceptionally(failure);
    }
  }

  @Override
  public void onEnd(Refusal reason) {
    end = reason;
    ended.countDown();
    farewells.end();
    PodpoolException failure = exception(reason);
    List<CompletableFuture<Reply>> waiting;
    synchronized (calls) {
      waiting = List.copyOf(calls.values());
      calls.clear();
    }
    objects.end();
    waiting.forEach(call -> call.completeExceptionally(failure));
    clients.forEach(client -> client.onEnd(reason));
  }

  static String text(Refusal refusal) {
    return refusal.getCode() + ": " + refusal.getMessage();
  }

  // ---- ending

  /** Ends the session, after all that was sent before; jobs go on. Again: does nothing. */
  void close() {
    if (!closing) {
      closing = true;
      sayGoodbyeAtExit(false);
      clients.forEach(client -> client.detach("the connection to the queue was closed"));
      QueueSession open;
      synchronized (this) {
        open = session;
      }
      if (open != null && end == null) {
        open.send(
            Operation.newBuilder().setCloseSession(CloseSession.getDefaultInstance()).build());
        awaitEnd();
      }
      connection.close();
      if (end == null) {
        // Nobody answered, or there was no session: nobody else tells who still waits.
        onEnd(
            Refusal.newBuilder()
                .setCode(ErrorCode.SESSION_CLOSED)
                .setMessage("the connection to the queue was closed")
                .build());
      }
    }
  }

  private void awaitEnd() {
    try {
      // If nobody answers now, the session expires by itself.
      var unused = ended.await(GOODBYE_MILLIS_MAX, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
