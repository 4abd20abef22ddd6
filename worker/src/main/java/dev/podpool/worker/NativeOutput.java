package dev.podpool.worker;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.IntConsumer;

/**
 * Drains what a child prints past {@code System.out}: the JVM itself, native code, processes that
 * it starts. Keeps the end of it, to tell why a child did not come up.
 */
final class NativeOutput {
  private static final int KEPT_CHARACTERS = 4096;
  private static final int STACK_BYTES = 128 << 10;
  // A process that the child has started may hold the pipe open for longer than the child lives.
  private static final long LINGER_MILLIS = 100;

  private final ChildProcess child;
  private final WorkerListener listener;
  private final StringBuilder kept = new StringBuilder(); // guarded by itself

  NativeOutput(ChildProcess child, WorkerListener listener) {
    this.child = child;
    this.listener = listener;
  }

  /**
   * @param ended told the exit value when the process has ended, by some thread
   */
  void start(IntConsumer ended) {
    Thread drain =
        new Thread(null, this::drain, "podpool-output-" + child.process.pid(), STACK_BYTES);
    drain.setDaemon(true);
    drain.start();
    var unused =
        child
            .process
            .onExit()
            .thenAccept(
                process -> {
                  awaitEnd(drain);
                  ended.accept(process.exitValue());
                });
  }

  private static void awaitEnd(Thread drain) {
    try {
      drain.join(LINGER_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The last of it. */
  String kept() {
    synchronized (kept) {
      return kept.toString();
    }
  }

  private void drain() {
    byte[] buffer = new byte[8192];
    try (InputStream output = child.process.getInputStream()) {
      int count;
      while ((count = output.read(buffer)) >= 0) {
        String text = new String(buffer, 0, count, StandardCharsets.UTF_8);
        synchronized (kept) {
          kept.append(text);
          kept.delete(0, Math.max(0, kept.length() - KEPT_CHARACTERS));
        }
        listener.output(child.slot, null, -1, 1, text);
      }
    } catch (IOException e) {
      // Closed with the process.
    }
  }
}
