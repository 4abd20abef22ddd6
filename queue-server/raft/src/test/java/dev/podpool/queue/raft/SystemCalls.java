package dev.podpool.queue.raft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an {@link Appender} did to its segments, from {@code strace -f -y}, in order. It has one
 * entry in flight, so whenever it says "applied", no segment may have bytes that are written and
 * not synced.
 *
 * @param violations what was said too early
 * @param syncedBytes how much of each segment was synced, without preallocated zeros
 */
record SystemCalls(
    List<String> violations, int acknowledged, int syncs, Map<Path, Long> syncedBytes) {

  private static final Pattern CALL =
      Pattern.compile("(\\d+) +(write|pwrite64|fdatasync|fsync)\\((\\d+)<([^>]*)>(.*)");
  private static final Pattern RESUMED = Pattern.compile("(\\d+) +<\\.\\.\\. (\\w+) resumed>(.*)");
  private static final Pattern RESULT = Pattern.compile(".*= (-?\\d+)(?: .*)?");

  private static final class Reader {
    final List<String> violations = new ArrayList<>();
    final Map<String, Matcher> unfinished = new HashMap<>();
    final Map<Path, Long> written = new TreeMap<>();
    final Map<Path, Long> synced = new TreeMap<>();
    final Map<String, Long> syncing = new HashMap<>();
    final Path directory;
    int acknowledged;
    int syncs;

    Reader(Path directory) {
      this.directory = directory;
    }

    void line(String line) {
      Matcher resumed = RESUMED.matcher(line);
      if (resumed.matches()) {
        Matcher call = unfinished.remove(resumed.group(1));
        if (call != null) {
          finish(call, resumed.group(3));
        }
        return;
      }
      Matcher call = CALL.matcher(line);
      if (!call.matches()) {
        return;
      }
      begin(call);
      if (call.group(5).endsWith("<unfinished ...>")) {
        unfinished.put(call.group(1), call);
      } else {
        finish(call, call.group(5));
      }
    }

    private void begin(Matcher call) {
      if (call.group(3).equals("1") && call.group(5).startsWith(", \"applied ")) {
        acknowledged++;
        if (!written.equals(synced)) {
          violations.add(call.group() + " while written " + written + ", synced " + synced);
        }
      } else if (isSegment(call) && call.group(2).endsWith("sync")) {
        syncing.put(call.group(1), written.getOrDefault(Path.of(call.group(4)), 0L));
      }
    }

    private void finish(Matcher call, String rest) {
      Matcher result = RESULT.matcher(rest);
      if (!isSegment(call) || !result.matches()) {
        return;
      }
      Path file = Path.of(call.group(4));
      long value = Long.parseLong(result.group(1));
      if (call.group(2).equals("write")) {
        written.merge(file, value, Long::sum);
      } else if (call.group(2).endsWith("sync") && value == 0) {
        synced.put(file, syncing.get(call.group(1)));
        syncs++;
      }
    }

    private boolean isSegment(Matcher call) {
      Path file = Path.of(call.group(4));
      return file.startsWith(directory)
          && file.getFileName().toString().startsWith("log_inprogress_");
    }
  }

  static SystemCalls read(Path calls, Path directory) throws IOException {
    Reader reader = new Reader(directory.toRealPath());
    for (String line : Files.readAllLines(calls, java.nio.charset.StandardCharsets.ISO_8859_1)) {
      reader.line(line);
    }
    return new SystemCalls(reader.violations, reader.acknowledged, reader.syncs, reader.synced);
  }
}
