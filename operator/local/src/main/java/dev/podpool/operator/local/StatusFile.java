package dev.podpool.operator.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A pool's status on the disk, for whoever asks in another process: written when it changes, and
 * every 10 s, so that an old one is known for what it is. Thread-safe.
 */
final class StatusFile {

  private static final long REFRESH_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Path file;
  private @Nullable PoolReport last; // guarded by this
  private long writtenNanos; // guarded by this
  private String problem = ""; // guarded by this

  StatusFile(Path file) {
    this.file = file;
  }

  /** When the pool was first wanted: what the file says, or now. */
  Instant createdAt() {
    try {
      String text = RuntimeFiles.read(file);
      return text == null ? Instant.now() : PoolReport.ofJson(text).createdAt();
    } catch (IOException e) {
      return Instant.now();
    }
  }

  /** What is wrong with the manifest, to be said instead of what else there is; empty: nothing. */
  synchronized void problem(String now) {
    problem = now;
  }

  synchronized void write(PoolReport report) {
    PoolReport next = problem.isEmpty() ? report : report.with(problem);
    long now = System.nanoTime();
    boolean same = last != null && next.at(last.observedAt()).equals(last);
    if (same && now - writtenNanos < REFRESH_NANOS) {
      return;
    }
    try {
      RuntimeFiles.write(file, next.toJson());
      last = next;
      writtenNanos = now;
    } catch (IOException e) {
      // Tried again with the next report; what is there says of when it is.
    }
  }

  synchronized @Nullable PoolReport last() {
    return last;
  }

  void delete() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // It says of when it is.
    }
  }
}
