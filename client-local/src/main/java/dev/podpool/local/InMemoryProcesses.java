package dev.podpool.local;

import dev.podpool.function.internal.OwnProcess;
import dev.podpool.protocol.CloseSession;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.FailureKind;
import dev.podpool.protocol.JobHeader;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ProcessSpec;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.ReportPoolFailure;
import dev.podpool.protocol.ReportProcess;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.session.QueueSession;
import dev.podpool.session.RandomId;
import dev.podpool.session.SessionHandler;
import dev.podpool.worker.Printer;
import dev.podpool.worker.Worker;
import dev.podpool.worker.WorkerListener;
import dev.podpool.worker.WorkerSettings;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Runs the processes of a queue of this JVM's: each in a child of its own. */
final class InMemoryProcesses implements AutoCloseable {

  private final QueueLoop queue;
  private final Printer printer = new Printer(System.out, System.err);
  private final Map<String, Running> running = new ConcurrentHashMap<>();
  private final ExecutorService starter =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "podpool-processes");
            thread.setDaemon(true);
            return thread;
          });

  InMemoryProcesses(QueueLoop queue) {
    this.queue = queue;
  }

  /** Starts what the queue knows as {@code pool}. Does not wait. */
  void start(String pool, ProcessSpec spec) {
    starter.execute(() -> new Running(pool, spec).start());
  }

  /** Kills what still runs. */
  @Override
  public void close() {
    starter.shutdownNow();
    running.values().forEach(process -> process.worker.close());
    printer.close();
  }

  private static OpenSession client() {
    return OpenSession.newBuilder().setNonce(RandomId.next()).build();
  }

  private static Operation closing() {
    return Operation.newBuilder().setCloseSession(CloseSession.getDefaultInstance()).build();
  }

  private static final SessionHandler NOBODY =
      new SessionHandler() {
        @Override
        public void onDelivery(Delivery delivery) {}

        @Override
        public void onEnd(Refusal reason) {}
      };

  private final class Running implements WorkerListener {
    private final String pool;
    private final Worker worker;
    private final CompletableFuture<QueueSession> session = new CompletableFuture<>();
    private volatile boolean ready;

    Running(String pool, ProcessSpec spec) {
      this.pool = pool;
      OwnProcess own = new OwnProcess(pool, spec.getName(), spec.getDaemon(), spec.getParent());
      worker =
          new Worker(
              WorkerSettings.of(pool, pool, 1)
                  .withSingleRun()
                  .withJvmArguments(own.jvmArguments())
                  .withListener(this));
    }

    void start() {
      running.put(pool, this);
      try {
        worker.start(operation -> session.join().send(operation));
      } catch (IOException e) {
        running.remove(pool);
        notStarted(e);
        return;
      }
      session.complete(
          queue.open(
              client().toBuilder().setPool(pool).setWorker(pool).setSlots(1).build(), worker));
    }

    private void notStarted(IOException reason) {
      Failure failure =
          Failure.newBuilder()
              .setKind(FailureKind.THREW)
              .setMessage("the process could not be started: " + reason.getMessage())
              .setWorker(pool)
              .build();
      QueueSession reporter = queue.open(client(), NOBODY);
      reporter.send(
          Operation.newBuilder()
              .setReportPoolFailure(
                  ReportPoolFailure.newBuilder()
                      .setPool(pool)
                      .setFailures(1)
                      .setFinal(true)
                      .setFailure(failure))
              .build());
      reporter.send(closing());
    }

    @Override
    public void childStarted(int slot, long pid) {
      var unused =
          session.thenAccept(
              open ->
                  open.send(
                      Operation.newBuilder()
                          .setReportProcess(ReportProcess.newBuilder().setPid(pid))
                          .build()));
    }

    @Override
    public void childReady(int slot, long pid) {
      ready = true;
    }

    @Override
    public void childEnded(int slot, long pid, String cause) {
      if (!ready) {
        return; // another is tried
      }
      // What became of its item is reported behind this.
      var unused = worker.drain().thenRun(this::end);
    }

    private void end() {
      running.remove(pool);
      session.join().send(closing());
    }

    @Override
    public void output(int slot, @Nullable JobHeader job, long index, int stream, String text) {
      printer.output(slot, job, index, stream, text);
    }
  }
}
