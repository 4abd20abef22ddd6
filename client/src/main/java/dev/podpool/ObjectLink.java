package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.CancelWait;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.NameQueue;
import dev.podpool.protocol.ObjectQuery;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.OpenObject;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.session.RandomId;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A connection as shared objects see it. Thread-safe. */
final class ObjectLink {

  private static final int QUEUE_ID_BYTES = 8;

  private final QueueLink link;
  // What a new session opens first.
  private final Set<OpenObject> opened = Collections.synchronizedSet(new LinkedHashSet<>());
  // Told when a session ends, with which their grants are gone.
  private final Set<Runnable> holders = ConcurrentHashMap.newKeySet();
  private final Map<ObjectRef, WeakReference<SharedLock>> locks =
      new HashMap<>(); // guarded by itself
  private final TakenItems taken = new TakenItems();
  private final HeldEnds ends = new HeldEnds();
  private final AtomicLong lastWait = new AtomicLong();
  private volatile @Nullable String queueId; // null: not asked yet

  ObjectLink(QueueLink link) {
    this.link = link;
  }

  /** Whether it is to the queue that this process is of, by way of its worker. */
  boolean isOwn() {
    return link.connection() instanceof BridgeAccess;
  }

  /**
   * Names the queue among all, in hexadecimal. Asked for once, and waits for that.
   *
   * @throws PodpoolException if the queue does not answer
   */
  String queueId() {
    String known = queueId;
    if (known == null) {
      ByteString proposed = RandomId.next().substring(0, QUEUE_ID_BYTES);
      Reply reply =
          call(Operation.newBuilder().setNameQueue(NameQueue.newBuilder().setId(proposed)).build());
      if (reply.hasRefusal()) {
        throw exception(reply);
      }
      known = HexFormat.of().formatHex(reply.getQueueNamed().getId().toByteArray());
      queueId = known;
    }
    return known;
  }

  /** {@link #queueId}, if it was asked for. */
  @Nullable String knownQueueId() {
    return queueId;
  }

  /**
   * Whether nobody knows, when a session has expired, if {@code operation} was applied in it, and
   * twice would be wrong. Others mean the same in the next session.
   */
  static boolean isInDoubt(Operation operation) {
    return switch (operation.getKindCase()) {
      case RELEASE_LOCK,
          RELEASE_PERMITS,
          AWAIT_BARRIER,
          BREAK_BARRIER,
          PUT_ITEMS,
          CONFIRM_ITEM,
          TASK_DONE,
          SEND_MESSAGE,
          CONFIRM_MESSAGE,
          CHANGE_MAP,
          CHANGE_LIST,
          CHANGE_VALUE ->
          true;
      default -> false;
    };
  }

  /** The old session is over: what was held in it is lost. Opens again what was open. */
  List<Operation> resume() {
    end();
    List<Operation> first = new ArrayList<>();
    synchronized (opened) {
      for (OpenObject open : opened) {
        first.add(Operation.newBuilder().setOpenObject(open).build());
      }
    }
    return first;
  }

  /** What was held is lost. */
  void end() {
    holders.forEach(Runnable::run);
    ends.sessionEnded();
    taken.sessionEnded();
  }

  /** What is taken of joinable queues, and not done with. */
  TakenItems taken() {
    return taken;
  }

  /** Which ends of pipes are held. */
  HeldEnds ends() {
    return ends;
  }

  /** {@code lost} is run when the session ends, until {@link #letGo}; by whoever notices. */
  void hold(Runnable lost) {
    holders.add(lost);
  }

  void letGo(Runnable lost) {
    holders.remove(lost);
  }

  /**
   * The handle of a lock that arrived: one in this process, so that it is the same that a condition
   * of it gives back.
   */
  SharedLock lock(ObjectRef ref, boolean reentrant) {
    synchronized (locks) {
      WeakReference<SharedLock> kept = locks.get(ref);
      SharedLock known = kept == null ? null : kept.get();
      if (known != null && (known instanceof SharedReentrantLock || !reentrant)) {
        return known;
      }
      SharedLock lock =
          reentrant ? new SharedReentrantLock(this, ref, null) : new SharedLock(this, ref, null);
      locks.put(ref, new WeakReference<>(lock));
      return lock;
    }
  }

  /**
   * {@code lock}, which is of this connection.
   *
   * @param user for people: what is to use it
   * @throws IllegalArgumentException if it is of another connection
   */
  SharedLock own(SharedLock lock, Object user) {
    if (lock.link() != this) {
      throw new IllegalArgumentException(
          lock + " is of another connection than " + user + "; get both from one Podpool");
    }
    return lock;
  }

  // ---- operations

  /**
   * Opens an object, in this session and those that follow it. One that must be there and is open
   * already is not asked for again: if it was deleted since, its first use says so.
   *
   * @throws PodpoolException if it can't be
   */
  void open(OpenObject open) {
    if (!open.hasSpec() && opened.contains(open)) {
      return;
    }
    Reply reply = call(Operation.newBuilder().setOpenObject(open).build());
    if (reply.hasRefusal()) {
      throw QueueLink.exception(reply.getRefusal());
    }
    opened.add(open);
  }

  /** {@code again} is what a session that follows this one opens. */
  void replace(OpenObject before, OpenObject again) {
    synchronized (opened) {
      if (opened.remove(before)) {
        opened.add(again);
      }
    }
  }

  /** {@code open} is of no use any more. */
  void forget(OpenObject open) {
    opened.remove(open);
  }

  /** Sends {@code operation}, which does not wait, and waits for the answer; interrupts nothing. */
  Reply call(Operation operation) {
    return call(operation, reply -> {});
  }

  private Reply call(Operation operation, Consumer<Reply> noted) {
    return answer(link.ask(operation, noted));
  }

  /** Sends {@code operation}, which does not wait; {@link #answer} waits for the answer. */
  CompletableFuture<Reply> ask(Operation operation) {
    return link.ask(operation);
  }

  /** As {@link #ask(Operation)}; {@code noted} is as {@link QueueLink#ask} has it. */
  CompletableFuture<Reply> ask(Operation operation, Consumer<Reply> noted) {
    return link.ask(operation, noted);
  }

  /** Waits for it; interrupts end nothing. */
  static Reply answer(CompletableFuture<Reply> answer) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return answer.get();
        } catch (InterruptedException e) {
          interrupted = true; // it is under way, and will be answered
        } catch (ExecutionException e) {
          throw QueueLink.again(e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Sends {@code operation}, whose answer is of no interest. */
  void send(Operation operation) {
    link.send(operation);
  }

  /** As {@link #send}, of what nobody waits for. */
  void sendLater(Operation operation) {
    link.sendLater(operation);
  }

  /**
   * Sends {@code operation}, which may wait in the queue, and waits for the answer.
   *
   * @param giveBack given the answer if it comes after all when the thread was interrupted
   * @throws InterruptedException the operation is called off then
   */
  Reply await(Operation.Builder operation, Consumer<Reply> giveBack) throws InterruptedException {
    return await(operation, reply -> {}, giveBack);
  }

  /**
   * As {@link #await(Operation.Builder, Consumer)}.
   *
   * @param noted as of {@link QueueLink#ask(Operation, Consumer)}; before {@code giveBack} too
   */
  Reply await(Operation.Builder operation, Consumer<Reply> noted, Consumer<Reply> giveBack)
      throws InterruptedException {
    long wait = lastWait.incrementAndGet();
    CompletableFuture<Reply> answer = link.ask(operation.setWait(wait).build(), noted);
    try {
      return answer.get();
    } catch (InterruptedException e) {
      callOff(wait);
      var unused =
          answer.thenAccept(
              reply -> {
                if (!reply.hasRefusal()) {
                  giveBack.accept(reply);
                }
              });
      throw e;
    } catch (ExecutionException e) {
      throw QueueLink.again(e);
    }
  }

  /**
   * What a wait ended with.
   *
   * @param interrupted the thread was, meanwhile; its status is cleared
   */
  record Ended(Reply reply, boolean interrupted) {}

  /**
   * As {@link #await}; but an operation that is called off is waited for all the same, as it has an
   * answer that the caller can't go on without.
   */
  Ended awaitToTheEnd(Operation.Builder operation, Consumer<Reply> noted) {
    long wait = lastWait.incrementAndGet();
    CompletableFuture<Reply> answer = link.ask(operation.setWait(wait).build(), noted);
    boolean interrupted = false;
    while (true) {
      try {
        return new Ended(answer.get(), interrupted);
      } catch (InterruptedException e) {
        if (!interrupted) {
          interrupted = true;
          callOff(wait);
        }
      } catch (ExecutionException e) {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
        throw QueueLink.again(e);
      }
    }
  }

  /**
   * Sends {@code operation}, which may wait in the queue and can't be undone, and waits for the
   * answer. An interrupt calls it off; if it is applied all the same, that is the answer, and the
   * thread stays interrupted.
   *
   * @throws InterruptedException it was not applied
   */
  Reply awaitOutcome(Operation.Builder operation) throws InterruptedException {
    Ended ended = awaitToTheEnd(operation, reply -> {});
    if (ended.interrupted()) {
      Refusal refusal = ended.reply().getRefusal();
      if (refusal.getCode() == ErrorCode.WAIT_CANCELLED) {
        throw new InterruptedException(refusal.getMessage());
      }
      Thread.currentThread().interrupt();
    }
    return ended.reply();
  }

  private void callOff(long wait) {
    link.send(Operation.newBuilder().setCancelWait(CancelWait.newBuilder().setWait(wait)).build());
  }

  /** As {@link #await}, and interrupts end nothing. */
  Reply awaitUninterruptibly(Operation operation, Consumer<Reply> noted) {
    return call(operation, noted);
  }

  ReadResponse read(ObjectQuery query) {
    return link.readPatiently(ReadRequest.newBuilder().setObject(query).build());
  }

  /** Whether a wait ended because its time had passed; throws what else it was refused with. */
  static boolean isTimedOut(Reply reply) {
    if (!reply.hasRefusal()) {
      return false;
    }
    if (reply.getRefusal().getCode() == ErrorCode.TIMED_OUT_WAITING) {
      return true;
    }
    throw exception(reply);
  }

  /** What a refusal is to a caller. */
  static PodpoolException exception(Reply reply) {
    String text = QueueLink.text(reply.getRefusal());
    return reply.getRefusal().getCode() == ErrorCode.LOCK_LOST
        ? new LockLostException(text)
        : QueueLink.exception(reply.getRefusal());
  }
}
