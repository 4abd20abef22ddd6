package dev.podpool.worker;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a {@link CodeCache} keeps its files, only this user's: archives, and for each worker a
 * folder of links to those it uses, which names the worker's process. Made with the first use.
 */
final class CodeDirectory implements AutoCloseable {
  private static final String USES = "uses-";

  private final Path path;
  private final boolean shared;
  private @Nullable Path uses; // guarded by this

  /**
   * @param shared whether other workers use it too, and it stays
   */
  CodeDirectory(Path path, boolean shared) {
    this.path = path;
    this.shared = shared;
  }

  private record Stored(Path file, long bytes, FileTime usedAt) {}

  Path path() {
    return path;
  }

  /**
   * This worker's folder.
   *
   * @throws IOException if it cannot be made, or belongs to somebody else
   */
  synchronized Path uses() throws IOException {
    if (uses == null) {
      Files.createDirectories(path.toAbsolutePath());
      // Whoever can write here decides what code runs.
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
      sweep();
      uses = Files.createTempDirectory(path, USES + process(ProcessHandle.current()) + "-");
    }
    return uses;
  }

  /** Removes what workers have left that did not end in an orderly way. */
  private void sweep() throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(path, USES + "*")) {
      for (Path each : left) {
        String[] parts = each.getFileName().toString().split("-");
        Optional<ProcessHandle> owner =
            parts.length < 3 ? Optional.empty() : ProcessHandle.of(Long.parseLong(parts[1]));
        if (owner.isEmpty()
            || !each.getFileName().toString().startsWith(USES + process(owner.get()))) {
          delete(each);
        }
      }
    } catch (NumberFormatException e) {
      throw new IOException(
          path + " holds what is not Podpool's; give the code a directory of its own", e);
    }
  }

  /** Names a process for ever: its number is used again, but not with the same start. */
  private static String process(ProcessHandle process) {
    long started = process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    return process.pid() + "-" + started;
  }

  /** Evicts archives that nobody uses, those used longest ago first, down to {@code bytesMax}. */
  synchronized void makeRoom(long bytesMax) throws IOException {
    List<Stored> all = new ArrayList<>();
    long bytes = 0;
    try (DirectoryStream<Path> archives = Files.newDirectoryStream(path, "*.jar")) {
      for (Path file : archives) {
        File each = file.toFile(); // says 0 if another worker has just evicted it
        all.add(new Stored(file, each.length(), FileTime.fromMillis(each.lastModified())));
        bytes += each.length();
      }
    }
    all.sort(Comparator.comparing(Stored::usedAt));
    for (Stored archive : all) {
      if (bytes <= bytesMax) {
        return;
      }
      if (!isInUse(archive.file)) {
        Files.deleteIfExists(archive.file);
        bytes -= archive.bytes;
      }
    }
  }

  private static boolean isInUse(Path file) {
    try {
      return Files.getAttribute(file, "unix:nlink") instanceof Integer links && links > 1;
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return false; // it is gone; or there are no links here, and whoever uses it has a copy
    }
  }

  /** Deletes {@code directory} with what is in it, links and not what they lead to. */
  static void delete(Path directory) {
    File[] files = directory.toFile().listFiles();
    if (files != null) {
      for (File file : files) {
        if (!file.delete() && !Files.isSymbolicLink(file.toPath())) {
          delete(file.toPath());
        }
      }
    }
    directory.toFile().delete();
  }

  @Override
  public synchronized void close() {
    if (uses != null) {
      delete(shared ? uses : path);
      uses = null;
    }
  }
}
