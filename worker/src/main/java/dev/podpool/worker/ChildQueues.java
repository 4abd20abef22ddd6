package dev.podpool.worker;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** What all children say to the queue. Owned by the supervisor's thread. */
final class ChildQueues {
  private static final int READERS = 4;
  private static final long IDLE_SECONDS = 10;
  private static final long GOODBYE_MILLIS_MAX = 1_000;

  private final ChildAccess access;
  private final Consumer<Runnable> post;
  private final ThreadPoolExecutor readers;
  private final List<CompletableFuture<Void>> ending = new ArrayList<>();

  ChildQueues(ChildAccess access, Consumer<Runnable> post) {
    this.access = access;
    this.post = post;
    readers =
        new ThreadPoolExecutor(
            READERS,
            READERS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "podpool-reads");
              thread.setDaemon(true);
              return thread;
            });
    readers.allowCoreThreadTimeOut(true);
  }

  /** A child's, which speaks over {@code connection}. */
  ChildQueue of(Connection connection) {
    return new ChildQueue(connection, access, readers, post);
  }

  /** The child is gone. */
  void end(ChildQueue queue) {
    ending.removeIf(CompletableFuture::isDone);
    ending.addAll(queue.close());
  }

  /** All children are gone: returns when the queue knows, or after a second. */
  void close() {
    readers.shutdownNow();
    try {
      CompletableFuture.allOf(ending.toArray(CompletableFuture[]::new))
          .get(GOODBYE_MILLIS_MAX, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // The queue finds out by itself, a session's term later.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
