package dev.podpool.operator.control;

import com.google.protobuf.ByteString;
import dev.podpool.crd.WorkerPoolSpec;
import dev.podpool.protocol.CordonWorker;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.DeletePool;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.FailureKind;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.ReportPoolFailure;
import dev.podpool.protocol.ReportWorkerEnd;
import dev.podpool.protocol.SignalProcess;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.session.QueueSession;
import dev.podpool.session.RandomId;
import dev.podpool.session.SessionHandler;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The session by which whoever runs pools changes their queue. A session that has ended is followed
 * by another; {@link #generation} tells: what was sent in an earlier one may be lost. Nothing here
 * waits. Thread-safe.
 */
public final class Control {

  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final QueueConnection connection;
  private final Consumer<String> onReply;
  private final Runnable onEnd;
  private final Map<String, String> problems = new ConcurrentHashMap<>();
  private @Nullable QueueSession session; // guarded by this
  private volatile boolean over = true;
  private int generation; // guarded by this

  /**
   * Opens nothing until something is sent.
   *
   * @param onReply takes the name of a pool whose {@link #problem} may be another now
   * @param onEnd called when the session has ended, and what was sent may be lost
   */
  public Control(QueueConnection connection, Consumer<String> onReply, Runnable onEnd) {
    this.connection = connection;
    this.onReply = onReply;
    this.onEnd = onEnd;
  }

  /** Which session what is sent next goes to. */
  public synchronized int generation() {
    if (over) {
      over = false;
      generation++;
      OpenSession open = OpenSession.newBuilder().setNonce(RandomId.next()).build();
      session = connection.open(open, new Handler(), PATIENCE);
    }
    return generation;
  }

  /** Why {@code pool} can't be defined; empty if it can. */
  public String problem(String pool) {
    return problems.getOrDefault(pool, "");
  }

  /** What the queue is to know of the pool with that name and uid. */
  public static DefinePool definition(String pool, String uid, WorkerPoolSpec spec) {
    return DefinePool.newBuilder()
        .setPool(pool)
        .setUid(uid)
        .setMaxAttempts(spec.maxAttempts())
        .setItemTimeoutMillis(spec.taskTimeoutIfAny().map(Duration::toMillis).orElse(0L))
        .build();
  }

  /** Has the queue know a pool, or its changed settings. */
  public void define(DefinePool definition) {
    problems.remove(definition.getPool());
    send(Operation.newBuilder().setDefinePool(definition));
  }

  /**
   * Has the queue forget a pool, with its jobs.
   *
   * @param uid of the one that is meant; empty for whichever has the name
   */
  public void delete(String pool, String uid) {
    problems.remove(pool);
    send(Operation.newBuilder().setDeletePool(DeletePool.newBuilder().setPool(pool).setUid(uid)));
  }

  /** Has the queue give that worker no more work, or give it work again. */
  public void cordon(String pool, String worker, boolean cordoned) {
    send(
        Operation.newBuilder()
            .setCordonWorker(
                CordonWorker.newBuilder().setPool(pool).setWorker(worker).setCordoned(cordoned)));
  }

  /**
   * Says how a worker's process ended.
   *
   * @param nonce what its session was opened with
   * @param exitCode negative N where signal N ended it; 0 where that is not known
   * @param disrupted whether its place was taken away, which is charged to no item
   */
  public void ended(ByteString nonce, int exitCode, String cause, boolean disrupted) {
    send(
        Operation.newBuilder()
            .setReportWorkerEnd(
                ReportWorkerEnd.newBuilder()
                    .setNonce(nonce)
                    .setExitCode(exitCode)
                    .setCause(cause)
                    .setDisrupted(disrupted)));
  }

  /** Has a process end: in its own way by 15 (SIGTERM), for good by 9 (SIGKILL). */
  public void signal(String process, int signal) {
    send(
        Operation.newBuilder()
            .setSignalProcess(SignalProcess.newBuilder().setPool(process).setSignal(signal)));
  }

  /**
   * Says of a process that it can't come up: it ends, with exit code 1. Nothing where it has ended.
   *
   * @param reason one CamelCase word, such as {@code Evicted}
   * @param words for people
   */
  public void lost(String process, String reason, String words) {
    send(
        Operation.newBuilder()
            .setReportPoolFailure(
                ReportPoolFailure.newBuilder()
                    .setPool(process)
                    .setFailures(1)
                    .setFinal(true)
                    .setFailure(
                        Failure.newBuilder()
                            .setKind(FailureKind.THREW)
                            .setType(reason)
                            .setMessage(words)
                            .setWorker(process))));
  }

  private synchronized void send(Operation.Builder operation) {
    var unused = generation();
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
        String pool = operation.getDefinePool().getPool();
        if (reply.hasRefusal()) {
          problems.put(pool, reply.getRefusal().getMessage());
        }
        onReply.accept(pool);
      }
    }

    @Override
    public void onEnd(Refusal reason) {
      over = true; // the next that is sent opens another
      onEnd.run();
    }
  }
}
