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

  private LogCheck() {}

  /**
   * Where a log ends.
   *
   * @param term the highest of an entry or of the snapshot, 0 without any
   * @param next the index of the entry that comes next
   * @param open the segment that it comes into, at {@code position}; null: into a new one
   */
  record Tail(long term, long next, @Nullable Path open, int position) {}

  /** A segment's file; {@code last} is null while it is open. */
  private record Named(Path file, long first, @Nullable Long last) {}

  /**
   * Checks every byte of the segments in {@code directory}, and repairs the end of the open one.
   *
   * @param newest snapshot, or null
   * @throws LogException if entries are damaged or missing
   */
  static Tail run(Path directory, SnapshotFiles.@Nullable Written newest, int entryBytesMax)
      throws IOException {
    long snapshot = newest == null ? -1 : newest.index();
    long term = newest == null ? 0 : newest.term();
    List<Named> segments = segments(directory);
    if ((snapshot >= 0 || !segments.isEmpty()) && !Files.exists(directory.resolve(Votes.NAME))) {
      throw new LogException(
          "%s is missing, but the log has entries: restore the data directory from a copy"
              .formatted(directory.resolve(Votes.NAME)));
    }
    long next = -1;
    Tail tail = new Tail(term, snapshot + 1, null, 0);
    for (Named segment : segments) {
      if (next >= 0 ? segment.first() != next : segment.first() > snapshot + 1) {
        throw new LogException(
            "entries %d to %d are missing before %s: restore the data directory from a copy"
                .formatted(next >= 0 ? next : snapshot + 1, segment.first() - 1, segment.file()));
      }
      Long last = segment.last();
      Segment.End end =
          last == null
              ? Segment.repairOpen(segment.file(), segment.first(), entryBytesMax)
              : Segment.checkClosed(segment.file(), segment.first(), last, entryBytesMax);
      next = end.next();
      term = Math.max(term, end.term());
      tail =
          new Tail(
              term,
              next,
              last == null && end.position() > 0 ? segment.file() : null,
              end.position());
    }
    if (newest != null && next >= 0 && next <= snapshot) {
      if (!newest.isReceived()) {
        throw new LogException(
            "entries %d to %d, up to which there is a snapshot, are missing in %s: restore the data directory from a copy"
                .formatted(next, snapshot, directory));
      }
      // This replica ended before Ratis had dropped what that takes the place of.
      for (Named segment : segments) {
        Disk.delete(segment.file());
      }
      return new Tail(term, snapshot + 1, null, 0);
    }
    return tail;
  }

  /** Whether a replica has ever run on the segments in {@code directory}. */
  static boolean hasRun(Path directory) {
    return Files.exists(directory.resolve(Votes.NAME));
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
