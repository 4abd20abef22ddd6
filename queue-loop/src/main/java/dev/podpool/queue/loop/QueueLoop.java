package dev.podpool.queue.loop;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ExpireSession;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.Tick;
import dev.podpool.queue.Effects;
import dev.podpool.queue.QueueMachine;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One queue machine and the sessions of this process.
 *
 * <p>Has no thread of its own: whoever sends an operation while no entry is under way gathers what
 * is there, appends it and performs the effects; whoever comes meanwhile leaves what it has and
 * goes on. So a batch is as large as the traffic makes it, and nobody waits for a timer.
 *
 * <p>Invariant: the machine and everything else that is not thread-safe here is touched only by who
 * holds {@link #busy}.
 */
public final class QueueLoop implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(QueueLoop.class.getName());
  private static final int OPERATIONS_PER_ENTRY_MAX = 4096;
  private static final long BYTES_PER_ENTRY_MAX = 4L << 20;

  private final QueueMachine machine = new QueueMachine();
  private final Log log;
  private final LongSupplier clockMillis;
  private final Ticker ticker;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final ConcurrentLinkedQueue<Work> inbox = new ConcurrentLinkedQueue<>();
  private final Map<Long, LocalSession> sessions = new HashMap<>();
  private final Map<ByteString, LocalSession> opening = new HashMap<>();
  private final Performer performer = new Performer();
  private volatile boolean closed;
  // Who is inside log.append, so that apply knows who goes on afterwards.
  private volatile @Nullable Thread appending;

  /** What waits to be done by who holds {@link #busy}. */
  private sealed interface Work {}

  private record Send(LocalSession session, Operation operation) implements Work {}

  private record Own(Operation operation, @Nullable LocalSession opened) implements Work {}

  private record Read(Runnable reading) implements Work {}

  /**
   * A loop around an empty machine.
   *
   * @param logs makes the log, given who applies its entries
   * @param clockMillis a clock that does not run backwards, from any origin above 0
   */
  public QueueLoop(Function<Log.Applier, Log> logs, LongSupplier clockMillis) {
    this.log = logs.apply(this::apply);
    this.clockMillis = clockMillis;
    this.ticker = new Ticker(this::tick);
  }

  /** A loop that keeps nothing beyond this JVM, on its monotonic clock. */
  public static QueueLoop inMemory() {
    long origin = System.nanoTime();
    return new QueueLoop(MemoryLog::new, () -> 1 + (System.nanoTime() - origin) / 1_000_000);
  }

  /**
   * Opens a session of this process. It lives until it is closed, expired, or the loop closes.
   *
   * <p>{@code handler} is called by whatever thread performs the effects: under load, any thread
   * that sends.
   */
  public QueueSession open(OpenSession open, SessionHandler handler) {
    LocalSession session = new LocalSession(handler);
    post(new Own(Operation.newBuilder().setOpenSession(open).build(), session));
    return session;
  }

  /** Ends {@code session}, one of {@link #open}, because its owner is gone. */
  public void expire(QueueSession session, int exitCode, String cause) {
    LocalSession local = (LocalSession) session;
    post(
        new Read(
            () -> {
              if (local.number != 0) {
                expireLater(local.number, exitCode, cause);
              }
            }));
  }

  /** Proposes it with the next entry. Holds {@link #busy}. */
  private void expireLater(long session, int exitCode, String cause) {
    ExpireSession expire =
        ExpireSession.newBuilder()
            .setSession(session)
            .setExitCode(exitCode)
            .setCause(cause)
            .build();
    inbox.add(new Own(Operation.newBuilder().setExpireSession(expire).build(), null));
  }

  /** What a pool looks like now; null where there is none of that name. */
  public CompletableFuture<@Nullable PoolStatus> status(String pool) {
    CompletableFuture<@Nullable PoolStatus> status = new CompletableFuture<>();
    post(new Read(() -> status.complete(machine.status(pool))));
    return status;
  }

  private void tick() {
    post(new Own(Operation.newBuilder().setTick(Tick.getDefaultInstance()).build(), null));
  }

  /** Ends all sessions of this process; their handlers are told. */
  @Override
  public void close() {
    closed = true;
    ticker.close();
    post(
        new Read(
            () -> {
              endAll(ErrorCode.SESSION_CLOSED, "the queue was shut down");
              log.close();
            }));
  }

  private void endAll(ErrorCode code, String message) {
    List<LocalSession> all = new ArrayList<>(sessions.values());
    all.addAll(opening.values());
    sessions.clear();
    opening.clear();
    all.forEach(session -> session.end(refusal(code, message)));
  }

  private static Refusal refusal(ErrorCode code, String message) {
    return Refusal.newBuilder().setCode(code).setMessage(message).build();
  }

  private void post(Work work) {
    inbox.add(work);
    pump();
  }

  private void pump() {
    // Whoever sets busy back looks at the inbox again, so nothing is left lying.
    while (!inbox.isEmpty() && busy.compareAndSet(false, true)) {
      try {
        Entry entry = gather();
        if (entry == null) {
          busy.set(false);
          continue;
        }
        append(entry);
      } catch (RuntimeException | Error e) {
        broken(e);
        busy.set(false);
      }
    }
  }

  private void append(Entry entry) {
    Thread self = Thread.currentThread();
    appending = self;
    try {
      log.append(entry);
    } finally {
      if (appending == self) { // else the next is being appended already
        appending = null;
      }
    }
  }

  /**
   * An invariant is broken, or the log: no further entry may build on it. Who happened to send has
   * nothing to do with that; all sessions are told. Holds {@link #busy}.
   */
  private void broken(Throwable cause) {
    LOG.log(System.Logger.Level.ERROR, "the queue has stopped", cause);
    closed = true;
    endAll(
        ErrorCode.QUEUE_BROKEN,
        "the queue met an error of its own and stopped; please report it: " + cause);
  }

  /** The next entry; null where there were only reads. Holds {@link #busy}. */
  private @Nullable Entry gather() {
    Entry.Builder entry = Entry.newBuilder();
    Batch.Builder own = null;
    LinkedHashSet<LocalSession> senders = new LinkedHashSet<>();
    long bytes = 0;
    for (int count = 0; count < OPERATIONS_PER_ENTRY_MAX && bytes < BYTES_PER_ENTRY_MAX; ) {
      Work work = inbox.poll();
      if (work == null) {
        break;
      }
      if (work instanceof Read read) {
        read.reading().run();
        continue;
      }
      if (closed) {
        if (work instanceof Own task && task.opened != null) {
          task.opened.end(refusal(ErrorCode.SESSION_CLOSED, "the queue was shut down before"));
        }
        continue;
      }
      count++;
      if (work instanceof Send send) {
        if (!send.session.ended) {
          bytes += send.operation.getSerializedSize();
          send.session.gather(send.operation);
          senders.add(send.session);
        }
      } else if (work instanceof Own task) {
        own = own == null ? Batch.newBuilder() : own;
        own.addOperations(task.operation);
        if (task.opened != null) {
          opening.put(task.operation.getOpenSession().getNonce(), task.opened);
          break; // what the session sends next needs the number that this entry gives it
        }
      }
    }
    if (own != null) {
      entry.addBatches(own);
    }
    senders.forEach(session -> entry.addBatches(session.takeBatch()));
    if (entry.getBatchesCount() == 0) {
      return null;
    }
    return entry.setTimeMillis(clockMillis.getAsLong()).build();
  }

  /** {@code entry} is certain. Holds {@link #busy}, and gives it up. */
  private void apply(Entry entry) {
    boolean withinAppend = appending == Thread.currentThread();
    try {
      machine.apply(entry, performer);
      performer.perform();
      ticker.schedule(machine.nextDeadlineMillis() - clockMillis.getAsLong());
    } catch (RuntimeException | Error e) {
      broken(e);
    } finally {
      busy.set(false);
    }
    if (!withinAppend) {
      pump(); // else this thread goes on behind the append
    }
  }

  /** Collects what an entry brings about, and then does it, in order. */
  private final class Performer implements Effects {

    private final List<Runnable> effects = new ArrayList<>();

    void perform() {
      effects.forEach(Runnable::run);
      effects.clear();
    }

    private void tell(long number, Consumer<LocalSession> news) {
      effects.add(
          () -> {
            LocalSession session = sessions.get(number);
            if (session == null) {
              return;
            }
            try {
              news.accept(session);
            } catch (RuntimeException | Error e) {
              // Of its handler. Others must not suffer for it.
              LOG.log(System.Logger.Level.ERROR, "session " + number + " has failed", e);
              String message = "its handler failed: " + e;
              expireLater(number, 0, message);
              sessions.remove(number);
              session.end(refusal(ErrorCode.SESSION_CLOSED, message));
            }
          });
    }

    @Override
    public void opened(ByteString nonce, Reply reply) {
      effects.add(
          () -> {
            LocalSession session = opening.remove(nonce);
            if (session == null) {
              return;
            }
            if (reply.hasRefusal()) {
              session.end(reply.getRefusal());
              return;
            }
            session.number = reply.getSessionOpened().getSession();
            sessions.put(session.number, session);
          });
    }

    @Override
    public void applied(long number, long sequence) {
      tell(number, session -> session.applied(sequence));
    }

    @Override
    public void reply(long number, Reply reply) {
      tell(number, session -> session.reply(reply));
    }

    @Override
    public void deliver(long number, Delivery delivery) {
      tell(number, session -> session.handler.onDelivery(delivery));
    }

    @Override
    public void ended(long number, Refusal reason) {
      tell(
          number,
          session -> {
            sessions.remove(number);
            session.end(reason);
          });
    }
  }

  /** A session whose owner is in this JVM: nothing between them gets lost. */
  private final class LocalSession implements QueueSession {

    final SessionHandler handler;
    // Sent and not known to be applied, by sequence: for its reply.
    private final Map<Long, Operation> unanswered = new HashMap<>();
    private Batch.@Nullable Builder batch;
    private long lastSequence;
    private long applied;
    long number;
    private boolean ended;

    LocalSession(SessionHandler handler) {
      this.handler = handler;
    }

    @Override
    public void send(Operation operation) {
      if (!closed) {
        post(new Send(this, operation));
      }
    }

    /** Once: no other session suffers if the handler fails at that, too. */
    void end(Refusal reason) {
      if (!ended) {
        ended = true;
        try {
          handler.onEnd(reason);
        } catch (RuntimeException | Error e) {
          LOG.log(System.Logger.Level.ERROR, "a session's handler failed at its end", e);
        }
      }
    }

    void gather(Operation operation) {
      if (batch == null) {
        batch =
            Batch.newBuilder()
                .setSession(number)
                .setFirstSequence(lastSequence + 1)
                .setConfirmed(applied);
      }
      lastSequence++;
      unanswered.put(lastSequence, operation);
      batch.addOperations(operation);
    }

    Batch takeBatch() {
      Batch.Builder full = batch;
      batch = null;
      if (full == null) {
        throw new IllegalStateException("a session gathered nothing");
      }
      return full.build();
    }

    void reply(Reply reply) {
      Operation operation = unanswered.remove(reply.getSequence());
      if (operation != null) {
        handler.onReply(operation, reply);
      }
    }

    void applied(long sequence) {
      while (applied < sequence) {
        applied++;
        Operation operation = unanswered.get(applied);
        if (operation != null && !operation.hasJoinPool()) {
          unanswered.remove(applied);
        }
      }
    }
  }
}
