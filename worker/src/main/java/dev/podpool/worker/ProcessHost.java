package dev.podpool.worker;

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
import dev.podpool.session.QueueSession;
import dev.podpool.session.RandomId;
import dev.podpool.session.SessionHandler;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Runs processes that somebody started, each in a child of this JVM's: for runtimes of one machine.
 * Thread-safe.
 */
public final class ProcessHost implements AutoCloseable {

  /** Where sessions are opened: the queue that has the processes. */
  public interface Place {
    QueueSession open(OpenSession open, SessionHandler handler);
  }

  private final Place queue;
  private final UnaryOperator<WorkerSettings> settings;
  private final Set<Running> running = ConcurrentHashMap.newKeySet();
  private final ExecutorService starter =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "podpool-processes");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * Runs nothing yet.
   *
   * @param settings sees to the settings of each process's worker; its listener hears of output,
   *     and of nothing else
   */
  public ProcessHost(Place queue, UnaryOperator<WorkerSettings> settings) {
    this.queue = queue;
    this.settings = settings;
  }

  /** Starts what the queue knows as {@code pool}: once, the caller sees to that. Does not wait. */
  public void start(String pool, ProcessSpec spec) {
    Running next = new Running(pool, spec);
    running.add(next);
    starter.execute(next::start);
  }

  /** Kills what still runs. */
  @Override
  public void close() {
    starter.shutdownNow();
    running.forEach(process -> process.worker.close());
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
    private final WorkerListener output;
    private final CompletableFuture<QueueSession> session = new CompletableFuture<>();
    private volatile boolean ready;

    Running(String pool, ProcessSpec spec) {
      this.pool = pool;
      OwnProcess own =
          new OwnProcess(
              pool, spec.getName(), spec.getDaemon(), spec.getParentName(), spec.getParentPid());
      WorkerSettings its =
          settings.apply(
              WorkerSettings.of(pool, pool, 1)
                  .withSingleRun()
                  .withJvmArguments(own.jvmArguments()));
      output = its.listener();
      worker = new Worker(its.withListener(this));
    }

    void start() {
      try {
        worker.start(this::send);
      } catch (IOException e) {
        running.remove(this);
        notStarted(e);
        return;
      }
      session.complete(
          queue.open(
              client().toBuilder().setPool(pool).setWorker(pool).setSlots(1).build(), worker));
    }

    private void send(Operation operation) {
      session.join().send(operation);
      if (operation.getReportPoolFailure().getFinal()) {
        end();
      }
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
      session.join().send(closing()); // the end of which ends the worker
      running.remove(this);
    }

    @Override
    public void output(int slot, @Nullable JobHeader job, long index, int stream, String text) {
      output.output(slot, job, index, stream, text);
    }
  }
}
