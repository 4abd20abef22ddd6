package dev.podpool.queue.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The log's files, taken by this process until closed.
 *
 * <pre>
 * lock                        held while in use; holds the process's number
 * format                      what the rest is written in
 * replica                     the name under which it promises, of one of several
 * founders                    with whom it began its log, where it did
 * go-on-alone                 made by a person: the other members are lost, see {@link Recovery}
 * raft/&lt;group&gt;/current        Ratis' segments, term and vote
 * raft/&lt;group&gt;/sm             snapshots
 * </pre>
 */
final class DataDirectory implements AutoCloseable {

  /** The newest format that this code reads, and the one that it writes. */
  static final int FORMAT = 1;

  private static final int START_BYTES = 64 << 10;

  private static final Pattern FORMAT_FILE = Pattern.compile("podpool-log (\\d{1,9})\n");

  private final Path root;
  private final Path group;
  private final FileChannel lock;

  private DataDirectory(Path root, UUID group, FileChannel lock) {
    this.root = root;
    this.group = root.resolve("raft").resolve(group.toString());
    this.lock = lock;
  }

  /** Takes {@code root}, which is made where it is missing. */
  static DataDirectory take(Path root, UUID group) {
    try {
      Files.createDirectories(root, Disk.PRIVATE_DIRECTORY);
      DataDirectory taken = new DataDirectory(root, group, lock(root.resolve("lock")));
      try {
        taken.checkFormat();
        taken.make();
        return taken;
      } catch (IOException | RuntimeException e) {
        taken.close();
        throw e;
      }
    } catch (IOException e) {
      throw new LogException(
          "data directory %s cannot be read and written by user '%s' (%s): make it this user's, with room on the disk, or choose another"
              .formatted(root, System.getProperty("user.name"), e),
          e);
    }
  }

  private static FileChannel lock(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file,
            java.util.Set.of(
                StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
            Disk.PRIVATE_FILE);
    try {
      FileLock lock = null;
      try {
        lock = channel.tryLock();
      } catch (OverlappingFileLockException e) {
        // This JVM has it: told like any other holder.
      }
      if (lock == null) {
        throw new DirectoryInUseException(
            "data directory %s is in use by process %s: stop that queue first, or choose another directory"
                .formatted(file.getParent(), Files.readString(file).strip()));
      }
      channel.truncate(0);
      channel.write(UTF_8.encode(ProcessHandle.current().pid() + "\n"), 0);
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private void checkFormat() throws IOException {
    Path file = root.resolve("format");
    if (!Files.exists(file)) {
      if (Files.exists(root.resolve("raft"))) {
        throw new LogException(
            "data directory %s holds a log but no file 'format': it is not complete; restore it from a copy"
                .formatted(root));
      }
      Disk.replace(file, "podpool-log " + FORMAT + "\n");
      return;
    }
    Matcher format = FORMAT_FILE.matcher(Files.readString(file));
    if (!format.matches()) {
      throw new LogException(
          "%s does not say a format, as 'podpool-log %d' would: it is damaged, or the directory is not a queue's; restore it from a copy"
              .formatted(file, FORMAT));
    }
    int found = Integer.parseInt(format.group(1));
    if (found > FORMAT) {
      throw new LogException(
          "data directory %s has format %d, and this release reads up to %d: run the release that wrote it, or a later one"
              .formatted(root, found, FORMAT));
    }
  }

  private void make() throws IOException {
    Files.createDirectories(segments(), Disk.PRIVATE_DIRECTORY);
    Files.createDirectories(snapshots(), Disk.PRIVATE_DIRECTORY);
    for (Path directory = snapshots();
        directory != null && !directory.equals(root);
        directory = directory.getParent()) {
      Disk.syncDirectory(directory);
    }
    Disk.syncDirectory(root);
  }

  /**
   * Returns if there is room for what Ratis writes to become leader: it tells nobody that it could
   * not.
   */
  void requireRoom() throws IOException {
    byte[] bytes = new byte[START_BYTES];
    // Zeros some file systems would not keep.
    new SplittableRandom().nextBytes(bytes);
    Path trial = root.resolve("trial.tmp");
    Files.deleteIfExists(trial);
    try {
      Disk.write(trial, ByteBuffer.wrap(bytes));
    } catch (IOException e) {
      throw new LogException(
          "data directory %s has no room for the %d bytes of a start (%s): free some, then start again; nothing acknowledged is lost"
              .formatted(root, START_BYTES, e),
          e);
    } finally {
      Files.deleteIfExists(trial);
    }
  }

  /** The name under which this replica promises; null if it was not given any. */
  @Nullable String replica() throws IOException {
    Path file = root.resolve("replica");
    return Files.exists(file) ? Files.readString(file).strip() : null;
  }

  /** From now on it promises as {@code replica}. */
  void name(String replica) throws IOException {
    Disk.replace(root.resolve("replica"), replica + "\n");
  }

  /** With whom this replica began the log: all of them, itself included; nobody if it did not. */
  List<Peer> founders() throws IOException {
    Path file = root.resolve("founders");
    return Files.exists(file) ? Peer.all(Files.readString(file).strip()) : List.of();
  }

  /** From now on it has begun the log with {@code founders}, or with nobody. */
  void found(List<Peer> founders) throws IOException {
    Disk.replace(root.resolve("founders"), Peer.text(founders) + "\n");
  }

  /** Whether a person wants this replica to be the only member of its log. */
  boolean isToGoOnAlone() {
    return Files.exists(goOnAlone());
  }

  /** The file that says so. */
  Path goOnAlone() {
    return root.resolve("go-on-alone");
  }

  /** What Ratis is told to use. */
  Path raft() {
    return root.resolve("raft");
  }

  Path segments() {
    return group.resolve("current");
  }

  Path snapshots() {
    return group.resolve("sm");
  }

  /** Gives the directory back. */
  @Override
  public void close() throws IOException {
    lock.close();
  }
}
