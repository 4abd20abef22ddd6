package dev.podpool.operator.local;

import dev.podpool.queue.boot.QueueMain;
import dev.podpool.queue.boot.QueueServer;
import dev.podpool.worker.ExitCause;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the queue's process running: another is started when it dies, sooner or later, on what it
 * had on the disk. Its standard input is its life line: it ends with this JVM.
 */
final class QueueProcess implements AutoCloseable {

  private static final List<String> FLAGS = List.of("-Xmx1g");
  private static final long LOG_BYTES_MAX = 1 << 20;
  private static final Duration BACK_OFF = Duration.ofMillis(50);
  private static final Duration BACK_OFF_MAX = Duration.ofSeconds(5);
  private static final Duration HEALTHY = Duration.ofMinutes(1);
  // It ends before that by itself, and says why.
  private static final Duration SERVES_WITHIN = QueueServer.START_TIME_MAX.plusMinutes(1);
  private static final long SERVES_POLL_MILLIS = 10;
  // The process of a runtime that was killed takes a moment to notice.
  private static final Duration IN_USE_MAX = Duration.ofSeconds(15);
  private static final Duration CLOSE_MAX = Duration.ofSeconds(15);
  private static final int EXIT_USAGE = 2;

  private final RuntimeFiles files;
  private final String classPath;
  private final RuntimeEvents events;
  private final RollingLog log;
  private final CompletableFuture<Void> serves = new CompletableFuture<>();
  private final CompletableFuture<RuntimeUnusableException> unusable = new CompletableFuture<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread keeper =
      Thread.ofPlatform().daemon().name("podpool-queue").unstarted(this::keep);
  private final long startedNanos = System.nanoTime();
  // The last thing that it said of itself; written by the thread that reads it.
  private volatile String lastWords = "";
  private volatile @Nullable Process current;

  QueueProcess(RuntimeFiles files, String classPath, RuntimeEvents events) {
    this.files = files;
    this.classPath = classPath;
    this.events = events;
    this.log = new RollingLog(files.logs().resolve("queue.log"), LOG_BYTES_MAX);
  }

  /**
   * Starts it, and returns when it serves.
   *
   * @throws RuntimeUnusableException if it can't be used; says why
   */
  void start() throws RuntimeUnusableException, InterruptedException {
    keeper.start();
    try {
      CompletableFuture.anyOf(serves, unusable).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("neither fails", e);
    }
    if (unusable.isDone()) {
      throw unusable.join();
    }
  }

  /** Completed when it can't be kept running: nobody will serve any more. */
  CompletableFuture<RuntimeUnusableException> unusable() {
    return unusable;
  }

  private void keep() {
    Duration backOff = BACK_OFF;
    try {
      while (true) {
        long began = System.nanoTime();
        int exit = runOnce();
        if (isClosing()) {
          return;
        }
        if (mustGiveUp(exit)) {
          unusable.complete(new RuntimeUnusableException(reason(exit)));
          return;
        }
        boolean lived = System.nanoTime() - began > HEALTHY.toNanos();
        backOff = lived ? BACK_OFF : backOff;
        if (closing.await(backOff.toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
        backOff =
            backOff.multipliedBy(2).compareTo(BACK_OFF_MAX) < 0
                ? backOff.multipliedBy(2)
                : BACK_OFF_MAX;
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      unusable.complete(new RuntimeUnusableException("the queue's process can't be started: " + e));
    }
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private boolean mustGiveUp(int exit) {
    boolean inUse = exit == QueueMain.EXIT_IN_USE;
    boolean longEnough = System.nanoTime() - startedNanos > IN_USE_MAX.toNanos();
    return exit == EXIT_USAGE || exit == QueueMain.EXIT_UNUSABLE || (inUse && longEnough);
  }

  private String reason(int exit) {
    return lastWords.isEmpty()
        ? "the queue's process ended with exit code " + exit + "; see " + files.logs()
        : lastWords;
  }

  /** Starts a process, and returns its exit code. */
  private int runOnce() throws IOException, InterruptedException {
    Files.deleteIfExists(files.directory().endpoint());
    Path temporary = files.temporary("queue");
    Process process =
        Jvm.command(
                FLAGS,
                temporary,
                classPath,
                QueueMain.class,
                files.directory().queue().toString(),
                files.directory().key().toString())
            .redirectErrorStream(true)
            .start();
    Thread reader =
        Thread.ofPlatform().daemon().name("podpool-queue-log").start(() -> read(process));
    try {
      current = process;
      if (isClosing()) {
        cutLifeLine(process);
      }
      boolean served = awaitServing(process);
      if (served) {
        serves.complete(null);
        events.queueReady(process.pid());
      }
      process.waitFor();
      reader.join(TimeUnit.SECONDS.toMillis(1)); // what it said last
      int exit = ExitCause.code(process.exitValue());
      if (served && !isClosing()) {
        events.queueEnded(process.pid(), exit);
      }
      log.append(
          "podpool: the queue's process %d ended: %s\n"
              .formatted(process.pid(), ExitCause.words(process.exitValue())));
      return exit;
    } finally {
      process.destroyForcibly();
      RuntimeFiles.delete(temporary);
    }
  }

  private boolean awaitServing(Process process) throws InterruptedException {
    long end = System.nanoTime() + SERVES_WITHIN.toNanos();
    while (process.isAlive() && !isClosing()) {
      if (Files.exists(files.directory().endpoint())) {
        return true;
      }
      if (System.nanoTime() - end > 0) {
        log.append("podpool: the queue does not serve after " + SERVES_WITHIN + ": started anew\n");
        process.destroyForcibly();
        return false;
      }
      var _ = process.waitFor(SERVES_POLL_MILLIS, TimeUnit.MILLISECONDS);
    }
    return false;
  }

  private void read(Process process) {
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        log.append(line + "\n");
        if (line.startsWith(QueueMain.CANNOT_START)) {
          lastWords = line;
        }
      }
    } catch (IOException e) {
      // It is gone.
    }
  }

  private static void cutLifeLine(Process process) {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // It is gone.
    }
  }

  /** Ends it in order, and returns when it is gone; it is killed if that takes too long. */
  @Override
  public void close() {
    closing.countDown();
    Process last = current;
    if (last != null) {
      cutLifeLine(last);
    }
    try {
      if (keeper.isAlive() && !keeper.join(CLOSE_MAX) && last != null) {
        last.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // its life line is cut: it ends by itself
    }
    try {
      Files.deleteIfExists(files.directory().endpoint()); // nobody serves there any more
    } catch (IOException e) {
      // Whoever reads it finds nobody.
    }
    log.close();
  }
}
