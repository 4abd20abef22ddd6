package dev.podpool.sim;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.ExpireSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Response;
import dev.podpool.protocol.Tick;
import dev.podpool.queue.Effects;
import dev.podpool.queue.QueueMachine;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a leader does beside the log, all of it volatile: gathers batches, stamps time, performs
 * effects, remembers when it last heard from each session.
 */
final class Front implements Effects {

  private static final long TERM_MILLIS = 10_000;
  private static final int BATCHES_MAX = 16;

  private final World world;
  private final Replicas replicas;
  private final QueueMachine machine;
  private final long term;
  private final long electedAtMillis;
  private final long logTimeAtElection;
  private final List<Batch> gathered = new ArrayList<>();
  private final Map<Long, Connection> connections = new LinkedHashMap<>();
  private final Map<ByteString, Connection> opening = new LinkedHashMap<>();
  private final Map<Long, Long> heardAtMillis = new LinkedHashMap<>();
  private final Map<Connection, Response.Builder> answers = new LinkedHashMap<>();
  private boolean appending;
  private boolean stopped;

  private static final class Connection {
    final Link link;
    final long epoch;
    long number;

    Connection(Link link, long epoch) {
      this.link = link;
      this.epoch = epoch;
    }
  }

  Front(World world, Replicas replicas, QueueMachine machine, long term) {
    this.term = term;
    this.world = world;
    this.replicas = replicas;
    this.machine = machine;
    this.electedAtMillis = world.nowMillis();
    this.logTimeAtElection = machine.nowMillis();
  }

  QueueMachine machine() {
    return machine;
  }

  void start() {
    machine.sessions().forEach(session -> heardAtMillis.put(session, world.nowMillis()));
    watchTime();
  }

  void stop() {
    stopped = true;
  }

  private long logTimeMillis() {
    return logTimeAtElection + world.nowMillis() - electedAtMillis;
  }

  // ---- requests

  void receive(Request request, Link from) {
    if (request.hasOpen()) {
      ByteString nonce = request.getOpen().getNonce();
      Connection known = opening.get(nonce);
      if (known == null || known.epoch < request.getEpoch()) {
        opening.put(nonce, new Connection(from, request.getEpoch()));
        own(Operation.newBuilder().setOpenSession(request.getOpen()));
      }
      return;
    }
    Batch batch = request.getBatch();
    long session = batch.getSession();
    Connection connection = connections.get(session);
    if (request.getResume() && (connection == null || connection.epoch < request.getEpoch())) {
      connection = new Connection(from, request.getEpoch());
      connections.put(session, connection);
      machine.resume(session, this);
      send();
    }
    if (connection == null || connection.epoch != request.getEpoch()) {
      return; // of an older connection, or one that began with another leader
    }
    if (heardAtMillis.containsKey(session)) {
      heardAtMillis.put(session, world.nowMillis());
    }
    if (batch.getOperationsCount() > 0 || batch.getConfirmedWakesCount() > 0) {
      gathered.add(batch);
      pump();
    } else if (!request.getResume()) {
      answer(connection); // a sign of life is answered, and not logged
      send();
    }
  }

  private void own(Operation.Builder operation) {
    gathered.add(Batch.newBuilder().addOperations(operation).build());
    pump();
  }

  private void pump() {
    if (appending || stopped || gathered.isEmpty()) {
      return;
    }
    appending = true;
    List<Batch> some = gathered.subList(0, Math.min(BATCHES_MAX, gathered.size()));
    Entry entry = Entry.newBuilder().setTimeMillis(logTimeMillis()).addAllBatches(some).build();
    some.clear();
    replicas.append(entry, this);
  }

  /** {@code entry} has become certain. */
  void apply(Entry entry, QueueMachine leader) {
    leader.apply(entry, this);
    send();
    appending = false;
    pump();
  }

  private void watchTime() {
    if (stopped) {
      return;
    }
    if (machine.nextDeadlineMillis() <= logTimeMillis()) {
      own(Operation.newBuilder().setTick(Tick.getDefaultInstance()));
    }
    heardAtMillis.forEach(
        (session, heard) -> {
          if (world.nowMillis() - heard >= TERM_MILLIS) {
            var expire = ExpireSession.newBuilder().setSession(session);
            own(Operation.newBuilder().setExpireSession(expire));
          }
        });
    world.after(20, this::watchTime);
  }

  // ---- effects

  private Response.Builder answer(Connection connection) {
    return answers.computeIfAbsent(connection, c -> Response.newBuilder());
  }

  private void send() {
    answers.forEach(
        (connection, answer) ->
            connection.link.answer(
                answer
                    .setTerm(term)
                    .setEpoch(connection.epoch)
                    .setNumber(++connection.number)
                    .build()));
    answers.clear();
  }

  @Override
  public void opened(ByteString nonce, Reply reply) {
    long session = reply.getSessionOpened().getSession();
    if (session > 0) {
      heardAtMillis.put(session, world.nowMillis());
    }
    Connection connection = opening.remove(nonce);
    Connection known = connections.get(session);
    if (connection == null || (known != null && known.epoch >= connection.epoch)) {
      return; // asked twice, and answered
    }
    if (session > 0) {
      connections.put(session, connection);
    }
    answer(connection).addReplies(reply);
  }

  @Override
  public void applied(long session, long sequence) {
    Connection connection = connections.get(session);
    if (connection != null) {
      answer(connection).setSession(session).setApplied(sequence);
    }
  }

  @Override
  public void reply(long session, Reply reply) {
    Connection connection = connections.get(session);
    if (connection != null) {
      answer(connection).setSession(session).addReplies(reply);
    }
  }

  @Override
  public void deliver(long session, Delivery delivery) {
    Connection connection = connections.get(session);
    if (connection != null) {
      answer(connection).setSession(session).addDeliveries(delivery);
    }
  }

  @Override
  public void ended(long session, Refusal reason) {
    heardAtMillis.remove(session);
    Connection connection = connections.remove(session);
    if (connection != null) {
      answer(connection).setSession(session).setEnded(reason);
    }
  }
}
