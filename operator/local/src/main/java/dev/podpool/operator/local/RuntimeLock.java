package dev.podpool.operator.local;

import dev.podpool.rpc.RuntimeDirectory;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
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
   * Takes {@code directory}, which is there.
   *
   * @throws RuntimeUnusableException if another runtime has it
   */
  static RuntimeLock take(RuntimeDirectory directory) throws IOException, InterruptedException {
    Path file = file(directory);
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
          throw inUse(directory, directory.lastHolder());
        }
        Thread.sleep(TAKE_POLL_MILLIS);
      }
      channel.truncate(0);
      channel.write(StandardCharsets.US_ASCII.encode(ProcessHandle.current().pid() + "\n"));
      taken = true;
      return new RuntimeLock(file, channel);
    } catch (FileSystemException e) {
      throw RuntimeUnusableException.of(directory.path(), e);
    } finally {
      if (!taken) {
        if (channel != null) {
          channel.close();
        }
        HELD.remove(file);
      }
    }
  }

  /** The one name of it that all paths lead to. */
  private static Path file(RuntimeDirectory directory) throws IOException {
    return new RuntimeDirectory(directory.path().toRealPath()).lock();
  }

  private static RuntimeUnusableException inUse(RuntimeDirectory directory, long pid) {
    return new RuntimeUnusableException(
        "a runtime runs in %s already, as process %d: use that, or stop it first"
            .formatted(directory.path(), pid));
  }

  /** The process of the runtime that runs in {@code directory}; empty where none does. */
  static OptionalLong holder(RuntimeDirectory directory) throws IOException {
    try {
      Path file = file(directory);
      if (HELD.contains(file)) {
        return OptionalLong.of(ProcessHandle.current().pid());
      }
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        return channel.tryLock() == null
            ? OptionalLong.of(directory.lastHolder())
            : OptionalLong.empty();
      }
    } catch (NoSuchFileException e) {
      return OptionalLong.empty();
    } catch (FileSystemException e) {
      throw RuntimeUnusableException.of(directory.path(), e);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    HELD.remove(file);
  }
}
