package dev.podpool.queue.boot;

import dev.podpool.queue.blobs.BlobFiles;
import dev.podpool.queue.front.Authenticator;
import dev.podpool.queue.front.QueueFront;
import dev.podpool.queue.loop.LoopMetrics;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.queue.raft.RatisLog;
import dev.podpool.queue.raft.RatisSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.function.Consumer;

/** One replica of the queue, durable in a directory, serving on an address. */
public final class QueueServer implements AutoCloseable {

  private final QueueLoop queue;
  private final QueueFront front;

  /**
   * What a server is made from.
   *
   * @param directory holds all that it keeps; made where it is missing
   * @param address to listen on; port 0 for any that is free
   * @param authenticator tells who calls
   * @param diskReserveBytes with less space than this free, nothing new is taken
   * @param onFailure told once when it can't go on: end the process, and start another
   */
  public record Settings(
      Path directory,
      InetSocketAddress address,
      Authenticator authenticator,
      long diskReserveBytes,
      Consumer<Throwable> onFailure) {}

  /**
   * Starts: all that was acknowledged before is there when this returns.
   *
   * @throws dev.podpool.queue.raft.LogException if the directory is in use, damaged, of a newer
   *     release or can't be written
   * @throws IOException if the address can't be listened on
   */
  public QueueServer(Settings settings) throws IOException {
    RatisLog log =
        new RatisLog(RatisSettings.of(settings.directory().resolve("log"), settings.onFailure()));
    // Touches no blob before the log has taken the directory for this process alone.
    BlobFiles blobs = new BlobFiles(settings.directory().resolve("blobs"));
    queue = QueueLoop.on(log, blobs, LoopMetrics.NONE, settings.onFailure());
    boolean started = false;
    try {
      queue.start();
      front =
          new QueueFront(
              settings.address(),
              queue,
              new QueueFront.Parts(
                  settings.authenticator(),
                  new DiskRoom(settings.directory(), settings.diskReserveBytes()),
                  blobs::open));
      started = true;
    } finally {
      if (!started) {
        queue.close();
      }
    }
  }

  /** The port that it listens on. */
  public int port() {
    return front.port();
  }

  @Override
  public void close() {
    front.close();
    queue.close();
  }
}
