package dev.podpool.local;

import com.google.protobuf.ByteString;
import dev.podpool.PodpoolException;
import dev.podpool.PoolOptions;
import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.function.internal.OwnClassPath;
import dev.podpool.internal.CapturedCall;
import dev.podpool.internal.PoolBackend;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.sandbox.Child;
import dev.podpool.session.QueueSession;
import dev.podpool.session.RandomId;
import dev.podpool.session.SessionHandler;
import dev.podpool.worker.Printer;
import dev.podpool.worker.Worker;
import dev.podpool.worker.WorkerSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One pool of child processes, with a queue of its own in memory. */
final class InMemoryPool implements PoolBackend {

  private final String name;
  private final int slots;
  private final int maxAttempts;
  private final @Nullable Duration itemTimeout;
  private final boolean classPathOnly;
  private final QueueLoop queue;
  private final Printer printer;
  private final Worker worker;
  private final CompletableFuture<QueueSession> ofWorker = new CompletableFuture<>();

  InMemoryPool(PoolOptions options) {
    requireOnClassPath();
    // Copied: the options may change afterwards.
    this.name = options.name();
    this.slots = options.workers();
    this.maxAttempts = options.maxAttempts();
    this.itemTimeout = options.itemTimeout();
    // An argument may add to the class path, as -javaagent does.
    this.classPathOnly = options.jvmArguments().isEmpty();
    this.printer = new Printer(options.output(), options.errorOutput());
    this.worker = new Worker(settings(options).withListener(printer));
    // The processes start while the queue is loaded: both take a tenth of a second or more.
    startWorker();
    this.queue = QueueLoop.inMemory();
  }

  private static void requireOnClassPath() {
    if (!OwnClassPath.has(Child.class)) {
      throw new PodpoolException(
          "the pool's processes could not be started: Podpool's "
              + Child.class.getName()
              + OwnClassPath.missing(Child.class));
    }
  }

  private static WorkerSettings settings(PoolOptions options) {
    CapturedCall initializer = options.initializer();
    WorkerSettings settings =
        WorkerSettings.of(options.name(), options.name(), options.workers())
            .withInitializerTimeout(options.initializerTimeout())
            .withMaxTasksPerWorker(options.maxTasksPerWorker())
            .withMemoryLimitBytes(options.memoryLimitBytes())
            .withJvmArguments(options.jvmArguments())
            .withEnvironment(options.environment());
    if (initializer == null) {
      return settings;
    }
    if (options.jvmArguments().isEmpty()) {
      initializer.captured().requireOnClassPath();
    }
    return settings.withInitializer(
        new WorkerSettings.Initializer(
            ByteString.copyFrom(initializer.function()),
            ByteString.copyFrom(initializer.arguments())));
  }

  private void startWorker() {
    try {
      worker.start(operation -> ofWorker.join().send(operation));
    } catch (IOException e) {
      throw new PodpoolException("the pool's processes could not be started: " + e.getMessage(), e);
    }
  }

  @Override
  public String pool() {
    return name;
  }

  @Override
  public int slots() {
    return slots;
  }

  @Override
  public @Nullable Duration itemTimeout() {
    return itemTimeout;
  }

  @Override
  public void admit(ByteString jobId, CapturedFunction function) {
    if (classPathOnly) {
      function.requireOnClassPath();
    }
  }

  @Override
  public QueueSession open(SessionHandler handler) {
    QueueSession session = queue.open(session().build(), handler);
    session.send(
        Operation.newBuilder()
            .setDefinePool(
                DefinePool.newBuilder()
                    .setPool(name)
                    .setUid(UUID.randomUUID().toString())
                    .setMaxAttempts(maxAttempts))
            .build());
    OpenSession.Builder workers = session().setPool(name).setWorker(name).setSlots(slots);
    ofWorker.complete(queue.open(workers.build(), worker));
    return session;
  }

  private static OpenSession.Builder session() {
    return OpenSession.newBuilder().setNonce(RandomId.next());
  }

  @Override
  public void close() {
    worker.close();
    queue.close();
    printer.close();
  }
}
