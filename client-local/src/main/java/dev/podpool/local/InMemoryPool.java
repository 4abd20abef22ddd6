package dev.podpool.local;

import com.google.protobuf.ByteString;
import dev.podpool.PodpoolException;
import dev.podpool.PoolOptions;
import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.function.internal.OwnClassPath;
import dev.podpool.internal.CapturedCall;
import dev.podpool.internal.PoolBackend;
import dev.podpool.protocol.CloseSession;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.DeletePool;
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

/** One pool of child processes, with a queue in memory: of its own, or shared with others. */
final class InMemoryPool implements PoolBackend {

  private final String name;
  private final int slots;
  private final int maxAttempts;
  private final @Nullable Duration itemTimeout;
  private final boolean classPathOnly;
  private final QueueLoop queue;
  private final Printer printer;
  private final Worker worker;
  private final String uid = UUID.randomUUID().toString();
  private final @Nullable InMemoryQueue shared; // null: the queue is this pool's own
  private final CompletableFuture<QueueSession> ofWorker = new CompletableFuture<>();
  private @Nullable QueueSession ofClient;

  InMemoryPool(PoolOptions options) {
    this(options, null);
  }

  /**
   * @param shared null for a queue of its own, in which nothing is shared
   */
  InMemoryPool(PoolOptions options, @Nullable InMemoryQueue shared) {
    requireOnClassPath();
    this.shared = shared;
    // Copied: the options may change afterwards.
    this.name = options.name();
    this.slots = options.workers();
    this.maxAttempts = options.maxAttempts();
    this.itemTimeout = options.itemTimeout();
    // An argument may add to the class path, as -javaagent does.
    this.classPathOnly = options.jvmArguments().isEmpty();
    this.printer = new Printer(options.output(), options.errorOutput());
    WorkerSettings settings = settings(options).withListener(printer);
    if (shared != null) {
      shared.claim(name);
      settings = settings.withChildAccess(shared.childAccess(name));
    }
    this.worker = new Worker(settings);
    // The processes start while the queue is loaded: both take a tenth of a second or more.
    startWorker();
    this.queue = shared == null ? QueueLoop.inMemory() : shared.loop();
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
      if (shared != null) {
        shared.release(name);
      }
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
  public void awaitPrinted() throws InterruptedException {
    printer.awaitPrinted();
  }

  @Override
  public QueueSession open(SessionHandler handler) {
    QueueSession session = queue.open(session().build(), handler);
    session.send(
        Operation.newBuilder()
            .setDefinePool(
                DefinePool.newBuilder().setPool(name).setUid(uid).setMaxAttempts(maxAttempts))
            .build());
    OpenSession.Builder workers = session().setPool(name).setWorker(name).setSlots(slots);
    ofWorker.complete(queue.open(workers.build(), worker));
    ofClient = session;
    return session;
  }

  private static OpenSession.Builder session() {
    return OpenSession.newBuilder().setNonce(RandomId.next());
  }

  @Override
  public void close() {
    worker.close();
    if (shared == null) {
      queue.close();
    } else {
      leave(shared);
    }
    printer.close();
  }

  /** The pool is gone from a queue that goes on, and its name free. */
  private void leave(InMemoryQueue goesOn) {
    QueueSession client = ofClient;
    if (client != null) {
      client.send(
          Operation.newBuilder()
              .setDeletePool(DeletePool.newBuilder().setPool(name).setUid(uid))
              .build());
      client.send(
          Operation.newBuilder().setCloseSession(CloseSession.getDefaultInstance()).build());
    }
    goesOn.release(name);
  }
}
