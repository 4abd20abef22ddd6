package dev.podpool.rpc;

import dev.podpool.protocol.Blob;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.OutputQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.TaskOutput;
import dev.podpool.session.BlobSource;
import dev.podpool.session.QueueAccess;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A process's way to one queue service: sessions that outlive connections, and calls that don't.
 * Thread-safe. Connects when it is first needed, and again whenever the service has moved.
 */
public final class QueueConnection implements QueueAccess {

  private static final int PIECES_AHEAD = 4;
  private static final Duration FINDING_TIME_MAX = Duration.ofSeconds(30);
  // For how long questions go where the last one went, over a connection that holds: to look takes
  // two turns of threads and a file or more, and a question itself no more than that.
  private static final long FOUND_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);

  private final Endpoint.Source source;
  private final ScheduledThreadPoolExecutor timer;
  // Asks the source, which may take calls over a network: nobody who holds a lock waits for it.
  private final ThreadPoolExecutor finder;
  private @Nullable ManagedChannel channel; // guarded by this
  // Those before it that still have calls under way; guarded by this.
  private final List<ManagedChannel> ending = new ArrayList<>();
  private @Nullable Endpoint endpoint; // of the channel, and the newest key; guarded by this
  private long foundNanos; // when the endpoint was found; guarded by this
  // Of several replicas the one that leads, as another of them has said; guarded by this.
  private @Nullable HostPort leader;
  // Whether the channel has led to a replica that can't say who leads; guarded by this.
  private boolean astray;
  // Whether nobody has answered where the source said, nor said who does; guarded by this.
  private boolean unanswered;
  private boolean closed; // guarded by this

  public QueueConnection(Endpoint.Source source) {
    this.source = source;
    timer = new ScheduledThreadPoolExecutor(1, task -> daemon(task, "podpool-connection"));
    timer.setRemoveOnCancelPolicy(true);
    finder =
        new ThreadPoolExecutor(
            1,
            1,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> daemon(task, "podpool-finder"));
    finder.allowCoreThreadTimeOut(true);
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Opens a session, which connects as often as it must.
   *
   * @param patience how long to try while the service does not answer, until the session ends with
   *     QUEUE_UNREACHABLE
   */
  @Override
  public QueueSession open(OpenSession open, SessionHandler handler, Duration patience) {
    RemoteSession session = new RemoteSession(this, open, handler, patience);
    session.start();
    return session;
  }

  ScheduledExecutorService timer() {
    return timer;
  }

  /**
   * Finds where the service is now, with the newest key, for a {@link #call} that follows. Does not
   * wait.
   *
   * @return completes on a thread of this connection, or at once; with an IOException where it
   *     can't be found, or the connection was closed
   */
  CompletableFuture<@Nullable Void> find() {
    CompletableFuture<@Nullable Void> found = new CompletableFuture<>();
    Runnable finding =
        () -> {
          try {
            findNow();
            found.complete(null);
          } catch (Throwable e) { // whoever waits is told
            found.completeExceptionally(e);
          }
        };
    try {
      finder.execute(finding);
    } catch (RejectedExecutionException e) {
      found.completeExceptionally(closed());
    }
    return found;
  }

  private void findNow() throws IOException {
    HostPort leading;
    boolean elsewhere;
    synchronized (this) {
      if (closed) {
        throw closed();
      }
      leading = leader;
      elsewhere = unanswered;
    }
    Endpoint now =
        leading != null
            ? source.locate(leading)
            : elsewhere ? source.locateOther() : source.locate();
    synchronized (this) {
      if (closed) {
        throw closed();
      }
      if (channel == null || astray || !now.isSameService(endpoint)) {
        ManagedChannel next = Channels.to(now);
        if (channel != null) {
          channel.shutdown(); // calls under way may end
          ending.removeIf(ManagedChannel::isTerminated);
          ending.add(channel);
        }
        channel = next;
        astray = false;
      }
      unanswered = false;
      endpoint = now; // with the newest key, which the headers of calls are made with
      foundNanos = System.nanoTime();
      if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
        channel.resetConnectBackoff(); // who calls has waited already
      }
    }
  }

  private static IOException closed() {
    return new IOException("the connection was closed");
  }

  /** A call to where the service was found last. Does not wait. */
  synchronized <Q, A> ClientCall<Q, A> call(MethodDescriptor<Q, A> method, CallOptions options)
      throws IOException {
    if (closed || channel == null) {
      throw closed();
    }
    return new Routed<>(channel, channel.newCall(method, options));
  }

  /** A call that says where the next goes, when it has ended. */
  private final class Routed<Q, A> extends SimpleForwardingClientCall<Q, A> {

    private final ManagedChannel over;

    Routed(ManagedChannel over, ClientCall<Q, A> call) {
      super(call);
      this.over = over;
    }

    @Override
    public void start(Listener<A> listener, Metadata headers) {
      super.start(
          new SimpleForwardingClientCallListener<>(listener) {
            @Override
            public void onClose(Status status, Metadata trailers) {
              if (status.getCode() == Status.Code.UNAVAILABLE) {
                unavailable(over, trailers.get(QueueRpc.LEADER));
              }
              super.onClose(status, trailers);
            }
          },
          headers);
    }
  }

  /**
   * Nothing comes over {@code call}, one of this connection's. The next goes over a new connection,
   * and to whichever replica the source says: that of a machine that is gone looks well for long.
   */
  void silent(ClientCall<?, ?> call) {
    if (call instanceof Routed<?, ?> routed) {
      unavailable(routed.over, "");
    }
  }

  /**
   * A call over {@code by} has found no service there. The next goes to {@code elsewhere}; empty or
   * null: to where the source says, though another replica has said that the leader is here. Where
   * a replica has said that it does not know, that is by a new connection: a name may have the
   * addresses of all of them.
   */
  private synchronized void unavailable(ManagedChannel by, @Nullable String elsewhere) {
    if (by.equals(channel)) {
      leader = elsewhere == null ? null : HostPort.parse(elsewhere);
      astray |= elsewhere != null && leader == null;
      unanswered = leader == null;
      foundNanos = System.nanoTime() - FOUND_NANOS_MAX;
    }
  }

  /** What a {@link #call} is started with. */
  synchronized Metadata headers() {
    Metadata headers = new Metadata();
    if (endpoint != null) {
      headers.put(QueueRpc.AUTHORIZATION, "Bearer " + endpoint.key());
    }
    return headers;
  }

  // ---- calls that end

  /**
   * Asks one question, and waits for the answer. Of many, only some look where the service is now,
   * and those that find it gone, or their key refused.
   *
   * @throws QueueUnreachableException if there is none in time
   */
  @Override
  public ReadResponse read(ReadRequest question, Duration atMost)
      throws IOException, InterruptedException {
    long begin = System.nanoTime();
    if (isFound()) {
      Object answer = ask(QueueRpc.READ, question, begin, atMost).next();
      if (answer instanceof ReadResponse response) {
        return response;
      }
      Status status = (Status) answer;
      switch (status.getCode()) {
        case UNAVAILABLE, UNAUTHENTICATED -> {}
        default -> throw unreachable(status);
      }
    }
    awaitFound(atMost);
    Object answer = ask(QueueRpc.READ, question, begin, atMost).next();
    if (answer instanceof ReadResponse response) {
      return response;
    }
    throw unreachable((Status) answer);
  }

  /**
   * Writes the bytes of {@code blob} into {@code into}, without comparing them with its digest.
   *
   * @throws FileNotFoundException if it is not there, or not whole: asking again is of no use
   * @throws IOException if the connection breaks on the way, or {@code into} can't be written
   */
  @Override
  public void fetch(Blob blob, OutputStream into, Duration atMost)
      throws IOException, InterruptedException {
    stream(QueueRpc.FETCH_BLOB, blob, atMost, piece -> piece.getData().writeTo(into));
  }

  /**
   * The blobs of the queue. A fetch by a thread that is interrupted ends with an {@link
   * InterruptedIOException}, and leaves it interrupted.
   *
   * @param atMost for one blob
   */
  public BlobSource blobs(Duration atMost) {
    return (blob, into) -> {
      try {
        fetch(blob, into, atMost);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("called off");
      }
    };
  }

  /**
   * Gives {@code each} what items print, until the service has no more of it.
   *
   * @throws InterruptedException how a caller leaves
   */
  @Override
  public void follow(OutputQuery query, Consumer<TaskOutput> each)
      throws IOException, InterruptedException {
    stream(QueueRpc.FOLLOW_OUTPUT, query, null, each::accept);
  }

  /** Takes one message of a stream. */
  private interface Taker<A> {
    void take(A message) throws IOException;
  }

  /** Asks one question, and gives {@code each} all that comes, as fast as it takes it. */
  @SuppressWarnings("unchecked")
  private <Q, A> void stream(
      MethodDescriptor<Q, A> method, Q question, @Nullable Duration atMost, Taker<A> each)
      throws IOException, InterruptedException {
    long begin = System.nanoTime();
    awaitFound(atMost == null ? FINDING_TIME_MAX : atMost);
    Asked<A> asked = ask(method, question, begin, atMost);
    for (Object next = asked.next(); ; next = asked.next()) {
      if (next instanceof Status end) {
        if (!end.isOk()) {
          throw unreachable(end);
        }
        return;
      }
      try {
        each.take((A) next); // what is no status is a message
      } catch (IOException | RuntimeException e) {
        asked.call.cancel("the caller takes no more", e);
        throw e;
      }
      asked.call.request(1);
    }
  }

  /** A question that is being answered. Owned by who asked. */
  private static final class Asked<A> extends ClientCall.Listener<A> {

    final ClientCall<?, A> call;
    private final long beginNanos;
    private final @Nullable Duration atMost;
    private final BlockingQueue<Object> told = new ArrayBlockingQueue<>(PIECES_AHEAD + 1);

    Asked(ClientCall<?, A> call, long beginNanos, @Nullable Duration atMost) {
      this.call = call;
      this.beginNanos = beginNanos;
      this.atMost = atMost;
    }

    @Override
    public void onMessage(A message) {
      told.add(message); // no more were asked for than have room
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      told.add(status);
    }

    /**
     * A message, or the Status that is the end. gRPC's own deadline would wake another thread with
     * each question.
     */
    Object next() throws InterruptedException {
      try {
        if (atMost == null) {
          return told.take();
        }
        long left = atMost.toNanos() - (System.nanoTime() - beginNanos);
        Object next = told.poll(left, TimeUnit.NANOSECONDS);
        if (next != null) {
          return next;
        }
      } catch (InterruptedException e) {
        call.cancel("the caller was interrupted", e);
        throw e;
      }
      call.cancel("the caller waits no longer", null);
      return Status.DEADLINE_EXCEEDED.withDescription(
          "no answer within %d ms".formatted(atMost.toMillis()));
    }
  }

  private <Q, A> Asked<A> ask(
      MethodDescriptor<Q, A> method, Q question, long beginNanos, @Nullable Duration atMost)
      throws IOException {
    ClientCall<Q, A> call = call(method, CallOptions.DEFAULT);
    Asked<A> asked = new Asked<>(call, beginNanos, atMost);
    call.start(asked, headers());
    call.sendMessage(question);
    call.halfClose();
    call.request(method.getType().serverSendsOneMessage() ? 2 : PIECES_AHEAD);
    return asked;
  }

  private synchronized boolean isFound() {
    return channel != null
        && System.nanoTime() - foundNanos < FOUND_NANOS_MAX
        && channel.getState(false) == ConnectivityState.READY;
  }

  private void awaitFound(Duration atMost) throws IOException, InterruptedException {
    try {
      find().get(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new QueueUnreachableException(
          "where the queue is was not found within %d ms".formatted(atMost.toMillis()), false, e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException why ? why : new IOException(e.getCause());
    }
  }

  private synchronized IOException unreachable(Status status) {
    if (status.getCode() == Status.Code.NOT_FOUND) {
      return new FileNotFoundException(describe(status));
    }
    return new QueueUnreachableException(
        "the queue at " + endpoint + " did not answer: " + describe(status),
        switch (status.getCode()) {
          case UNAUTHENTICATED,
              PERMISSION_DENIED,
              UNIMPLEMENTED,
              INVALID_ARGUMENT,
              RESOURCE_EXHAUSTED ->
              true;
          default -> false;
        },
        status.asException());
  }

  /** Why {@link #find} failed. */
  static String describe(Throwable failure) {
    return failure.getMessage() == null ? failure.toString() : failure.getMessage();
  }

  static String describe(Status status) {
    String description = status.getDescription();
    Throwable cause = status.getCause();
    for (Throwable deep = cause; deep != null; deep = deep.getCause()) {
      if (deep instanceof SSLException) {
        return status.getCode() + ": " + describeHandshake((SSLException) deep);
      }
    }
    return status.getCode()
        + (description == null ? "" : ": " + description)
        + (cause == null || cause.getMessage() == null ? "" : " (" + cause.getMessage() + ")");
  }

  /** A handshake that failed: what of the certificate it was, where it was that. */
  private static String describeHandshake(SSLException failed) {
    Throwable last = failed;
    for (Throwable deep = failed; deep != null; deep = deep.getCause()) {
      last = deep instanceof CertificateException ? deep : last;
    }
    return last instanceof CertificateException
        ? "its certificate is not one to trust: it must be for that name, and of an authority that"
            + " is given here ("
            + last.getMessage()
            + ")"
        : "no TLS came about (" + last.getMessage() + ")";
  }

  /** Ends every call; sessions are not closed, but hear no more. */
  @Override
  public void close() {
    List<ManagedChannel> all;
    synchronized (this) {
      closed = true;
      all = new ArrayList<>(ending);
      if (channel != null) {
        all.add(channel);
      }
    }
    timer.shutdownNow();
    finder.shutdownNow().forEach(Runnable::run); // which tell that this is closed
    all.forEach(ManagedChannel::shutdownNow);
  }
}
