package dev.podpool.queue.loop;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.BlobSnapshot;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ExpireSession;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.RaiseLevel;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Snapshot;
import dev.podpool.protocol.Tick;
import dev.podpool.queue.Effects;
import dev.podpool.queue.Features;
import dev.podpool.queue.QueueMachine;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One replica of the queue: its machine, driven by a log, and, while it leads, the sessions that
 * talk to it.
 *
 * <p>Has no thread of its own: whoever sends while no entry is under way gathers what is there,
 * appends it and performs the effects; whoever comes meanwhile leaves what it has and goes on. So a
 * batch is as large as the traffic makes it, and nobody waits for a timer.
 *
 * <p>Invariant: the machine and everything else that is not thread-safe here is touched only by who
 * is {@link Inside#BUSY}.
 */
public final class QueueLoop implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(QueueLoop.class.getName());

  private static final long LAST_ENTRY_SECONDS_MAX = 10;

  private final Log log;
  private final BlobStore blobs;
  private final LongSupplier clockMillis;
  private final Alarm alarm;
  private final LoopMetrics metrics;
  private final Consumer<Throwable> onBroken;
  private final Features features;
  private final AtomicReference<Inside> inside = new AtomicReference<>(Inside.NOBODY);
  private final ConcurrentLinkedQueue<Work> inbox = new ConcurrentLinkedQueue<>();
  private final Map<Long, LocalSession> sessions = new HashMap<>();
  private final Map<ByteString, LocalSession> opening = new HashMap<>();
  private final Performer performer = new Performer();
  private final List<Runnable> onFollow = new CopyOnWriteArrayList<>();
  private final LogReplica replica = new LogReplica();
  private QueueMachine machine = new QueueMachine();
  // Not null exactly while this replica leads.
  private @Nullable Conversations conversations;
  private long clockAtElection;
  private long logTimeAtElection;
  private volatile boolean closed;
  private volatile boolean leads; // whether there are conversations, for whoever is not inside
  private volatile int level = machine.level(); // the machine's, for whoever is not inside
  // Whose sign of life is in the entry that is gathered, or under way.
  private List<CompletableFuture<Long>> probes = new ArrayList<>();
  private long appendedNanos;
  // Who is inside log.append, so that apply knows who goes on afterwards.
  private volatile @Nullable Thread appending;

  private enum Inside {
    NOBODY,
    /** Somebody reads or changes what is not thread-safe. */
    BUSY,
    /** Nobody, until the entry under way is applied. */
    ENTRY_UNDER_WAY
  }

  /** What waits for its turn. May add to the entry that is being gathered. */
  private interface Work {
    void run(Gathering next);
  }

  /**
   * A loop around an empty machine; {@link #start} fills and moves it.
   *
   * @param clockMillis a clock that does not run backwards, from any origin above 0
   * @param alarms makes the alarm, given what to call
   * @param onBroken told once if an invariant or the log is broken: the loop has stopped then
   */
  public QueueLoop(
      Log log,
      BlobStore blobs,
      LongSupplier clockMillis,
      Function<Runnable, Alarm> alarms,
      LoopMetrics metrics,
      Consumer<Throwable> onBroken) {
    this(log, blobs, clockMillis, alarms, metrics, onBroken, Features.HERE);
  }

  /** One of a release that can apply {@code features}. */
  QueueLoop(
      Log log,
      BlobStore blobs,
      LongSupplier clockMillis,
      Function<Runnable, Alarm> alarms,
      LoopMetrics metrics,
      Consumer<Throwable> onBroken,
      Features features) {
    this.log = log;
    this.blobs = blobs;
    this.clockMillis = clockMillis;
    this.alarm = alarms.apply(this::wake);
    this.metrics = metrics;
    this.onBroken = onBroken;
    this.features = features;
  }

  /** A loop on {@code log}, with this JVM's monotonic clock and an alarm of its own. */
  public static QueueLoop on(
      Log log, BlobStore blobs, LoopMetrics metrics, Consumer<Throwable> onBroken) {
    long origin = System.nanoTime();
    return new QueueLoop(
        log,
        blobs,
        () -> 1 + (System.nanoTime() - origin) / 1_000_000,
        ThreadAlarm::new,
        metrics,
        onBroken);
  }

  /** A started loop that keeps nothing beyond this JVM. */
  public static QueueLoop inMemory() {
    QueueLoop loop = on(new MemoryLog(), BlobStore.NONE, LoopMetrics.NONE, cause -> {});
    loop.start();
    return loop;
  }

  /** Lets the log drive this replica. Once. */
  public void start() {
    log.start(replica);
  }

  // ---- sessions

  /**
   * Opens a session of this process. It lives until it is closed, expired, or the loop closes.
   *
   * <p>{@code handler} is called by whatever thread performs the effects: under load, any thread
   * that sends.
   */
  public QueueSession open(OpenSession open, SessionHandler handler) {
    LocalSession session = new LocalSession(this, handler);
    post(
        next -> {
          if (conversations == null) {
            session.end(refusal(ErrorCode.SESSION_CLOSED, "the queue is shut down, or not up yet"));
            return;
          }
          opening.put(open.getNonce(), session);
          next.own(Operation.newBuilder().setOpenSession(open).build());
          next.close(); // what the session sends next needs the number that this entry gives it
        });
    return session;
  }

  void send(LocalSession session, Operation operation) {
    if (!closed) {
      post(
          next -> {
            if (!session.hasEnded()) {
              next.local(session, operation);
            }
          });
    }
  }

  /** {@code session} has something to confirm, or to send again. */
  void sendMore(LocalSession session) {
    post(
        next -> {
          if (!session.hasEnded()) {
            next.local(session);
          }
        });
  }

  /** Ends {@code session}, one of {@link #open}, because its owner is gone. */
  public void expire(QueueSession session, int exitCode, String cause) {
    LocalSession local = (LocalSession) session;
    post(
        next -> {
          if (local.number != 0) {
            next.own(expiry(local.number, exitCode, cause));
          }
        });
  }

  private static Operation expiry(long session, int exitCode, String cause) {
    return Operation.newBuilder()
        .setExpireSession(
            ExpireSession.newBuilder().setSession(session).setExitCode(exitCode).setCause(cause))
        .build();
  }

  /**
   * A session's request has come over {@code from}. Lost while this replica does not lead: the
   * session asks again.
   */
  public void receive(Request request, Link from) {
    post(
        next -> {
          if (conversations != null) {
            conversations.receive(request, from, machine, performer, next, clockMillis.getAsLong());
            performer.perform();
          }
        });
  }

  /** {@code link} is gone, and hears nothing more. {@code then} runs like a call of its own. */
  public void hangUp(Link link, Runnable then) {
    post(
        next -> {
          if (conversations != null) {
            conversations.forget(link);
          }
          then.run();
        });
  }

  // ---- reads

  /**
   * What {@code question} makes of the machine, as it is after everything acknowledged so far. Does
   * not wait for the entry under way, which nobody has been told of. Fails with a {@link
   * NotLeadingException} where this replica does not lead: it may be behind.
   */
  public <T extends @Nullable Object> CompletableFuture<T> read(
      Function<QueueMachine, T> question) {
    if (!leads) {
      return CompletableFuture.failedFuture(new NotLeadingException(log.leader()));
    }
    CompletableFuture<@Nullable Void> caughtUp = log.catchUp();
    return caughtUp.isDone() && !caughtUp.isCompletedExceptionally()
        ? look(question)
        : caughtUp.thenCompose(done -> look(question));
  }

  /** Whether this replica leads, as far as it knows. */
  public boolean leads() {
    return leads;
  }

  /** The level of the queue, as this replica has it: nothing above it may be sent to it. */
  public int level() {
    return level;
  }

  /** {@code action} runs whenever this replica leads no more: quickly, and without a lock. */
  public void onFollow(Runnable action) {
    onFollow.add(action);
  }

  /** The name of the replica that leads, as far as this one knows; null where it knows of none. */
  public @Nullable String leader() {
    return log.leader();
  }

  /** See {@link Log#handOver}. Calls that are under way end as where another is elected. */
  public void handOver() {
    log.handOver();
  }

  /** What {@code question} makes of the machine of this replica, which may be behind. */
  public <T extends @Nullable Object> CompletableFuture<T> look(
      Function<QueueMachine, T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    if (inside.compareAndSet(Inside.ENTRY_UNDER_WAY, Inside.BUSY)) {
      T known;
      try {
        known = question.apply(machine);
      } catch (RuntimeException | Error e) {
        answer.completeExceptionally(e);
        return answer;
      } finally {
        inside.set(Inside.ENTRY_UNDER_WAY);
      }
      answer.complete(known); // whoever waits for it may call this loop
      return answer;
    }
    post(
        next -> {
          try {
            answer.complete(question.apply(machine));
          } catch (RuntimeException | Error e) {
            answer.completeExceptionally(e);
          }
        });
    return answer;
  }

  /**
   * Whether the queue works, all the way: appends an entry that changes nothing, and gives its
   * index when it is applied. Fails where this replica does not lead; never completes where the log
   * hangs, so wait with an end.
   */
  public CompletableFuture<Long> probe() {
    CompletableFuture<Long> applied = new CompletableFuture<>();
    post(
        next -> {
          if (conversations == null) {
            applied.completeExceptionally(
                new IllegalStateException("the queue is shut down, or not up yet"));
          } else {
            next.own(Operation.newBuilder().setTick(Tick.getDefaultInstance()).build());
            probes.add(applied);
          }
        });
    return applied;
  }

  // ---- time

  private long logTimeMillis() {
    return logTimeAtElection + clockMillis.getAsLong() - clockAtElection;
  }

  private void wake() {
    post(
        next -> {
          if (conversations == null) {
            return;
          }
          if (machine.nextDeadlineMillis() <= logTimeMillis()) {
            next.own(Operation.newBuilder().setTick(Tick.getDefaultInstance()).build());
          }
          conversations.expireSilent(clockMillis.getAsLong(), next);
          setAlarm();
        });
  }

  private void setAlarm() {
    if (conversations == null) {
      return;
    }
    long now = clockMillis.getAsLong();
    long deadline = machine.nextDeadlineMillis();
    long expiry = conversations.nextLookMillis();
    alarm.set(
        Math.min(
            deadline == Long.MAX_VALUE ? deadline : Math.max(1, deadline - logTimeMillis()),
            expiry == Long.MAX_VALUE ? expiry : Math.max(1, expiry - now)));
  }

  // ---- ending

  /** Ends all sessions of this process, whose handlers are told, and the log. */
  @Override
  public void close() {
    closed = true;
    alarm.close();
    CompletableFuture<Void> stopped = new CompletableFuture<>();
    post(
        next -> {
          stop(ErrorCode.SESSION_CLOSED, "the queue was shut down");
          stopped.complete(null);
        });
    // An entry that is under way still counts, if its log goes on at all.
    var unused = stopped.completeOnTimeout(null, LAST_ENTRY_SECONDS_MAX, TimeUnit.SECONDS).join();
    log.close();
  }

  private void stop(ErrorCode code, String message) {
    if (conversations != null) {
      conversations.close(message);
      conversations = null;
      leads = false;
    }
    probes.forEach(probe -> probe.completeExceptionally(new IllegalStateException(message)));
    probes.clear();
    List<LocalSession> all = new ArrayList<>(sessions.values());
    all.addAll(opening.values());
    sessions.clear();
    opening.clear();
    all.forEach(session -> session.end(refusal(code, message)));
  }

  /**
   * An invariant is broken, or the log: no further entry may build on it. Who happened to send has
   * nothing to do with that; all sessions are told.
   */
  private void broken(Throwable cause) {
    LOG.log(System.Logger.Level.ERROR, "the queue has stopped", cause);
    closed = true;
    stop(
        ErrorCode.QUEUE_BROKEN,
        "the queue met an error of its own and stopped; please report it: " + cause);
    onBroken.accept(cause);
  }

  private static Refusal refusal(ErrorCode code, String message) {
    return Refusal.newBuilder().setCode(code).setMessage(message).build();
  }

  // ---- the loop

  private void post(Work work) {
    inbox.add(work);
    pump();
  }

  private void pump() {
    // Whoever leaves looks at the inbox again, so nothing is left lying.
    while (!inbox.isEmpty() && inside.compareAndSet(Inside.NOBODY, Inside.BUSY)) {
      Entry entry = gather();
      if (entry == null) {
        inside.set(Inside.NOBODY);
      } else {
        inside.set(Inside.ENTRY_UNDER_WAY);
        append(entry);
      }
    }
  }

  /** Whoever is busy never waits for anything. */
  private Inside enter() {
    while (true) {
      Inside before = inside.get();
      if (before == Inside.BUSY) {
        Thread.onSpinWait();
      } else if (inside.compareAndSet(before, Inside.BUSY)) {
        return before;
      }
    }
  }

  private void append(Entry entry) {
    Thread self = Thread.currentThread();
    appending = self;
    appendedNanos = System.nanoTime();
    try {
      log.append(entry);
    } catch (RuntimeException | Error e) {
      enter();
      broken(e);
      inside.set(Inside.NOBODY);
    } finally {
      if (appending == self) { // else the next is being appended already
        appending = null;
      }
    }
  }

  /** The next entry; null where nothing is to be appended. */
  private @Nullable Entry gather() {
    Gathering next = new Gathering();
    try {
      for (Work work = inbox.poll(); work != null; work = next.isFull() ? null : inbox.poll()) {
        work.run(next);
      }
    } catch (RuntimeException | Error e) {
      broken(e);
    }
    return conversations == null ? null : next.entry(logTimeMillis());
  }

  private static int operations(Entry entry) {
    int operations = 0;
    for (int i = 0; i < entry.getBatchesCount(); i++) {
      operations += entry.getBatches(i).getOperationsCount();
    }
    return operations;
  }

  /** What the log says to this replica. */
  private final class LogReplica implements Log.Replica {

    @Override
    public void restore(Snapshot snapshot) {
      Inside before = enter();
      try {
        machine = QueueMachine.restore(snapshot);
        level = machine.level();
        blobs.restore(snapshot);
      } finally {
        inside.set(before);
      }
    }

    @Override
    public void apply(Entry entry) {
      boolean withinAppend = appending == Thread.currentThread();
      Inside before = enter();
      long certain = System.nanoTime();
      try {
        machine.apply(entry, performer);
        level = machine.level();
        performer.perform();
        setAlarm();
        probes.forEach(probe -> probe.complete(machine.index()));
        probes.clear();
        metrics.applied(
            operations(entry),
            entry.getSerializedSize(),
            before == Inside.ENTRY_UNDER_WAY ? certain - appendedNanos : 0,
            System.nanoTime() - certain);
      } catch (RuntimeException | Error e) {
        broken(e);
      } finally {
        inside.set(Inside.NOBODY);
      }
      if (!withinAppend) {
        pump(); // else this thread goes on behind the append
      }
    }

    @Override
    public Snapshot snapshot() {
      Inside before = enter();
      Snapshot taken;
      try {
        taken = machine.snapshot();
      } finally {
        inside.set(before);
      }
      pump(); // it may have taken long
      return taken;
    }

    @Override
    public void sync(Snapshot snapshot) {
      blobs.sync(snapshot);
    }

    @Override
    public void begin(Snapshot snapshot) {
      blobs.begin(snapshot);
    }

    @Override
    public boolean has(BlobSnapshot listed) {
      return blobs.has(listed);
    }

    @Override
    public @Nullable InputStream open(BlobSnapshot listed) throws IOException {
      return blobs.open(listed);
    }

    @Override
    public void take(BlobSnapshot listed, Iterator<byte[]> pieces) throws IOException {
      blobs.take(listed, pieces);
    }

    @Override
    public @Nullable String newer(Entry entry) {
      for (Batch batch : entry.getBatchesList()) {
        for (Operation operation : batch.getOperationsList()) {
          int raised = operation.getRaiseLevel().getLevel();
          if (batch.getSession() == 0 && raised > features.levelMax()) {
            return "level %d of the queue, above %d".formatted(raised, features.levelMax());
          }
        }
      }
      return KnownFields.firstUnknown(entry);
    }

    @Override
    public int level() {
      return level;
    }

    @Override
    public int levelMax() {
      return features.levelMax();
    }

    @Override
    public void raise(int to) {
      if (level < to) {
        post(
            next -> {
              if (machine.level() < to) {
                next.own(
                    Operation.newBuilder()
                        .setRaiseLevel(RaiseLevel.newBuilder().setLevel(to))
                        .build());
              }
            });
      }
    }

    @Override
    public void lead(long term) {
      enter();
      if (!closed) {
        clockAtElection = clockMillis.getAsLong();
        // Downtime does not count, and log time starts above 0.
        logTimeAtElection = Math.max(1, machine.nowMillis());
        conversations = new Conversations(term, machine, clockAtElection);
        leads = true;
        setAlarm();
      }
      inside.set(Inside.NOBODY);
      pump();
    }

    @Override
    public void follow() {
      enter();
      try {
        stop(ErrorCode.SESSION_CLOSED, "another replica leads the queue now; open a new session");
      } finally {
        inside.set(Inside.NOBODY);
      }
      onFollow.forEach(Runnable::run);
      pump();
    }
  }

  /** Collects what an entry brings about, and then does it, in order. A follower does little. */
  private final class Performer implements Effects {

    private final List<Runnable> effects = new ArrayList<>();

    void perform() {
      effects.forEach(Runnable::run);
      effects.clear();
      if (conversations != null) {
        conversations.send();
      }
    }

    private void tell(long number, Consumer<LocalSession> local, Consumer<Conversations> remote) {
      if (conversations == null) {
        return;
      }
      effects.add(
          () -> {
            LocalSession session = sessions.get(number);
            if (session != null) {
              tell(session, local);
            } else if (conversations != null) {
              remote.accept(conversations);
            }
          });
    }

    private void tell(LocalSession session, Consumer<LocalSession> news) {
      try {
        news.accept(session);
      } catch (RuntimeException | Error e) {
        // Of its handler. Others must not suffer for it.
        LOG.log(System.Logger.Level.ERROR, "session " + session.number + " has failed", e);
        String message = "its handler failed: " + e;
        inbox.add(next -> next.own(expiry(session.number, 0, message)));
        sessions.remove(session.number);
        session.end(refusal(ErrorCode.SESSION_CLOSED, message));
      }
    }

    @Override
    public void opened(ByteString nonce, Reply reply) {
      effects.add(
          () -> {
            LocalSession session = opening.remove(nonce);
            if (session != null) {
              opened(session, reply);
            } else if (conversations != null) {
              conversations.opened(nonce, reply, clockMillis.getAsLong());
            }
          });
    }

    private void opened(LocalSession session, Reply reply) {
      if (reply.hasRefusal()) {
        session.end(reply.getRefusal());
        return;
      }
      session.number = reply.getSessionOpened().getSession();
      sessions.put(session.number, session);
    }

    @Override
    public void applied(long number, long sequence) {
      tell(
          number, session -> session.applied(sequence), remote -> remote.applied(number, sequence));
    }

    @Override
    public void heldBack(long number) {
      // A session of this process sees by what was applied that there is more to send.
      tell(number, session -> {}, remote -> remote.heldBack(number));
    }

    @Override
    public void reply(long number, Reply reply) {
      if (reply.hasRefusal()) {
        metrics.refused(reply.getRefusal().getCode());
      }
      tell(number, session -> session.reply(reply), remote -> remote.reply(number, reply));
    }

    @Override
    public void deliver(long number, Delivery delivery) {
      tell(
          number,
          session -> session.handler.onDelivery(delivery),
          remote -> remote.deliver(number, delivery));
    }

    @Override
    public void blobWritten(Blob blob, long offsetBytes, ByteString data) {
      effects.add(() -> blobs.write(blob, offsetBytes, data));
    }

    @Override
    public void blobForgotten(Blob blob) {
      effects.add(() -> blobs.forget(blob));
    }

    @Override
    public void ended(long number, Refusal reason) {
      tell(
          number,
          session -> {
            sessions.remove(number);
            session.end(reason);
          },
          remote -> remote.ended(number, reason));
    }
  }
}
