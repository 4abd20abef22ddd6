package dev.podpool.local;

import dev.podpool.PodpoolException;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.OutputQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.TaskOutput;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.session.QueueAccess;
import dev.podpool.session.QueueSession;
import dev.podpool.session.RandomId;
import dev.podpool.session.SessionHandler;
import dev.podpool.worker.ChildAccess;
import dev.podpool.worker.Printer;
import dev.podpool.worker.ProcessHost;
import dev.podpool.worker.WorkerSettings;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** A queue of this JVM's, which ends with it. */
final class InMemoryQueue implements QueueAccess {

  private final QueueLoop loop = QueueLoop.inMemory();
  private final Printer printer = new Printer(System.out, System.err);
  private final ProcessHost processes = new ProcessHost(loop::open, this::settings);
  private final Set<String> pools = ConcurrentHashMap.newKeySet();

  private WorkerSettings settings(WorkerSettings of) {
    return of.withListener(printer).withChildAccess(childAccess(of.pool()));
  }

  /** For the children of a worker of {@code pool}. */
  ChildAccess childAccess(String pool) {
    return new ChildAccess(this, pool, RandomId.next(), Duration.ZERO);
  }

  QueueLoop loop() {
    return loop;
  }

  /**
   * Takes {@code pool} as the name of a pool.
   *
   * @throws PodpoolException if another has it
   */
  void claim(String pool) {
    if (!pools.add(pool)) {
      throw new PodpoolException(
          "this runtime has a pool '"
              + pool
              + "'; close it first, or give this one a name: new PoolOptions().name(…)");
    }
  }

  void release(String pool) {
    pools.remove(pool);
  }

  /** It answers always: no patience is needed. */
  @Override
  public QueueSession open(OpenSession open, SessionHandler handler, Duration patience) {
    return loop.open(open, new Starting(handler));
  }

  /** Sees which processes a session starts. */
  private final class Starting implements SessionHandler {
    private final SessionHandler handler;

    Starting(SessionHandler handler) {
      this.handler = handler;
    }

    @Override
    public void onDelivery(Delivery delivery) {
      handler.onDelivery(delivery);
    }

    @Override
    public void onReply(Operation operation, Reply reply) {
      handler.onReply(operation, reply);
    }

    @Override
    public void onDone(Operation operation) {
      if (operation.hasDefinePool() && operation.getDefinePool().hasProcess()) {
        DefinePool defined = operation.getDefinePool();
        processes.start(defined.getPool(), defined.getProcess());
      }
      handler.onDone(operation);
    }

    @Override
    public void onEnd(Refusal reason) {
      handler.onEnd(reason);
    }
  }

  @Override
  public ReadResponse read(ReadRequest question, Duration atMost)
      throws IOException, InterruptedException {
    try {
      return loop.read(machine -> machine.read(question))
          .get(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("the queue in this JVM does not answer: " + e, e);
    }
  }

  /** Nothing puts any: payloads stay with their jobs. */
  @Override
  public void fetch(Blob blob, OutputStream into, Duration atMost) throws IOException {
    throw new FileNotFoundException("a queue in this JVM keeps no blobs");
  }

  /** Processes print to this JVM's own output. */
  @Override
  public void follow(OutputQuery query, Consumer<TaskOutput> each) throws IOException {
    throw new IOException(
        "a runtime in this JVM prints what its processes print, and keeps nothing");
  }

  @Override
  public void awaitPrinted() throws InterruptedException {
    printer.awaitPrinted();
  }

  @Override
  public void close() {
    processes.close();
    loop.close();
    printer.close();
  }
}
