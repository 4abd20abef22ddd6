package dev.podpool.local;

import dev.podpool.protocol.Blob;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.OutputQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.TaskOutput;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.session.QueueAccess;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** A queue of this JVM's, which ends with it. */
final class InMemoryQueue implements QueueAccess {

  private final QueueLoop loop = QueueLoop.inMemory();

  QueueLoop loop() {
    return loop;
  }

  /** It answers always: no patience is needed. */
  @Override
  public QueueSession open(OpenSession open, SessionHandler handler, Duration patience) {
    return loop.open(open, handler);
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
  public void close() {
    loop.close();
  }
}
