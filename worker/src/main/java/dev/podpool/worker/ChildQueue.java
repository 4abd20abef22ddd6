package dev.podpool.worker;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.CloseSession;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.rpc.QueueUnreachableException;
import dev.podpool.sandbox.Bytes;
import dev.podpool.sandbox.Frames;
import dev.podpool.session.LateAnswers;
import dev.podpool.session.ObjectOperations;
import dev.podpool.session.ProcessOperations;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What one child says to the queue, in sessions that end with it. Owned by the supervisor's thread,
 * which none of this blocks.
 *
 * <p>What a child may have under way is bounded: above that its connection is not read until some
 * is answered. Operations that wait for others do not count there, as what ends their wait may come
 * behind them; of those, the ones above a limit of their own are refused.
 */
final class ChildQueue {
  private static final System.Logger LOG = System.getLogger(ChildQueue.class.getName());

  static final int UNDER_WAY_MAX = 1024;
  static final int WAITING_MAX = 10_000;
  static final long BYTES_MAX = 16 << 20;
  private static final int SESSIONS_MAX = 64;

  final Connection connection;
  private final ChildAccess access;
  private final Executor readers;
  private final Consumer<Runnable> post;
  private final Map<Integer, Session> sessions = new HashMap<>();
  private int lastSession;
  private int underWay;
  private long underWayBytes;
  private int waiting;
  private long waitingBytes;
  private boolean closed;

  /**
   * @param readers runs what waits for the queue
   * @param post has the supervisor's thread do something
   */
  ChildQueue(Connection connection, ChildAccess access, Executor readers, Consumer<Runnable> post) {
    this.connection = connection;
    this.access = access;
    this.readers = readers;
    this.post = post;
  }

  /** Takes a frame of the child's. */
  void take(byte type, ByteBuffer body) throws IOException {
    switch (type) {
      case Frames.QUEUE_OPERATION -> operate(body.getInt(), body.getLong(), body);
      case Frames.QUEUE_QUESTION -> ask(body.getLong(), body);
      default -> throw new IOException("no such frame for the queue: " + type);
    }
    if (isOverloaded()) {
      connection.pause();
    }
  }

  private boolean isOverloaded() {
    return underWay >= UNDER_WAY_MAX || underWayBytes >= BYTES_MAX;
  }

  // ---- operations

  private void operate(int number, long call, ByteBuffer body) throws IOException {
    Session session = sessions.get(number);
    if (session == null) {
      if (number <= lastSession) {
        return; // it has ended, and the child hears of that
      }
      if (sessions.size() == SESSIONS_MAX) {
        throw new IOException("a child has " + SESSIONS_MAX + " sessions, and wants another");
      }
      lastSession = number;
      session = new Session(number);
      sessions.put(number, session);
      session.open();
    }
    Operation operation = Operation.parseFrom(ByteString.copyFrom(body));
    Refusal refusal = refusal(operation);
    if (refusal == null) {
      session.send(call, withCode(operation));
    } else {
      reply(number, call, Reply.newBuilder().setRefusal(refusal).build());
    }
  }

  /** What starts a process has its function from where its own came from, and so the code. */
  private Operation withCode(Operation operation) {
    ChildProcess child = connection.child;
    if (child == null || !operation.hasSubmitJob()) {
      return operation;
    }
    Operation.Builder submitting = operation.toBuilder();
    submitting.getSubmitJobBuilder().clearCode().addAllCode(child.codeAtWork());
    return submitting.build();
  }

  private @Nullable Refusal refusal(Operation operation) {
    if (!ObjectOperations.has(operation)
        && !ProcessOperations.has(operation)
        && !operation.hasCloseSession()) {
      return refused(
          ErrorCode.PERMISSION_DENIED,
          "code in a pool's process may use what processes share, and start processes, but nothing"
              + " else of its queue; connect to a runtime with rights of its own for more");
    }
    if (LateAnswers.has(operation) && (waiting >= WAITING_MAX || waitingBytes >= BYTES_MAX)) {
      return refused(
          ErrorCode.QUEUE_FULL,
          "this process waits for "
              + waiting
              + " operations with "
              + waitingBytes
              + " bytes at once, and at most "
              + WAITING_MAX
              + " with "
              + BYTES_MAX
              + " may be; let fewer threads wait");
    }
    return null;
  }

  private static Refusal refused(ErrorCode code, String message) {
    return Refusal.newBuilder().setCode(code).setMessage(message).build();
  }

  private void reply(int session, long call, Reply reply) {
    Bytes frame = connection.startFrame(Frames.QUEUE_REPLY);
    frame.putInt(session);
    frame.putLong(call);
    frame.putBytes(reply.getSerializedSize(), put(reply.toByteString()));
    connection.endFrame();
  }

  private static Bytes.Writer put(ByteString bytes) {
    return bytes::copyTo;
  }

  // ---- questions

  private void ask(long number, ByteBuffer body) throws IOException {
    ReadRequest question = ReadRequest.parseFrom(ByteString.copyFrom(body));
    count(1, question.getSerializedSize());
    try {
      readers.execute(() -> read(number, question));
    } catch (RejectedExecutionException e) {
      answer(number, question, Frames.FAILED_FOR_GOOD, null, "the worker ends");
    }
  }

  /** In a thread that may wait. */
  private void read(long number, ReadRequest question) {
    byte outcome = Frames.ANSWERED;
    ReadResponse response = null;
    String why = "";
    try {
      response = access.read(question);
    } catch (QueueUnreachableException e) {
      outcome = e.isForGood() ? Frames.FAILED_FOR_GOOD : Frames.FAILED;
      why = String.valueOf(e.getMessage());
    } catch (IOException | InterruptedException | RuntimeException e) {
      outcome = Frames.FAILED;
      why = e.toString();
    }
    byte known = outcome;
    ReadResponse got = response;
    String reason = why;
    post.accept(() -> answer(number, question, known, got, reason));
  }

  private void answer(
      long number,
      ReadRequest question,
      byte outcome,
      @Nullable ReadResponse response,
      String why) {
    if (!closed) {
      Bytes frame = connection.startFrame(Frames.QUEUE_ANSWER);
      frame.putLong(number);
      frame.putByte(outcome);
      if (response == null) {
        frame.putText(why);
      } else {
        frame.putBytes(response.getSerializedSize(), put(response.toByteString()));
      }
      connection.endFrame();
    }
    count(-1, -question.getSerializedSize());
  }

  // ---- how much

  private void count(int number, long bytes) {
    underWay += number;
    underWayBytes += bytes;
    goOn();
  }

  private void goOn() {
    if (closed || !connection.isPaused() || isOverloaded()) {
      return;
    }
    try {
      connection.resume(this::take);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "a child's connection for the queue is of no use", e);
      connection.close();
      ChildProcess child = connection.child;
      if (child != null) {
        child.killAtNanos = Math.min(child.killAtNanos, System.nanoTime());
      }
    }
  }

  /**
   * The child is gone: its sessions are closed, and what it holds in them is free.
   *
   * @return what completes when they have ended
   */
  List<CompletableFuture<Void>> close() {
    closed = true;
    connection.close();
    List<CompletableFuture<Void>> ends = new ArrayList<>();
    for (Session session : sessions.values()) {
      ends.add(session.ended);
      session.close();
    }
    sessions.clear();
    return ends;
  }

  /** One session, on behalf of the child. Its methods as a handler are called by any thread. */
  private final class Session implements SessionHandler {
    final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final int number;
    private final IdentityHashMap<Operation, Long> calls = new IdentityHashMap<>();
    private @Nullable QueueSession session;

    Session(int number) {
      this.number = number;
    }

    void open() {
      session = access.open(this);
    }

    void send(long call, Operation operation) {
      calls.put(operation, call);
      count(operation, 1);
      if (session == null) {
        return;
      }
      if (ObjectOperations.isReceipt(operation)) {
        session.sendLater(operation);
      } else {
        session.send(operation);
      }
    }

    void close() {
      if (session != null) {
        session.send(
            Operation.newBuilder().setCloseSession(CloseSession.getDefaultInstance()).build());
      }
    }

    private void count(Operation operation, int sign) {
      long bytes = sign * (long) operation.getSerializedSize();
      if (LateAnswers.has(operation)) {
        waiting += sign;
        waitingBytes += bytes;
      } else {
        ChildQueue.this.count(sign, bytes);
      }
    }

    @Override
    public void onDelivery(Delivery delivery) {
      post.accept(() -> delivered(delivery));
    }

    private void delivered(Delivery delivery) {
      if (!closed) {
        Bytes frame = connection.startFrame(Frames.QUEUE_DELIVERY);
        frame.putInt(number);
        frame.putBytes(delivery.getSerializedSize(), put(delivery.toByteString()));
        connection.endFrame();
      }
    }

    @Override
    public void onReply(Operation operation, Reply reply) {
      post.accept(() -> replied(operation, reply));
    }

    @Override
    public void onDone(Operation operation) {
      post.accept(() -> replied(operation, Reply.getDefaultInstance()));
    }

    private void replied(Operation operation, Reply reply) {
      Long call = calls.remove(operation);
      if (call != null && !closed) {
        reply(number, call, reply);
      }
      if (call != null) {
        count(operation, -1);
      }
    }

    @Override
    public void onEnd(Refusal reason) {
      ended.complete(null);
      post.accept(() -> over(reason));
    }

    private void over(Refusal reason) {
      if (closed) {
        return;
      }
      sessions.remove(number);
      Bytes frame = connection.startFrame(Frames.QUEUE_SESSION_OVER);
      frame.putInt(number);
      frame.putBytes(reason.getSerializedSize(), put(reason.toByteString()));
      connection.endFrame();
      List<Operation> unanswered = List.copyOf(calls.keySet());
      calls.clear();
      unanswered.forEach(operation -> count(operation, -1));
    }
  }
}
