package dev.podpool.queue.loop;

import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.session.LateAnswers;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import dev.podpool.session.SessionLogic;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A session whose owner is in this JVM: nothing between them gets lost, but the queue may leave
 * what it can't answer yet. Owned by who is inside the loop, but for {@link #send}.
 */
final class LocalSession implements QueueSession {

  private static final System.Logger LOG = System.getLogger(LocalSession.class.getName());

  // About as much as an entry takes; more is there only where the queue holds some back.
  private static final int OPERATIONS_MAX = 4096;
  private static final long BYTES_MAX = 4L << 20;

  final SessionHandler handler;
  private final QueueLoop loop;
  // Sent and not known to be applied: applied + 1 and on.
  private final ArrayDeque<Operation> unapplied = new ArrayDeque<>();
  // Applied, but the answer comes late; by sequence.
  private final Map<Long, Operation> waiting = new HashMap<>();
  private final List<Long> confirmedWakes = new ArrayList<>();
  private long answeredBytes;
  private long applied;
  // 0 until it is open.
  long number;
  private boolean ended;

  LocalSession(QueueLoop loop, SessionHandler handler) {
    this.loop = loop;
    this.handler = handler;
  }

  @Override
  public void send(Operation operation) {
    loop.send(this, operation);
  }

  boolean hasEnded() {
    return ended;
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
    unapplied.add(operation);
  }

  /** For an entry, which is applied before the next is gathered. */
  Batch takeBatch() {
    Batch.Builder batch =
        Batch.newBuilder()
            .setSession(number)
            .setFirstSequence(applied + 1)
            .setConfirmed(applied)
            .addAllConfirmedWakes(confirmedWakes);
    long bytes = 0;
    for (Operation operation : unapplied) {
      if (batch.getOperationsCount() == OPERATIONS_MAX || bytes >= BYTES_MAX) {
        break;
      }
      batch.addOperations(operation);
      bytes += operation.getSerializedSize();
    }
    confirmedWakes.clear();
    answeredBytes = 0;
    return batch.build();
  }

  void reply(Reply reply) {
    long sequence = reply.getSequence();
    Operation operation = waiting.remove(sequence);
    if (operation == null) {
      // Answers come in order, and none twice: what is before it was simply done.
      advance(sequence - 1);
      applied = sequence;
      operation = unapplied.remove();
    }
    if (LateAnswers.has(operation)) {
      confirmedWakes.add(sequence);
    }
    answeredBytes += reply.getSerializedSize();
    if (answeredBytes >= SessionLogic.ANSWERED_BYTES_TARGET) {
      answeredBytes = 0;
      loop.sendMore(this);
    }
    handler.onReply(operation, reply);
  }

  void applied(long sequence) {
    advance(sequence);
    if (!unapplied.isEmpty()) {
      loop.sendMore(this); // held back
    }
  }

  private void advance(long sequence) {
    while (applied < sequence) {
      applied++;
      Operation operation = unapplied.remove();
      if (LateAnswers.has(operation)) {
        waiting.put(applied, operation);
      } else {
        handler.onDone(operation);
      }
    }
  }
}
