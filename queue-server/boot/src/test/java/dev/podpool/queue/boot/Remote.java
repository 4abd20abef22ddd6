package dev.podpool.queue.boot;

import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.DeletePool;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refusal;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A queue in a process of its own, and in this one a worker of its pool "p", with real children.
 */
final class Remote implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final SplittableRandom RANDOM = new SplittableRandom();

  final Path directory;
  final QueueProcess queue;
  private final QueueConnection connection;
  private final QueueSession control;
  private final BlockingQueue<Operation> applied = new LinkedBlockingQueue<>();
  private PoolWorker worker;

  /** As `podpool local up` leaves it: a directory that clients can connect to. */
  Remote(Path directory) throws IOException, InterruptedException {
    this.directory = directory;
    queue = new QueueProcess(directory);
    connection = new QueueConnection(queue);
    control = connection.open(TestClient.open(RANDOM).build(), new Control(), PATIENCE);
    define("p");
  }

  void define(String pool) throws InterruptedException {
    call(
        Operation.newBuilder()
            .setDefinePool(
                DefinePool.newBuilder().setPool(pool).setUid("of-" + pool).setMaxAttempts(3))
            .build());
  }

  void delete(String pool) throws InterruptedException {
    call(Operation.newBuilder().setDeletePool(DeletePool.newBuilder().setPool(pool)).build());
  }

  /** Sends, and waits until it is done. */
  private void call(Operation operation) throws InterruptedException {
    control.send(operation);
    Operation done = applied.poll(20, TimeUnit.SECONDS);
    if (done == null) {
      throw new AssertionError("not applied: " + operation);
    }
  }

  Remote withWorker() throws IOException {
    worker = new PoolWorker(directory, connection);
    return this;
  }

  @Override
  public void close() throws IOException {
    if (worker != null) {
      worker.close();
    }
    connection.close();
    queue.close();
  }

  private final class Control implements SessionHandler {
    @Override
    public void onDone(Operation operation) {
      applied.add(operation);
    }

    @Override
    public void onDelivery(Delivery delivery) {}

    @Override
    public void onEnd(Refusal reason) {}
  }
}
