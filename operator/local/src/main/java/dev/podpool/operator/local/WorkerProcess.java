package dev.podpool.operator.local;

import dev.podpool.internal.RandomId;
import dev.podpool.operator.plan.Worker;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Drain;
import dev.podpool.protocol.FromWorker;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.ToWorker;
import dev.podpool.protocol.WorkerStart;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import dev.podpool.worker.ExitCause;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One worker process, from its start until its remains are cleared away. */
final class WorkerProcess implements SessionHandler {

  private static final long LAST_WORDS_SECONDS_MAX = 10;
  private static final long STOPPING_NANOS_MAX = 10_000_000_000L;

  final int ordinal;
  final String name;
  final String templateHash;
  final Instant startedAt = Instant.now();
  // Since when the planner wants it cordoned. Owned by the planner's thread.
  @Nullable Instant cordonedAt;

  private final QueueLoop queue;
  private final PoolEvents events;
  private final Runnable changed;
  private final Process process;
  private final Pipe pipe;
  private final QueueSession session;
  private volatile boolean ready;
  private volatile boolean stopping;
  private volatile long stoppingSinceNanos;
  private volatile Worker.@Nullable End end;

  /**
   * Starts the process.
   *
   * @param changed called when a plan should be made anew
   */
  WorkerProcess(
      int ordinal,
      String templateHash,
      WorkerStart start,
      ProcessBuilder command,
      QueueLoop queue,
      PoolEvents events,
      Runnable changed)
      throws IOException {
    this.ordinal = ordinal;
    this.name = start.getWorker();
    this.templateHash = templateHash;
    this.queue = queue;
    this.events = events;
    this.changed = changed;
    this.process = command.start();
    this.pipe = new Pipe(process.getOutputStream(), "podpool-to-" + name);
    pipe.send(start);
    events.workerStarted(name, process.pid());
    OpenSession open =
        OpenSession.newBuilder()
            .setNonce(RandomId.next())
            .setPool(start.getPool())
            .setWorker(name)
            .setSlots(start.getSlots())
            .build();
    this.session = queue.open(open, this);
    Thread reader = new Thread(this::read, "podpool-from-" + name);
    reader.setDaemon(true);
    reader.start();
  }

  Worker.Phase phase() {
    if (end != null) {
      return Worker.Phase.ENDED;
    }
    return stopping ? Worker.Phase.STOPPING : ready ? Worker.Phase.READY : Worker.Phase.STARTING;
  }

  Worker.@Nullable End end() {
    return end;
  }

  // ---- what the planner wants

  /** Lets it finish what it has begun, and end. */
  void stop() {
    stoppingSinceNanos = System.nanoTime();
    stopping = true;
    pipe.send(ToWorker.newBuilder().setDrain(Drain.getDefaultInstance()).build());
  }

  /** Ends it, if it was told to end and has not for too long. It held no item then. */
  void killIfLate() {
    if (phase() == Worker.Phase.STOPPING
        && System.nanoTime() - stoppingSinceNanos > STOPPING_NANOS_MAX) {
      process.destroyForcibly();
    }
  }

  /** Ends it whatever it does, its children too: they notice that it is gone. */
  void kill() {
    stopping = true;
    process.destroyForcibly();
  }

  // ---- from the queue

  @Override
  public void onDelivery(Delivery delivery) {
    pipe.send(ToWorker.newBuilder().setDelivery(delivery).build());
  }

  @Override
  public void onEnd(Refusal reason) {
    pipe.send(ToWorker.newBuilder().setEnded(reason).build());
  }

  // ---- from the worker

  private void read() {
    try (InputStream in = new BufferedInputStream(process.getInputStream())) {
      for (FromWorker next = FromWorker.parseDelimitedFrom(in);
          next != null;
          next = FromWorker.parseDelimitedFrom(in)) {
        if (next.hasOutput()) {
          events.output(name, next.getOutput().getStream(), next.getOutput().getText());
        } else if (next.hasOperation()) {
          receive(next.getOperation());
        }
      }
    } catch (IOException e) {
      // Its last message was cut off by its death; or it says what no worker would.
      process.destroyForcibly();
    }
    ended();
  }

  private void receive(Operation operation) {
    session.send(operation);
    boolean first =
        operation.hasGiveCredit() && operation.getGiveCredit().getWindow() > 0 && !ready;
    if (first) {
      ready = true;
      events.workerReady(name);
    }
    if (first || cordonedAt != null || operation.hasReportPoolFailure()) {
      changed.run();
    }
  }

  private void ended() {
    int exitValue;
    try {
      if (!process.waitFor(LAST_WORDS_SECONDS_MAX, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      exitValue = process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody interrupts this thread but the JVM's end
      return;
    }
    int exitCode = ExitCause.code(exitValue);
    String cause = ExitCause.words(exitValue);
    // After an orderly end the session is closed already, and this does nothing.
    queue.expire(session, exitCode, cause);
    pipe.close();
    end = new Worker.End(Instant.now(), stopping, cause);
    events.workerEnded(name, stopping, exitCode);
    changed.run();
  }
}
