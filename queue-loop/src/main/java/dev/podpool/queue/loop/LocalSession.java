package dev.podpool.queue.loop;

import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.session.LateAnswers;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A session whose owner is in this JVM: nothing between them gets lost. Owned by who is inside the
 * loop, but for {@link #send}.
 */
final class LocalSession implements QueueSession {

  private static final System.Logger LOG = System.getLogger(LocalSession.class.getName());

  final SessionHandler handler;
  private final QueueLoop loop;
  // Sent and not known to be applied, by sequence: for its reply.
  private final Map<Long, Operation> unanswered = new HashMap<>();
  private Batch.@Nullable Builder batch;
  private long lastSequence;
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
      if (operation != null && !LateAnswers.has(operation)) {
        unanswered.remove(applied);
        handler.onDone(operation);
      }
    }
  }
}
