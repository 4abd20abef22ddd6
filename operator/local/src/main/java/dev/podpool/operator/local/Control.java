package dev.podpool.operator.local;

import com.google.protobuf.ByteString;
import dev.podpool.internal.RandomId;
import dev.podpool.protocol.CordonWorker;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.DeletePool;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.ReportWorkerEnd;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A pool's own session, by which its runtime changes the queue. A session that has ended is
 * followed by another; {@link #generation} tells: what was sent in an earlier one may be lost.
 * Owned by the pool's thread.
 */
final class Control {

  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final QueueConnection connection;
  private final String pool;
  private final Runnable changed;
  private @Nullable QueueSession session;
  private volatile boolean over = true;
  private int generation;
  private volatile String problem = "";

  /**
   * @param changed called when a plan should be made anew
   */
  Control(QueueConnection connection, String pool, Runnable changed) {
    this.connection = connection;
    this.pool = pool;
    this.changed = changed;
  }

  /** Which session what is sent next goes to. */
  int generation() {
    if (over) {
      over = false;
      generation++;
      OpenSession open = OpenSession.newBuilder().setNonce(RandomId.next()).build();
      session = connection.open(open, new Handler(), PATIENCE);
    }
    return generation;
  }

  /** Why the pool can't be defined; empty if it can. */
  String problem() {
    return problem;
  }

  void define(DefinePool definition) {
    problem = "";
    send(Operation.newBuilder().setDefinePool(definition));
  }

  void delete() {
    send(Operation.newBuilder().setDeletePool(DeletePool.newBuilder().setPool(pool)));
  }

  void cordon(String worker, boolean cordoned) {
    send(
        Operation.newBuilder()
            .setCordonWorker(
                CordonWorker.newBuilder().setPool(pool).setWorker(worker).setCordoned(cordoned)));
  }

  void ended(ByteString nonce, int exitCode, String cause) {
    send(
        Operation.newBuilder()
            .setReportWorkerEnd(
                ReportWorkerEnd.newBuilder()
                    .setNonce(nonce)
                    .setExitCode(exitCode)
                    .setCause(cause)));
  }

  private void send(Operation.Builder operation) {
    var _ = generation();
    if (session != null) {
      session.send(operation.build());
    }
  }

  private final class Handler implements SessionHandler {

    @Override
    public void onDelivery(Delivery delivery) {}

    @Override
    public void onReply(Operation operation, Reply reply) {
      if (operation.hasDefinePool()) {
        problem = reply.getRefusal().getMessage();
        changed.run();
      }
    }

    @Override
    public void onEnd(Refusal reason) {
      over = true; // the next that is sent opens another
      changed.run();
    }
  }
}
