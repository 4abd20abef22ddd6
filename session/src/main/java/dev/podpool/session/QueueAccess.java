package dev.podpool.session;

import dev.podpool.protocol.Blob;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.OutputQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.TaskOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.function.Consumer;

/** A process's way to one queue, wherever that is. Thread-safe. */
public interface QueueAccess extends AutoCloseable {

  /**
   * Opens a session.
   *
   * @param patience how long to try while the queue does not answer, until the session ends with
   *     QUEUE_UNREACHABLE
   */
  QueueSession open(OpenSession open, SessionHandler handler, Duration patience);

  /**
   * Asks one question, and waits for the answer, which may be a refusal.
   *
   * @throws IOException if there is none in time
   */
  ReadResponse read(ReadRequest question, Duration atMost) throws IOException, InterruptedException;

  /**
   * Writes the bytes of {@code blob} into {@code into}, without comparing them with its digest.
   *
   * @throws java.io.FileNotFoundException if it is not there, or not whole: asking again is of no
   *     use
   * @throws IOException if the connection breaks on the way, or {@code into} can't be written
   */
  void fetch(Blob blob, OutputStream into, Duration atMost)
      throws IOException, InterruptedException;

  /**
   * Gives {@code each} what items print, until the queue has no more of it.
   *
   * @throws InterruptedException how a caller leaves
   */
  void follow(OutputQuery query, Consumer<TaskOutput> each)
      throws IOException, InterruptedException;

  /**
   * Where this JVM prints what processes print: waits until what has come is printed, or a moment
   * has passed.
   */
  default void awaitPrinted() throws InterruptedException {}

  @Override
  void close();
}
