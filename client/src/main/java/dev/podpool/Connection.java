package dev.podpool;

import dev.podpool.function.internal.OwnProcess;
import dev.podpool.function.internal.Referenced;
import dev.podpool.protocol.CloseEnd;
import dev.podpool.protocol.ConfirmMessage;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.HoldEnd;
import dev.podpool.protocol.ItemTaken;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PipeEnd;
import dev.podpool.protocol.ReceiveMessage;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.SendMessage;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One end of a {@link Pipe}. A message is at most 1 MiB as JSON, and may be null. Thread-safe.
 *
 * <p>The end is held until it is closed, by each of its handles, or until this process's session
 * ends: if it is not heard of for a whole session term (10 s), the others find the end closed, and
 * this one a {@link PodpoolException}.
 *
 * @param <E> the type of one message
 */
@Referenced.ResolvedBy(ObjectResolver.class)
public final class Connection<E extends @Nullable Object> implements Closeable, Referenced {

  // Which ends a payload has that is being made by this thread; null: nobody asks.
  private static final ThreadLocal<@Nullable List<PipeEnd>> ENCODED = new ThreadLocal<>();

  private final Pipe<E> pipe;
  private final int end;
  private final boolean receives;
  private final boolean sends;
  private final ValueCodec<E> codec;
  // What poll has found, for the next recv; guarded by itself.
  private final ArrayDeque<ItemTaken> polled = new ArrayDeque<>();
  private volatile boolean closed;

  Connection(Pipe<E> pipe, int end, boolean receives, boolean sends, ValueCodec<E> codec) {
    this.pipe = pipe;
    this.end = end;
    this.receives = receives;
    this.sends = sends;
    this.codec = codec;
  }

  void hold() {
    HoldEnd.Builder hold = HoldEnd.newBuilder().setPipe(pipe.ref()).setEnd(end);
    OwnProcess own = OwnProcess.ofThisJvm();
    if (own != null && link().isOwn()) {
      hold.setProcess(own.pool()); // which holds what it was given, until here
    }
    CompletableFuture<Reply> answer;
    synchronized (link().ends()) {
      link().ends().add(pipeEnd(), this);
      // Once more with the answer, which may be that of the next session.
      answer =
          link()
              .ask(
                  Operation.newBuilder().setHoldEnd(hold).build(),
                  reply -> {
                    if (!reply.hasRefusal()) {
                      link().ends().add(pipeEnd(), this);
                    }
                  });
    }
    boolean isHeld = false;
    try {
      check(ObjectLink.answer(answer));
      isHeld = true;
    } finally {
      if (!isHeld) {
        var unused = link().ends().removeLast(pipeEnd(), this);
      }
    }
  }

  private PipeEnd pipeEnd() {
    return PipeEnd.newBuilder().setPipe(pipe.ref()).setEnd(end).build();
  }

  /** What it travels as; not for users. */
  @Override
  public String reference() {
    if (closed) {
      throw new IllegalStateException(this + " is closed, and can't be given away");
    }
    List<PipeEnd> encoded = ENCODED.get();
    if (encoded != null) {
      encoded.add(pipeEnd());
    }
    return ObjectResolver.reference(
        link(), ObjectResolver.reference(pipe.ref(), end, receives && sends));
  }

  /** The ends that {@code encoding} encodes. */
  static List<PipeEnd> encodedBy(Runnable encoding) {
    List<PipeEnd> encoded = new ArrayList<>();
    ENCODED.set(encoded);
    try {
      encoding.run();
      return encoded;
    } finally {
      ENCODED.remove();
    }
  }

  private ObjectLink link() {
    return pipe.link();
  }

  // ---- sending

  /**
   * Sends {@code message}; it is in the queue, on disk, when this returns. Waits while 64 are on
   * their way to the other end.
   *
   * @throws BrokenPipeException if nobody holds the other end any more
   * @throws UnsupportedOperationException if this end only receives
   * @throws IllegalStateException if this end is closed
   * @throws InterruptedException if it was not sent; what can't be called off any more is waited
   *     for
   * @throws dev.podpool.function.EncodeException if it is larger than 1 MiB
   * @throws OutcomeUnknownException if the session ended before the queue answered
   */
  public void send(E message) throws IOException, InterruptedException {
    require(sends, "only receives");
    Reply reply =
        link()
            .awaitOutcome(
                Operation.newBuilder()
                    .setSendMessage(
                        SendMessage.newBuilder()
                            .setPipe(pipe.ref())
                            .setEnd(end)
                            .setMessage(codec.encode(message))));
    if (reply.getRefusal().getCode() == ErrorCode.PIPE_BROKEN) {
      throw new BrokenPipeException(QueueLink.text(reply.getRefusal()));
    }
    check(reply);
  }

  // ---- receiving

  /**
   * Receives the next message, and waits where there is none.
   *
   * @throws EOFException if all was received, and nobody holds the other end any more
   * @throws UnsupportedOperationException if this end only sends
   * @throws IllegalStateException if this end is closed
   */
  public E recv() throws IOException, InterruptedException {
    require(receives, "only sends");
    ItemTaken next;
    synchronized (polled) {
      next = polled.poll();
    }
    if (next == null) {
      Reply reply = link().await(receive(0), this::giveBack);
      if (reply.getRefusal().getCode() == ErrorCode.PIPE_ENDED) {
        throw new EOFException(QueueLink.text(reply.getRefusal()));
      }
      check(reply);
      next = reply.getItemTaken();
    }
    link().sendLater(confirm(next, false));
    return codec.decode(next.getItem());
  }

  /** {@link #poll(Duration)} of what is there now. */
  public boolean poll() {
    require(receives, "only sends");
    synchronized (polled) {
      return !polled.isEmpty() || isReady(link().call(receive(-1).build()));
    }
  }

  /**
   * Whether {@link #recv} would not wait: a message is there, or the end. Waits for that. A message
   * that was found is for this end in this process alone.
   *
   * @return false if there was neither in time
   */
  public boolean poll(Duration timeout) throws InterruptedException {
    require(receives, "only sends");
    synchronized (polled) {
      if (!polled.isEmpty()) {
        return true;
      }
    }
    Reply reply = link().await(receive(SharedObject.timeoutMillis(timeout)), this::giveBack);
    synchronized (polled) {
      return isReady(reply);
    }
  }

  private boolean isReady(Reply reply) {
    if (reply.hasItemTaken()) {
      polled.add(reply.getItemTaken());
      return true;
    }
    ErrorCode code = reply.getRefusal().getCode();
    if (code == ErrorCode.PIPE_ENDED || code == ErrorCode.TIMED_OUT_WAITING) {
      return code == ErrorCode.PIPE_ENDED;
    }
    check(reply);
    return true;
  }

  private Operation.Builder receive(long timeoutMillis) {
    return Operation.newBuilder()
        .setReceiveMessage(
            ReceiveMessage.newBuilder()
                .setPipe(pipe.ref())
                .setEnd(end)
                .setTimeoutMillis(timeoutMillis));
  }

  private void giveBack(Reply reply) {
    link().send(confirm(reply.getItemTaken(), true));
  }

  private Operation confirm(ItemTaken taken, boolean returned) {
    return Operation.newBuilder()
        .setConfirmMessage(
            ConfirmMessage.newBuilder()
                .setPipe(pipe.ref())
                .setEnd(end)
                .setDelivery(taken.getDelivery())
                .setReturned(returned))
        .build();
  }

  private void require(boolean able, String what) {
    if (!able) {
      throw new UnsupportedOperationException(
          this + " " + what + "; use the other end, or a duplex pipe");
    }
    if (closed) {
      throw new IllegalStateException(this + " is closed");
    }
  }

  private void check(Reply reply) {
    if (!reply.hasRefusal()) {
      return;
    }
    if (closed) {
      throw new IllegalStateException(this + " was closed meanwhile");
    }
    throw ObjectLink.exception(reply);
  }

  // ---- closing

  /**
   * Lets go of this end. Where no other handle holds it, in this process or elsewhere, who receives
   * at the other end gets all that was sent, and then an {@link EOFException}; who sends there, a
   * {@link BrokenPipeException}. What {@link #poll} has found and {@link #recv} has not received is
   * there for others. Again: does nothing.
   *
   * <p>Each handle counts: one that arrived twice is to be closed twice. With the last of this
   * process whoever waits at the end there is told; until then they go on waiting.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    CompletableFuture<Reply> answer = null;
    synchronized (link().ends()) {
      if (link().ends().removeLast(pipeEnd(), this)) {
        answer =
            link()
                .ask(
                    Operation.newBuilder()
                        .setCloseEnd(CloseEnd.newBuilder().setPipe(pipe.ref()).setEnd(end))
                        .build());
      }
    }
    if (answer == null) {
      givePolledBack();
      return;
    }
    Reply reply = ObjectLink.answer(answer);
    // A pipe that is gone has no ends to close.
    if (reply.hasRefusal() && reply.getRefusal().getCode() != ErrorCode.OBJECT_UNKNOWN) {
      throw ObjectLink.exception(reply);
    }
  }

  /** The session goes on to hold the end, and would keep them. */
  private void givePolledBack() {
    synchronized (polled) {
      polled.forEach(found -> link().send(confirm(found, true)));
      polled.clear();
    }
  }

  @Override
  public String toString() {
    return (end == 1 ? "first" : "second") + " end of " + pipe;
  }
}
