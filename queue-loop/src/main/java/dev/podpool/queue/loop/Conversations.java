package dev.podpool.queue.loop;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ExpireSession;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Response;
import dev.podpool.queue.Effects;
import dev.podpool.queue.QueueMachine;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The sessions that talk to a leader over connections: which they came by last, and when each was
 * last heard. All of it may be lost with the leader: a session that hears nothing begins a new
 * epoch. Owned by who is inside the loop.
 *
 * <p>What one entry means for a session is one response; {@link #send} sends them all.
 */
final class Conversations {

  /** A session that has not been heard for so long expires. */
  static final long TERM_MILLIS = 10_000;

  /** Sessions that may be open at once. */
  static final int SESSIONS_MAX = 20_000;

  /** Bytes of items in a worker's hands: with headers and one item more, they fit one message. */
  static final long HELD_BYTES_MAX = 24L << 20;

  // Silence is looked for so often. Where a look is as late as the second says, it was this process
  // that stood still, stopped or starved: then it cannot tell who was silent.
  private static final long LOOK_MILLIS = 1_000;
  private static final long PAUSE_MILLIS = 3_000;

  private static final long RESPONSE_BYTES_TARGET = 1 << 20;

  private final long term;
  private final Map<Long, Conversation> bySession = new HashMap<>();
  private final Map<ByteString, Conversation> opening = new HashMap<>();
  // The one that has been silent for longest comes first.
  private final LinkedHashMap<Long, Long> heardAtMillis = new LinkedHashMap<>(16, 0.75f, true);
  private final LinkedHashMap<Conversation, Response.Builder> answers = new LinkedHashMap<>();
  // Those of bySession and opening, for when a connection breaks that many may share.
  private final LinkedHashMap<Link, Set<Conversation>> byLink = new LinkedHashMap<>();
  private long lookedAtMillis;

  private static final class Conversation {
    final Link link;
    final long epoch;
    // 0 while it is being opened with this.
    long session;
    ByteString nonce = ByteString.EMPTY;
    long lastNumber;
    // Of the replies and deliveries in its answer.
    long answerBytes;

    Conversation(Link link, long epoch) {
      this.link = link;
      this.epoch = epoch;
    }
  }

  /**
   * Those of the leader of {@code term}, which gives each session of {@code machine} a full term.
   */
  Conversations(long term, QueueMachine machine, long nowMillis) {
    this.term = term;
    lookedAtMillis = nowMillis;
    machine.sessions().forEach(session -> heardAtMillis.put(session, nowMillis));
  }

  // ---- requests

  void receive(
      Request request,
      Link from,
      QueueMachine machine,
      Effects effects,
      Gathering next,
      long nowMillis) {
    if (request.hasOpen()) {
      open(request, from, next);
      return;
    }
    Batch batch = request.getBatch();
    long session = batch.getSession();
    Conversation current = bySession.get(session);
    if (request.getResume() && (current == null || current.epoch < request.getEpoch())) {
      OpenSession opened = machine.opened(session);
      current = new Conversation(from, request.getEpoch());
      if (opened != null && !from.mayResume(opened)) {
        refuse(current, session, from.principal());
        return;
      }
      talk(session, current);
      machine.resume(session, effects);
    }
    if (current == null || !current.link.equals(from) || current.epoch != request.getEpoch()) {
      return; // of an older connection, or one that began with another leader
    }
    if (heardAtMillis.containsKey(session)) {
      heardAtMillis.put(session, nowMillis);
    }
    boolean changes = batch.getOperationsCount() > 0 || batch.getConfirmedWakesCount() > 0;
    if (changes || machine.hasMuchToConfirm(session)) {
      next.remote(batch);
    } else if (!request.getResume()) {
      answer(current); // a sign of life is answered, and not logged
    }
  }

  private void open(Request request, Link from, Gathering next) {
    ByteString nonce = request.getOpen().getNonce();
    Conversation known = opening.get(nonce);
    if (known != null && known.epoch >= request.getEpoch()) {
      return;
    }
    Conversation asking = new Conversation(from, request.getEpoch());
    if (known == null && heardAtMillis.size() + opening.size() >= SESSIONS_MAX) {
      answer(asking).addReplies(Reply.newBuilder().setRefusal(tooManySessions()));
      return;
    }
    asking.nonce = nonce;
    leaveLink(opening.put(nonce, asking));
    byLink.computeIfAbsent(from, any -> new HashSet<>()).add(asking);
    OpenSession open =
        request.getOpen().toBuilder()
            .setPrincipal(from.principal())
            .setHeldBytesMax(HELD_BYTES_MAX)
            .build();
    next.own(Operation.newBuilder().setOpenSession(open).build());
  }

  private static Refusal tooManySessions() {
    return Refusal.newBuilder()
        .setCode(ErrorCode.QUEUE_FULL)
        .setMessage(
            "the queue has "
                + SESSIONS_MAX
                + " sessions, its limit; close some, or retry when some have expired")
        .build();
  }

  /** From now on {@code session} is talked to by {@code conversation}, and by no other. */
  private void talk(long session, Conversation conversation) {
    conversation.session = session;
    leaveLink(bySession.put(session, conversation));
    byLink.computeIfAbsent(conversation.link, any -> new HashSet<>()).add(conversation);
  }

  private void leaveLink(@Nullable Conversation conversation) {
    if (conversation == null) {
      return;
    }
    Set<Conversation> its = byLink.get(conversation.link);
    if (its != null && its.remove(conversation) && its.isEmpty()) {
      byLink.remove(conversation.link);
    }
  }

  /** Knowing a session's number is no right to it. */
  private void refuse(Conversation stranger, long session, String principal) {
    Refusal refusal =
        Refusal.newBuilder()
            .setCode(ErrorCode.PERMISSION_DENIED)
            .setMessage(
                "session %d can't be taken up again by %s: it was opened under another name or by another pod, or this queue has lost its log and begun anew since. Connect anew, for a session of your own"
                    .formatted(session, principal))
            .build();
    answer(stranger).setSession(session).setEnded(refusal);
  }

  /** {@code link} is gone: whoever talked on it will come by another. */
  void forget(Link link) {
    Set<Conversation> its = byLink.remove(link);
    if (its != null) {
      for (Conversation conversation : its) {
        bySession.remove(conversation.session, conversation);
        opening.remove(conversation.nonce, conversation);
        answers.remove(conversation);
      }
    }
  }

  /** This replica leads no more. */
  void close(String reason) {
    byLink.keySet().forEach(link -> link.close(reason));
  }

  // ---- silence

  /** Proposes the end of each session that has been silent for its term. */
  void expireSilent(long nowMillis, Gathering next) {
    if (nowMillis - lookedAtMillis > PAUSE_MILLIS) {
      heardAtMillis.replaceAll((session, heard) -> nowMillis);
    }
    lookedAtMillis = nowMillis;
    Iterator<Map.Entry<Long, Long>> longest = heardAtMillis.entrySet().iterator();
    while (longest.hasNext()) {
      Map.Entry<Long, Long> each = longest.next();
      if (nowMillis - each.getValue() < TERM_MILLIS) {
        return;
      }
      longest.remove();
      ExpireSession.Builder expire =
          ExpireSession.newBuilder()
              .setSession(each.getKey())
              .setCause("not heard of for " + TERM_MILLIS / 1000 + " s");
      next.own(Operation.newBuilder().setExpireSession(expire).build());
    }
  }

  /** When to look for silence next; {@link Long#MAX_VALUE} while there is nobody. */
  long nextLookMillis() {
    Iterator<Long> heard = heardAtMillis.values().iterator();
    return heard.hasNext()
        ? Math.min(heard.next() + TERM_MILLIS, lookedAtMillis + LOOK_MILLIS)
        : Long.MAX_VALUE;
  }

  // ---- answers

  private Response.Builder answer(Conversation conversation) {
    return answers.computeIfAbsent(conversation, any -> Response.newBuilder());
  }

  private Response.@Nullable Builder answer(long session) {
    Conversation conversation = bySession.get(session);
    return conversation == null ? null : answer(conversation).setSession(session);
  }

  void send() {
    answers.forEach(this::send);
    answers.clear();
  }

  private void send(Conversation conversation, Response.Builder answer) {
    conversation.answerBytes = 0;
    conversation.link.answer(
        answer
            .setTerm(term)
            .setEpoch(conversation.epoch)
            .setNumber(++conversation.lastNumber)
            .build());
  }

  void opened(ByteString nonce, Reply reply, long nowMillis) {
    Conversation conversation = opening.remove(nonce);
    long session = reply.getSessionOpened().getSession();
    if (session > 0) {
      heardAtMillis.put(session, nowMillis);
    }
    Conversation known = bySession.get(session);
    leaveLink(conversation);
    if (conversation == null || (known != null && known.epoch >= conversation.epoch)) {
      return; // asked twice, and answered
    }
    if (session > 0) {
      talk(session, conversation);
    }
    answer(conversation).addReplies(reply);
  }

  void applied(long session, long sequence) {
    Response.Builder answer = answer(session);
    if (answer != null) {
      answer.setApplied(sequence);
    }
  }

  void heldBack(long session) {
    Response.Builder answer = answer(session);
    if (answer != null) {
      answer.setHeldBack(true);
    }
  }

  void reply(long session, Reply reply) {
    Conversation conversation = bySession.get(session);
    if (conversation != null) {
      answer(conversation).setSession(session).addReplies(reply);
      grow(conversation, reply.getSerializedSize());
    }
  }

  void deliver(long session, Delivery delivery) {
    Conversation conversation = bySession.get(session);
    if (conversation != null) {
      answer(conversation).setSession(session).addDeliveries(delivery);
      grow(conversation, delivery.getSerializedSize());
    }
  }

  /** What becomes too long for one response goes in several; the last says how far they go. */
  private void grow(Conversation conversation, long bytes) {
    conversation.answerBytes += bytes;
    if (conversation.answerBytes > RESPONSE_BYTES_TARGET) {
      Response.Builder first = answer(conversation);
      answers.put(
          conversation,
          Response.newBuilder()
              .setSession(first.getSession())
              .setApplied(first.getApplied())
              .setHeldBack(first.getHeldBack()));
      send(conversation, first.clearApplied().clearHeldBack().setPartial(true));
    }
  }

  void ended(long session, Refusal reason) {
    heardAtMillis.remove(session);
    Response.Builder answer = answer(session);
    if (answer != null) {
      answer.setEnded(reason);
      leaveLink(bySession.remove(session));
    }
  }
}
