package dev.podpool.queue.boot;

import dev.podpool.protocol.OpenSession;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.session.QueueSession;
import dev.podpool.worker.Worker;
import dev.podpool.worker.WorkerSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/** A worker of the pool "p" in this process, with two real children. */
final class PoolWorker implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Worker worker;

  PoolWorker(Path directory, QueueConnection connection) throws IOException {
    worker =
        new Worker(
            WorkerSettings.of("p", "w", 2)
                .withBlobs(connection.blobs(PATIENCE))
                .withInlineBytesMax(256 << 10)
                .withCodeDirectory(directory.resolve("code")));
    CompletableFuture<QueueSession> session = new CompletableFuture<>();
    worker.start(operation -> session.join().send(operation));
    OpenSession open =
        TestClient.open(new SplittableRandom()).setPool("p").setWorker("w").setSlots(2).build();
    session.complete(connection.open(open, worker, PATIENCE));
  }

  @Override
  public void close() {
    worker.close();
  }
}
