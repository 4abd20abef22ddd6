package dev.podpool.queue.raft;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Whether all segments, and the snapshot before them, are one log without a gap. */
final class LogCheck {

  private static final Pattern CLOSED = Pattern.compile("log_(\\d{1,18})-(\\d{1,18})");
  private static final Pattern OPEN = Pattern.compile("log_inprogress_(\\d{1,18})");
  private static final String VOTES = "raft-meta";

  private LogCheck() {}

  /** A segment's file; {@code last} is null while it is open. */
  private record Named(Path file, long first, @Nullable Long last) {}

  /**
   * Checks every byte of the segments in {@code directory}, and repairs the end of the open one.
   *
   * @param snapshot the index of the newest snapshot, or -1
   * @throws LogException if entries are damaged or missing
   */
  static void run(Path directory, long snapshot, int entryBytesMax) throws IOException {
    List<Named> segments = segments(directory);
    if ((snapshot >= 0 || !segments.isEmpty()) && !Files.exists(directory.resolve(VOTES))) {
      throw new LogException(
          "%s is missing, but the log has entries: restore the data directory from a copy"
              .formatted(directory.resolve(VOTES)));
    }
    long next = -1;
    for (Named segment : segments) {
      if (next >= 0 ? segment.first() != next : segment.first() > snapshot + 1) {
        throw new LogException(
            "entries %d to %d are missing before %s: restore the data directory from a copy"
                .formatted(next >= 0 ? next : snapshot + 1, segment.first() - 1, segment.file()));
      }
      Long last = segment.last();
      if (last == null) {
        next = Segment.repairOpen(segment.file(), segment.first(), entryBytesMax);
      } else {
        Segment.checkClosed(segment.file(), segment.first(), last, entryBytesMax);
        next = last + 1;
      }
    }
    if (snapshot >= 0 && next >= 0 && next <= snapshot) {
      throw new LogException(
          "entries %d to %d, up to which there is a snapshot, are missing in %s: restore the data directory from a copy"
              .formatted(next, snapshot, directory));
    }
  }

  private static List<Named> segments(Path directory) throws IOException {
    List<Named> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "log_*")) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        Matcher closed = CLOSED.matcher(name);
        Matcher open = OPEN.matcher(name);
        if (closed.matches()) {
          found.add(
              new Named(file, Long.parseLong(closed.group(1)), Long.parseLong(closed.group(2))));
        } else if (open.matches()) {
          found.add(new Named(file, Long.parseLong(open.group(1)), null));
        }
      }
    }
    found.sort(Comparator.comparingLong(Named::first));
    return found;
  }
}
