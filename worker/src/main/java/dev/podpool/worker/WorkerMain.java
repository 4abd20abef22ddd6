package dev.podpool.worker;

import com.google.protobuf.ByteString;
import dev.podpool.function.CaptureException;
import dev.podpool.function.EncodeException;
import dev.podpool.function.FunctionNotFoundException;
import dev.podpool.function.internal.Capture;
import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.function.internal.OwnProcess;
import dev.podpool.protocol.CloseSession;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.FailureKind;
import dev.podpool.protocol.JobHeader;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ProcessSpec;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.ReportPoolFailure;
import dev.podpool.protocol.ReportProcess;
import dev.podpool.protocol.Signal;
import dev.podpool.protocol.TaskOutput;
import dev.podpool.protocol.WorkerStart;
import dev.podpool.rpc.AccessDirectory;
import dev.podpool.rpc.OutputPublisher;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.rpc.RuntimeDirectory;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A worker in a process of its own, with a session of its own at a queue in another process.
 *
 * <p>On one machine its standard input is its life line: there it reads a {@link WorkerStart}, and
 * when the input ends so do this process and its children, at once. In a pod, variables hold what
 * it is ({@link PodStart}), and the pod's end is its own. At SIGTERM it drains: what has begun
 * ends, the rest goes back, the session is closed. What user code prints appears on its standard
 * output and error, and is published for whoever follows. No user code runs in it.
 *
 * <p>Where its pool is a process, it runs that in one child, and ends when the child has: with 0,
 * however that ended, as the queue knows how. At SIGTERM it has the child end so too.
 *
 * <p>Exit codes: 0 after a drain, when its process has ended, or when its pool is deleted; 2 where
 * the start cannot be read; 70 where the worker has failed, which is an error in Podpool; 75 where
 * its session has ended, with the reason on standard error, and in a pod as its termination
 * message: whoever started it starts another.
 */
public final class WorkerMain {

  /** How long it runs on while the queue does not answer: docs/contract.md, L3. */
  private static final Duration DISCONNECTED_GRACE = Duration.ofMinutes(5);

  /** A payload that is larger is kept beside the queue's log. */
  private static final int INLINE_BYTES_MAX = 256 << 10;

  /** Of the largest blob; one that stalls is given up much earlier. */
  private static final Duration FETCH_MAX = Duration.ofMinutes(10);

  private static final long CLOSE_SECONDS_MAX = 10;
  private static final int SIGTERM = 15;
  private static final int EXIT_USAGE = 2;
  private static final int EXIT_FAILED = 70;
  private static final int EXIT_SESSION_ENDED = 75;

  // It warns of each attempt to connect, with a stack trace. Held, as the JDK holds loggers weakly.
  private static final Logger GRPC = Logger.getLogger("io.grpc");

  private final WorkerStart start;
  private final QueueConnection connection;
  private final OutputPublisher publisher;
  private final Printer printer = new Printer(System.out, System.err);
  private volatile @Nullable Worker worker;
  private volatile boolean draining;
  private final CompletableFuture<QueueSession> session = new CompletableFuture<>();
  private final CountDownLatch sessionEnded = new CountDownLatch(1);

  private WorkerMain(WorkerStart start) {
    this.start = start;
    connection =
        new QueueConnection(
            start.getAccessDirectory().isEmpty()
                ? new RuntimeDirectory(Path.of(start.getRuntimeDirectory()))
                : new AccessDirectory(Path.of(start.getAccessDirectory())));
    publisher = new OutputPublisher(connection);
  }

  /** Started by whoever runs the pool; not by hand. */
  public static void main(String[] arguments) {
    GRPC.setLevel(Level.SEVERE);
    int exit;
    try {
      WorkerStart inPod = PodStart.of(System.getenv());
      WorkerStart start = inPod == null ? WorkerStart.parseDelimitedFrom(System.in) : inPod;
      if (start == null) {
        exit = EXIT_USAGE;
      } else {
        new WorkerMain(start).run();
        exit = inPod == null ? awaitEnd(System.in) : awaitSignal();
      }
    } catch (IOException | InterruptedException e) {
      PodStart.lastWords("the worker can't start: " + e.getMessage());
      exit = EXIT_USAGE;
    }
    // Whoever started it is gone: nothing that is still under way may hold this process up.
    Runtime.getRuntime().halt(exit);
  }

  private static int awaitEnd(InputStream lifeLine) {
    try {
      while (lifeLine.read() >= 0) {
        // whoever started it is there
      }
    } catch (IOException e) {
      // As its end.
    }
    return 0;
  }

  /** What ends it halts it. */
  private static int awaitSignal() throws InterruptedException {
    new CountDownLatch(1).await();
    return 0;
  }

  private void run() throws IOException {
    Failure unusable = null;
    WorkerSettings.Initializer initializer = null;
    try {
      initializer = initializer();
    } catch (FunctionNotFoundException e) {
      unusable = failure(FailureKind.FUNCTION_NOT_FOUND, e);
    } catch (CaptureException | EncodeException e) {
      unusable = failure(FailureKind.INPUT_NOT_DECODED, e);
    }
    if (unusable == null) {
      Worker started = new Worker(settings().withInitializer(initializer));
      worker = started;
      // The children start while this connects: both take a while.
      started.start(operation -> session.join().send(operation));
    }
    QueueSession opened = connection.open(openSession(), new Session(), DISCONNECTED_GRACE);
    session.complete(opened);
    if (unusable != null) {
      opened.send(givenUp(unusable)); // and waits, without a child, for somebody to end it
    }
    Runtime.getRuntime().addShutdownHook(new Thread(this::drain, "podpool-drain"));
  }

  // ---- what it is

  private OpenSession openSession() {
    return OpenSession.newBuilder()
        .setNonce(start.getNonce())
        .setPool(start.getPool())
        .setWorker(start.getWorker())
        .setSlots(start.getSlots())
        .build();
  }

  private WorkerSettings settings() {
    WorkerSettings settings =
        WorkerSettings.of(start.getPool(), start.getWorker(), start.getSlots())
            .withMaxTasksPerWorker(start.getMaxTasksPerWorker())
            .withMemoryLimitBytes(start.getMemoryLimitBytes())
            .withListener(new Listener())
            .withBlobs(connection.blobs(FETCH_MAX))
            .withChildAccess(
                new ChildAccess(connection, start.getPool(), start.getNonce(), DISCONNECTED_GRACE))
            .withInlineBytesMax(INLINE_BYTES_MAX);
    if (start.hasProcess()) {
      ProcessSpec spec = start.getProcess();
      OwnProcess own =
          new OwnProcess(
              start.getPool(),
              spec.getName(),
              spec.getDaemon(),
              spec.getParentName(),
              spec.getParentPid());
      settings = settings.withSingleRun().withJvmArguments(own.jvmArguments());
    }
    return start.getCodeDirectory().isEmpty()
        ? settings
        : settings.withCodeDirectory(Path.of(start.getCodeDirectory()));
  }

  private WorkerSettings.@Nullable Initializer initializer() {
    String name = start.getInitializerFunction();
    if (name.isEmpty()) {
      return null;
    }
    List<String> arguments = start.getInitializerArgumentsList();
    CapturedFunction function =
        Capture.named(name, arguments.size(), WorkerMain.class.getClassLoader());
    byte[] payload =
        function.payload(arguments.size() == 1 ? arguments.get(0) : arguments.toArray());
    return new WorkerSettings.Initializer(
        ByteString.copyFrom(function.reference()), ByteString.copyFrom(payload));
  }

  private Failure failure(FailureKind kind, RuntimeException e) {
    return Failure.newBuilder()
        .setKind(kind)
        .setType(e.getClass().getName())
        .setMessage(
            "the pool's initializer "
                + start.getInitializerFunction()
                + " failed once: "
                + e.getMessage())
        .setWorker(start.getWorker())
        .build();
  }

  private Operation givenUp(Failure failure) {
    return Operation.newBuilder()
        .setReportPoolFailure(
            ReportPoolFailure.newBuilder()
                .setPool(start.getPool())
                .setFailures(1)
                .setFinal(true)
                .setFailure(failure))
        .build();
  }

  // ---- its end

  /**
   * At SIGTERM, or when its process has ended. Takes as long as what has begun: who wants an end
   * earlier, kills.
   */
  private void drain() {
    draining = true;
    Worker running = worker;
    if (running != null) {
      if (start.hasProcess()) {
        running.onDelivery(
            Delivery.newBuilder().setSignal(Signal.newBuilder().setSignal(SIGTERM)).build());
      }
      running.drain().join();
    }
    session
        .join()
        .send(Operation.newBuilder().setCloseSession(CloseSession.getDefaultInstance()).build());
    try {
      var unused = sessionEnded.await(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      // Nobody's: this thread ends the process.
    }
    leave(0);
  }

  private void leave(int exit) {
    Worker running = worker;
    if (running != null) {
      running.close();
    }
    printer.close();
    publisher.close();
    Runtime.getRuntime().halt(exit);
  }

  private final class Session implements SessionHandler {

    @Override
    public void onDelivery(Delivery delivery) {
      Worker running = worker;
      if (running != null) {
        running.onDelivery(delivery);
      }
    }

    @Override
    public void onEnd(Refusal reason) {
      sessionEnded.countDown();
      if (draining && reason.getCode() == ErrorCode.SESSION_CLOSED) {
        return;
      }
      int exit = 0;
      if (reason.getCode() != ErrorCode.POOL_DELETED) {
        PodStart.lastWords(
            "the worker's session ended: " + reason.getCode() + ": " + reason.getMessage());
        exit = EXIT_SESSION_ENDED;
      }
      int code = exit;
      new Thread(() -> leave(code), "podpool-leave").start();
    }
  }

  private final class Listener implements WorkerListener {

    private volatile boolean ready;

    @Override
    public void childStarted(int slot, long pid) {
      if (start.hasProcess()) {
        var unused =
            session.thenAccept(
                open ->
                    open.send(
                        Operation.newBuilder()
                            .setReportProcess(ReportProcess.newBuilder().setPid(pid))
                            .build()));
      }
    }

    @Override
    public void childReady(int slot, long pid) {
      ready = true;
    }

    @Override
    public void childEnded(int slot, long pid, String cause) {
      if (start.hasProcess() && ready) { // else another is tried
        // What became of its item is reported before that.
        new Thread(WorkerMain.this::drain, "podpool-process-ended").start();
      }
    }

    @Override
    public void output(int slot, @Nullable JobHeader job, long index, int stream, String text) {
      printer.output(slot, job, index, stream, text);
      TaskOutput.Builder output =
          TaskOutput.newBuilder()
              .setPool(start.getPool())
              .setWorker(start.getWorker())
              .setStream(stream)
              .setText(text);
      if (job != null) {
        output.setJobId(job.getJobId()).setIndex(index);
      }
      publisher.publish(output.build());
    }

    @Override
    public void failed(Throwable reason) {
      PodStart.lastWords("the worker has failed: " + reason);
      Runtime.getRuntime().halt(EXIT_FAILED); // and is replaced
    }
  }
}
