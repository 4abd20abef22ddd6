package dev.podpool.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Whom the kernel has killed as this container's memory limit was reached, counted by the kernel.
 * Nothing outside of a container. Not thread-safe.
 */
final class OomKills {

  // Of a container's own control group: cgroup v2, and v1.
  private static final List<Path> COUNTERS =
      List.of(
          Path.of("/sys/fs/cgroup/memory.events"),
          Path.of("/sys/fs/cgroup/memory/memory.oom_control"));
  private static final String COUNTER = "oom_kill ";

  private final List<Path> counters;
  private long known;

  OomKills() {
    this(COUNTERS);
  }

  OomKills(List<Path> counters) {
    this.counters = counters;
    known = count();
  }

  /** Whether there was one since this was asked last. */
  boolean happened() {
    long before = known;
    known = count();
    return known > before;
  }

  private long count() {
    for (Path file : counters) {
      try {
        for (String line : Files.readAllLines(file)) {
          if (line.startsWith(COUNTER)) {
            return Long.parseLong(line.substring(COUNTER.length()).strip());
          }
        }
      } catch (IOException | NumberFormatException e) {
        // The other kind, or no container.
      }
    }
    return 0;
  }
}
