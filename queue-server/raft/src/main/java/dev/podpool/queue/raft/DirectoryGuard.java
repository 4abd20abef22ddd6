package dev.podpool.queue.raft;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Does for Ratis' files what Ratis leaves out: makes their names durable, and private. Ratis syncs
 * what it writes into a new segment, but not the directory that names the segment.
 *
 * <p>Owned by the thread that calls {@link #sync}, before each sync of a segment.
 */
final class DirectoryGuard {

  // A directory changed again within its clock's granularity has the same time as before.
  private static final long GRANULARITY_MILLIS = 100;

  private final Path directory;
  private @Nullable FileTime synced;
  private boolean settled;

  DirectoryGuard(Path directory) {
    this.directory = directory;
  }

  /** After this, the files that are in the directory now are so durably. */
  void sync() throws IOException {
    FileTime changed = Files.getLastModifiedTime(directory);
    if (settled && changed.equals(synced)) {
      return;
    }
    long age = System.currentTimeMillis() - changed.toMillis();
    if (synced == null) {
      // Ratis made this directory anew when it was first used.
      makePrivate(directory.resolveSibling("."));
      Disk.syncDirectory(directory.resolveSibling("."));
    }
    if (!changed.equals(synced)) {
      makePrivate(directory);
    }
    Disk.syncDirectory(directory);
    synced = changed;
    settled = age > GRANULARITY_MILLIS;
  }

  private static void makePrivate(Path directory) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        try {
          Set<PosixFilePermission> mode = Files.isDirectory(file) ? Disk.DIRECTORY : Disk.FILE;
          if (!Files.getPosixFilePermissions(file).equals(mode)) {
            Files.setPosixFilePermissions(file, mode);
          }
        } catch (NoSuchFileException e) {
          // Another thread's temporary file, by now under its own name: the directory changed
          // again.
        }
      }
    }
  }
}
