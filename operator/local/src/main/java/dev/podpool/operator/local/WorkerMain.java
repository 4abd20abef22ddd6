package dev.podpool.operator.local;

import dev.podpool.protocol.CloseSession;
import dev.podpool.protocol.FromWorker;
import dev.podpool.protocol.JobHeader;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ToWorker;
import dev.podpool.protocol.WorkerOutput;
import dev.podpool.protocol.WorkerStart;
import dev.podpool.worker.Worker;
import dev.podpool.worker.WorkerListener;
import dev.podpool.worker.WorkerSettings;
import java.io.BufferedInputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * One worker of a local pool: a process of its own, whose session is its standard input and output.
 * Ends when told to, or when its pool's process is gone.
 */
public final class WorkerMain {

  private static final long LAST_WORDS_MILLIS_MAX = 5_000;
  private static final int EXIT_FAILED = 70;

  private WorkerMain() {}

  /** Started by {@link LocalPool}; not by hand. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Pipe pipe = new Pipe(new FileOutputStream(FileDescriptor.out), "podpool-pipe");
    System.setOut(System.err); // standard output is the session's
    InputStream in = new BufferedInputStream(System.in);
    WorkerStart start = WorkerStart.parseDelimitedFrom(in);
    if (start == null) {
      return;
    }
    try (Worker worker = new Worker(settings(start, pipe))) {
      worker.start(operation -> send(pipe, operation));
      read(in, worker, pipe);
    }
    pipe.closeAndWait(LAST_WORDS_MILLIS_MAX);
    // Threads that user code left behind do not keep a worker alive.
    Runtime.getRuntime().halt(0);
  }

  private static void read(InputStream in, Worker worker, Pipe pipe) throws IOException {
    for (ToWorker next = ToWorker.parseDelimitedFrom(in);
        next != null;
        next = ToWorker.parseDelimitedFrom(in)) {
      switch (next.getKindCase()) {
        case DELIVERY -> worker.onDelivery(next.getDelivery());
        case ENDED -> {
          worker.onEnd(next.getEnded());
          return;
        }
        case DRAIN -> {
          var unused =
              worker
                  .drain()
                  .thenRun(
                      () ->
                          send(
                              pipe,
                              Operation.newBuilder()
                                  .setCloseSession(CloseSession.getDefaultInstance())
                                  .build()));
        }
        case KIND_NOT_SET -> throw new IOException("a message of a newer build; use one build");
      }
    }
  }

  private static void send(Pipe pipe, Operation operation) {
    pipe.send(FromWorker.newBuilder().setOperation(operation).build());
  }

  private static WorkerSettings settings(WorkerStart start, Pipe pipe) {
    WorkerSettings settings =
        WorkerSettings.of(start.getPool(), start.getWorker(), start.getSlots())
            .withMaxTasksPerWorker(start.getMaxTasksPerWorker())
            .withMemoryLimitBytes(start.getMemoryLimitBytes())
            .withListener(
                new WorkerListener() {
                  @Override
                  public void failed(Throwable reason) {
                    Runtime.getRuntime().halt(EXIT_FAILED); // and be replaced
                  }

                  @Override
                  public void output(
                      int slot, @Nullable JobHeader job, long index, int stream, String text) {
                    pipe.send(
                        FromWorker.newBuilder()
                            .setOutput(WorkerOutput.newBuilder().setStream(stream).setText(text))
                            .build());
                  }
                });
    return start.getInitializerFunction().isEmpty()
        ? settings
        : settings.withInitializer(
            new WorkerSettings.Initializer(
                start.getInitializerFunction(), start.getInitializerArguments()));
  }
}
