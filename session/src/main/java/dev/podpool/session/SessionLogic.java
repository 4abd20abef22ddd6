package dev.podpool.session;

import dev.podpool.protocol.Batch;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Response;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A session's side of the conversation with the queue, without thread, clock or socket: what to
 * send, and what an answer means. Requests and responses may be lost, doubled or reordered.
 *
 * <p>One request is in flight at a time; the next gathers meanwhile. Whatever goes wrong has one
 * cure: a new epoch, in which the queue says what the session holds, and what is not known to be
 * applied is sent again under its old sequence number.
 *
 * <p>Owned by one thread at a time. The owner calls {@link #poll} whenever something was added or
 * received, and when {@link #nextPollMillis} comes.
 */
public final class SessionLogic {

  /** Operations sent and not known to be applied. */
  public static final int UNCONFIRMED_OPERATIONS_MAX = 1024;

  /** A request takes no further operation above this: it is larger by one operation at most. */
  public static final int REQUEST_BYTES_TARGET = 1 << 20;

  /** Milliseconds without an answer after which a request is taken for lost. */
  public static final long PATIENCE_MILLIS = 1_000;

  /** Milliseconds between signs of life; a session's term is ten of them or more. */
  public static final long HEARTBEAT_MILLIS = 1_000;

  /** Milliseconds that what nobody waits for may wait for company. */
  public static final long LINGER_MILLIS = 20;

  /**
   * Bytes of answers that are confirmed at once, whether there is something to send or not: half of
   * what the queue keeps for a session before it gets no more.
   */
  public static final int ANSWERED_BYTES_TARGET = 2 << 20;

  private static final long NOW = Long.MIN_VALUE / 2; // no difference to a time overflows

  private final OpenSession open;
  private final SessionHandler handler;
  private final ArrayDeque<Operation> unsent = new ArrayDeque<>();
  private long unsentDueMillis = Long.MAX_VALUE;
  // Sent under sequence applied + 1 and on, in some epoch.
  private final ArrayDeque<Operation> unapplied = new ArrayDeque<>();
  // Applied, but the answer comes late; by sequence.
  private final Map<Long, Operation> waiting = new LinkedHashMap<>();
  private final List<Long> confirmedWakes = new ArrayList<>();
  private int sentWakes;
  // That have come since something was confirmed.
  private long answeredBytes;
  private long session;
  private long applied;
  private long epoch;
  private long lastNumber;
  // Of the leader that this epoch's first response came from.
  private long term;
  private boolean resuming;
  private boolean inFlight;
  private boolean ended;
  private long sentAtMillis;

  /** A session that is opened with {@code open} when first polled. */
  public SessionLogic(OpenSession open, SessionHandler handler) {
    this.open = open;
    this.handler = handler;
    reconnect();
  }

  /** To be sent, after what was added before. Ignored once the session has ended. */
  public void add(Operation operation) {
    if (!ended) {
      unsent.add(operation);
      unsentDueMillis = NOW;
    }
  }

  /** As {@link #add}, but no reason to send anything for {@link #LINGER_MILLIS}. */
  public void addLater(Operation operation, long nowMillis) {
    if (!ended) {
      unsent.add(operation);
      unsentDueMillis = Math.min(unsentDueMillis, nowMillis + LINGER_MILLIS);
    }
  }

  /** The connection is known to be gone: starts a new epoch. */
  public void reconnect() {
    epoch++;
    lastNumber = 0;
    resuming = true;
    inFlight = false;
  }

  /** Number of the session; 0 until it is open. */
  public long session() {
    return session;
  }

  /** Nothing is left to send or to hear of, but for what waits in the queue. */
  public boolean isIdle() {
    return ended || (unsent.isEmpty() && unapplied.isEmpty() && !resuming && !inFlight);
  }

  /** Whether the session is over. */
  public boolean hasEnded() {
    return ended;
  }

  /**
   * What was added and is not known to be applied, in that order; for a JoinPool, not to be
   * answered. When the handler hears of the end, it still is what it was.
   */
  public List<Operation> unanswered() {
    List<Operation> all = new ArrayList<>(waiting.values());
    all.addAll(unapplied);
    all.addAll(unsent);
    return all;
  }

  /** When to call {@link #poll} next if nothing happens before. */
  public long nextPollMillis() {
    if (ended) {
      return Long.MAX_VALUE;
    }
    return inFlight
        ? sentAtMillis + PATIENCE_MILLIS
        : Math.min(unsentDueMillis, sentAtMillis + HEARTBEAT_MILLIS);
  }

  /** What to send now; null for nothing. */
  public @Nullable Request poll(long nowMillis) {
    if (ended) {
      return null;
    }
    if (inFlight) {
      if (nowMillis < sentAtMillis + PATIENCE_MILLIS) {
        return null;
      }
      reconnect();
    }
    if (!resuming && nowMillis < nextPollMillis()) {
      return null;
    }
    sentAtMillis = nowMillis;
    inFlight = true;
    return resuming ? resumption() : next();
  }

  private Request resumption() {
    Request.Builder request = Request.newBuilder().setEpoch(epoch).setResume(true);
    if (session == 0) {
      return request.setOpen(open).build();
    }
    return request.setBatch(batch()).build();
  }

  /** Everything unconfirmed; only what is new unless the epoch is. Empty: a sign of life. */
  private Request next() {
    long bytes = 0;
    while (!unsent.isEmpty()
        && unapplied.size() < UNCONFIRMED_OPERATIONS_MAX
        && bytes < REQUEST_BYTES_TARGET) {
      Operation operation = unsent.remove();
      bytes += operation.getSerializedSize();
      unapplied.add(operation);
    }
    unsentDueMillis = unsent.isEmpty() ? Long.MAX_VALUE : NOW;
    return Request.newBuilder().setEpoch(epoch).setBatch(batch()).build();
  }

  private Batch batch() {
    sentWakes = confirmedWakes.size();
    answeredBytes = 0;
    return Batch.newBuilder()
        .setSession(session)
        .setFirstSequence(applied + 1)
        .setConfirmed(applied)
        .addAllOperations(unapplied)
        .addAllConfirmedWakes(confirmedWakes)
        .build();
  }

  /** Takes an answer, which may be of any epoch; calls the handler. */
  public void receive(Response response) {
    if (ended || response.getEpoch() != epoch || response.getNumber() <= lastNumber) {
      return;
    }
    if (lastNumber > 0 && response.getTerm() != term) {
      return; // of a leader that does not know what we have heard; it is found out by the silence
    }
    if (response.getNumber() != lastNumber + 1) {
      reconnect();
      return;
    }
    if (lastNumber == 0) {
      term = response.getTerm();
    }
    lastNumber = response.getNumber();
    long answered = epoch;
    for (Reply reply : response.getRepliesList()) {
      receive(reply);
      if (ended) {
        return;
      }
    }
    response.getDeliveriesList().forEach(handler::onDelivery);
    if (response.getPartial()) {
      return;
    }
    advance(response.getApplied());
    if (response.hasEnded()) {
      end(response.getEnded());
    } else if (epoch != answered) {
      // The handler sent something, and that found the connection lost: this answers nothing now.
      return;
    } else if (resuming) {
      // The first answer of an epoch: from here on the queue knows us.
      resuming = false;
      inFlight = false;
      if (!unapplied.isEmpty()) {
        resend();
      }
      if (epoch > 1) {
        handler.onResumed();
      }
    } else if (response.getHeldBack()) {
      inFlight = false;
      resend(); // which confirms what has come
    } else if (unapplied.isEmpty()) {
      inFlight = false;
      confirmedWakes.subList(0, sentWakes).clear();
      sentWakes = 0;
    }
  }

  /** What is unapplied goes out again, before anything new. */
  private void resend() {
    List<Operation> again = new ArrayList<>(unapplied);
    unapplied.clear();
    for (int i = again.size() - 1; i >= 0; i--) {
      unsent.addFirst(again.get(i));
    }
    unsentDueMillis = NOW;
  }

  private void receive(Reply reply) {
    long sequence = reply.getSequence();
    answeredBytes += reply.getSerializedSize();
    if (answeredBytes >= ANSWERED_BYTES_TARGET) {
      unsentDueMillis = NOW;
    }
    if (sequence == 0) {
      if (reply.hasSessionOpened()) {
        session = reply.getSessionOpened().getSession();
      } else {
        end(reply.getRefusal());
      }
      return;
    }
    Operation operation = waiting.remove(sequence);
    if (operation != null) {
      confirmedWakes.add(sequence);
      handler.onReply(operation, reply);
      return;
    }
    if (sequence <= applied) {
      // It was told, and is kept all the same: that it has arrived was lost with a connection.
      if (!confirmedWakes.contains(sequence)) {
        confirmedWakes.add(sequence);
      }
      return;
    }
    // Answers come in order, and none twice: what is before it was simply done.
    if (sequence <= applied + unapplied.size()) {
      advance(sequence - 1);
      applied = sequence;
      Operation answered = unapplied.remove();
      if (LateAnswers.has(answered)) {
        confirmedWakes.add(sequence); // it may have waited while the connection was lost
      }
      handler.onReply(answered, reply);
    }
  }

  private void advance(long nowApplied) {
    while (applied < nowApplied && !unapplied.isEmpty()) {
      Operation done = unapplied.remove();
      applied++;
      if (LateAnswers.has(done)) {
        waiting.put(applied, done);
      } else {
        handler.onDone(done);
      }
    }
  }

  private void end(Refusal reason) {
    ended = true;
    handler.onEnd(reason);
    unsent.clear();
    unapplied.clear();
    waiting.clear();
  }
}
