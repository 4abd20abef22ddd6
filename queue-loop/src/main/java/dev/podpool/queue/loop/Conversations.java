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

  private static final long RESPONSE_BYTES_TARGET = 1 << 20;

  private final long term;
  private final Map<Long, Conversation> bySession = new HashMap<>();
  private final Map<ByteString, Conversation> opening = new HashMap<>();
  // The one that has been silent for longest comes first.
  private final LinkedHashMap<Long, Long> heardAtMillis = new LinkedHashMap<>(16, 0.75f, true);
  private final LinkedHashMap<Conversation, Response.Builder> answers = new LinkedHashMap<>();

  private static final class Conversation {
    final Link link;
    final long epoch;
    long lastNumber;
    // Of the deliveries in its answer.
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
      String principal = machine.principal(session);
      current = new Conversation(from, request.getEpoch());
      if (principal != null && !principal.equals(from.principal())) {
        refuse(current, session, from.principal());
        return;
      }
      bySession.put(session, current);
      machine.resume(session, effects);
    }
    if (current == null || !current.link.equals(from) || current.epoch != request.getEpoch()) {
      return; // of an older connection, or one that began with another leader
    }
    if (heardAtMillis.containsKey(session)) {
      heardAtMillis.put(session, nowMillis);
    }
    if (batch.getOperationsCount() > 0 || batch.getConfirmedWakesCount() > 0) {
      next.remote(batch);
    } else if (!request.getResume()) {
      answer(current); // a sign of life is answered, and not logged
    }
  }

  private void open(Request request, Link from, Gathering next) {
    ByteString nonce = request.getOpen().getNonce();
    Conversation known = opening.get(nonce);
    if (known == null || known.epoch < request.getEpoch()) {
      opening.put(nonce, new Conversation(from, request.getEpoch()));
      OpenSession open = request.getOpen().toBuilder().setPrincipal(from.principal()).build();
      next.own(Operation.newBuilder().setOpenSession(open).build());
    }
  }

  /** Knowing a session's number is no right to it. */
  private void refuse(Conversation stranger, long session, String principal) {
    Refusal refusal =
        Refusal.newBuilder()
            .setCode(ErrorCode.PERMISSION_DENIED)
            .setMessage("session " + session + " is not " + principal + "'s; open one of your own")
            .build();
    answer(stranger).setSession(session).setEnded(refusal);
  }

  /** {@code link} is gone: whoever talked on it will come by another. */
  void forget(Link link) {
    bySession.values().removeIf(conversation -> conversation.link.equals(link));
    opening.values().removeIf(conversation -> conversation.link.equals(link));
    answers.keySet().removeIf(conversation -> conversation.link.equals(link));
  }

  /** This replica leads no more. */
  void close(String reason) {
    Set<Link> links = new HashSet<>();
    bySession.values().forEach(conversation -> links.add(conversation.link));
    opening.values().forEach(conversation -> links.add(conversation.link));
    links.forEach(link -> link.close(reason));
  }

  // ---- silence

  /** Proposes the end of each session that has been silent for its term. */
  void expireSilent(long nowMillis, Gathering next) {
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

  /** When somebody will have been silent for too long; {@link Long#MAX_VALUE} where nobody can. */
  long nextExpiryMillis() {
    Iterator<Long> heard = heardAtMillis.values().iterator();
    return heard.hasNext() ? heard.next() + TERM_MILLIS : Long.MAX_VALUE;
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
    if (conversation == null || (known != null && known.epoch >= conversation.epoch)) {
      return; // asked twice, and answered
    }
    if (session > 0) {
      bySession.put(session, conversation);
    }
    answer(conversation).addReplies(reply);
  }

  void applied(long session, long sequence) {
    Response.Builder answer = answer(session);
    if (answer != null) {
      answer.setApplied(sequence);
    }
  }

  void reply(long session, Reply reply) {
    Response.Builder answer = answer(session);
    if (answer != null) {
      answer.addReplies(reply);
    }
  }

  void deliver(long session, Delivery delivery) {
    Conversation conversation = bySession.get(session);
    if (conversation == null) {
      return;
    }
    Response.Builder answer = answer(conversation).setSession(session).addDeliveries(delivery);
    conversation.answerBytes += delivery.getSerializedSize();
    if (conversation.answerBytes > RESPONSE_BYTES_TARGET) {
      answers.remove(conversation);
      send(conversation, answer.setPartial(true));
    }
  }

  void ended(long session, Refusal reason) {
    heardAtMillis.remove(session);
    Response.Builder answer = answer(session);
    if (answer != null) {
      answer.setEnded(reason);
      bySession.remove(session);
    }
  }
}
