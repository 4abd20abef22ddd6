package dev.podpool.queue.boot;

import dev.podpool.queue.front.Room;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a reserve of the disk for what must always be taken: reports, and what frees space. Looks
 * at the disk ten times a second at most.
 */
final class DiskRoom implements Room {

  private static final long LOOK_NANOS = 100_000_000;

  private final FileStore disk;
  private final Path directory;
  private final long reserveBytes;
  // Racing threads may both look; either answer is as good.
  private volatile long lookedNanos = System.nanoTime() - LOOK_NANOS;
  private volatile long freeBytes;

  DiskRoom(Path directory, long reserveBytes) throws IOException {
    this.directory = directory;
    this.reserveBytes = reserveBytes;
    this.disk = Files.getFileStore(directory);
  }

  @Override
  public @Nullable String lacking() {
    long now = System.nanoTime();
    if (now - lookedNanos >= LOOK_NANOS) {
      lookedNanos = now;
      try {
        freeBytes = disk.getUsableSpace();
      } catch (IOException e) {
        freeBytes = 0; // a disk that can't be asked takes nothing new
      }
    }
    long free = freeBytes;
    return free >= reserveBytes
        ? null
        : ("the queue's disk has %d MiB free, and keeps %d in reserve; free space on that of %s,"
                + " or take results")
            .formatted(free >> 20, reserveBytes >> 20, directory);
  }
}
