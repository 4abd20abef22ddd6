package dev.podpool.worker;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Drains what a child prints past {@code System.out}: the JVM itself, native code, processes that
 * it starts. Keeps the end of it, to tell why a child did not come up.
 */
final class NativeOutput {
  private static final int KEPT_CHARACTERS = 4096;
  private static final int STACK_BYTES = 128 << 10;
  // A process that the child has started may hold the pipe open for longer than the child lives.
  private static final long LINGER_MILLIS = 100;

  /** What a JVM says first, on its standard error, where a variable gives it options. */
  private static final Pattern NOTICES = Pattern.compile("((NOTE: )?Picked up [^\n]*\n)+");

  private static final List<String> NOTICE_STARTS = List.of("Picked up ", "NOTE: Picked up ");

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
    Thread output = drain(child.process.getInputStream(), 1, "podpool-output-");
    Thread error = drain(child.process.getErrorStream(), 2, "podpool-error-");
    var unused =
        child
            .process
            .onExit()
            .thenAccept(
                process -> {
                  awaitEnd(output);
                  awaitEnd(error);
                  ended.accept(process.exitValue());
                });
  }

  private static String withoutNotices(String text) {
    Matcher notices = NOTICES.matcher(text);
    return notices.lookingAt() ? text.substring(notices.end()) : text;
  }

  private static boolean mayBeNotice(String text) {
    return NOTICE_STARTS.stream()
        .anyMatch(notice -> notice.startsWith(text) || text.startsWith(notice));
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

  private Thread drain(InputStream from, int stream, String name) {
    Thread drain =
        new Thread(null, () -> drain(from, stream), name + child.process.pid(), STACK_BYTES);
    drain.setDaemon(true);
    drain.start();
    return drain;
  }

  private void drain(InputStream from, int stream) {
    byte[] buffer = new byte[8192];
    @Nullable String start = stream == 2 ? "" : null; // until it is known to be no notice
    try (InputStream output = from) {
      int count;
      while ((count = output.read(buffer)) >= 0) {
        String text = new String(buffer, 0, count, StandardCharsets.UTF_8);
        synchronized (kept) {
          kept.append(text);
          kept.delete(0, Math.max(0, kept.length() - KEPT_CHARACTERS));
        }
        if (start != null) {
          text = withoutNotices(start + text);
          start = mayBeNotice(text) ? text : null;
        }
        if (start == null) {
          listener.output(child.slot, null, -1, stream, text);
        }
      }
      if (start != null && !start.isEmpty()) {
        listener.output(child.slot, null, -1, stream, start);
      }
    } catch (IOException e) {
      // Closed with the process.
    }
  }
}
