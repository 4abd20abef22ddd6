package dev.podpool.operator.local;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** One runtime runs in a directory. Ends with its process, however that ends. */
final class RuntimeLock implements AutoCloseable {

  // Somebody may be looking whether it is held.
  private static final long TAKE_MILLIS_MAX = 1_000;
  private static final long TAKE_POLL_MILLIS = 20;

  // The system knows processes only: and closing the file anywhere in this one would unlock it.
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private RuntimeLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Takes {@code directory}, which exists.
   *
   * @throws RuntimeUnusableException if another runtime has it
   */
  static RuntimeLock take(Path directory) throws IOException, InterruptedException {
    Path file = directory.toRealPath().resolve("lock");
    if (!HELD.add(file)) {
      throw inUse(directory, ProcessHandle.current().pid());
    }
    FileChannel channel = null;
    boolean taken = false;
    try {
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      long end = System.nanoTime() + TAKE_MILLIS_MAX * 1_000_000;
      while (channel.tryLock() == null) {
        if (System.nanoTime() - end > 0) {
          throw inUse(directory, pid(file));
        }
        Thread.sleep(TAKE_POLL_MILLIS);
      }
      channel.truncate(0);
      channel.write(StandardCharsets.US_ASCII.encode(ProcessHandle.current().pid() + "\n"));
      taken = true;
      return new RuntimeLock(file, channel);
    } catch (FileSystemException e) {
      throw RuntimeUnusableException.of(directory, e);
    } finally {
      if (!taken) {
        if (channel != null) {
          channel.close();
        }
        HELD.remove(file);
      }
    }
  }

  private static RuntimeUnusableException inUse(Path directory, long pid) {
    return new RuntimeUnusableException(
        "a runtime runs in %s already, as process %d: use that, or stop it first"
            .formatted(directory, pid));
  }

  private static long pid(Path file) throws IOException {
    String text = Files.readString(file).strip();
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
  }

  /** The process of the runtime that runs in {@code directory}; empty where none does. */
  static OptionalLong holder(Path directory) throws IOException {
    try {
      Path file = directory.toRealPath().resolve("lock");
      if (HELD.contains(file)) {
        return OptionalLong.of(ProcessHandle.current().pid());
      }
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        return channel.tryLock() == null ? OptionalLong.of(pid(file)) : OptionalLong.empty();
      }
    } catch (NoSuchFileException e) {
      return OptionalLong.empty();
    } catch (FileSystemException e) {
      throw RuntimeUnusableException.of(directory, e);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    HELD.remove(file);
  }
}
