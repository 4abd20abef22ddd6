package dev.podpool.queue.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What every file of the log has in common: only its owner reads it, and its name is durable. */
final class Disk {

  static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
  static final Set<PosixFilePermission> DIRECTORY = PosixFilePermissions.fromString("rwx------");

  static final FileAttribute<?> PRIVATE_FILE = PosixFilePermissions.asFileAttribute(FILE);
  static final FileAttribute<?> PRIVATE_DIRECTORY = PosixFilePermissions.asFileAttribute(DIRECTORY);

  private Disk() {}

  /**
   * Makes the names in {@code directory} durable, after files in it were made, moved or deleted.
   */
  static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Has {@code file} say {@code text}, durably; until it does, it says what it said before. */
  static void replace(Path file, String text) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".tmp");
    Files.deleteIfExists(fresh);
    write(fresh, UTF_8.encode(text));
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    syncDirectory(file.resolveSibling("."));
  }

  /** Writes {@code bytes} into {@code file}, which is made, and syncs it. */
  static void write(Path file, ByteBuffer bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PRIVATE_FILE)) {
      write(channel, bytes);
    }
  }

  /** Writes {@code bytes} from {@code position} on into {@code file}, which is there, and syncs. */
  static void overwrite(Path file, long position, ByteBuffer bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.position(position);
      write(channel, bytes);
    }
  }

  private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    channel.force(true);
  }

  /**
   * Makes durable that {@code file} begins with the first {@code count} of {@code bytes}, as it
   * reads. A sync alone does not: where an earlier one has failed, Linux takes for written what it
   * still has to write.
   */
  static void rewrite(Path file, byte[] bytes, int count) throws IOException {
    overwrite(file, 0, ByteBuffer.wrap(bytes, 0, count));
  }

  /** Cuts {@code file} to {@code size} bytes, durably. */
  static void truncate(Path file, long size) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(size);
      channel.force(true);
    }
  }

  /** Deletes {@code file}, durably. */
  static void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
    Path directory = file.getParent();
    if (directory != null) {
      syncDirectory(directory);
    }
  }

  /** Whether there was no room for what failed, and a later attempt may find some. */
  static boolean isFull(@Nullable Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message = cause.getMessage();
      // Java has no type for ENOSPC and EDQUOT: the system's own words are all there is.
      if (cause instanceof IOException
          && message != null
          && (message.contains("No space left on device")
              || message.contains("Disk quota exceeded"))) {
        return true;
      }
    }
    return false;
  }
}
