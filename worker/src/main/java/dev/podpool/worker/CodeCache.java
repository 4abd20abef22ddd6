package dev.podpool.worker;

import dev.podpool.function.internal.ClassPathArchives;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.CodeArchive;
import dev.podpool.protocol.FailureKind;
import dev.podpool.worker.BlobReader.WrongBytesException;
import dev.podpool.worker.Fetches.Fetch;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Archives of code on this machine, by digest, each fetched, verified and checked once.
 *
 * <p>What is in the directory is whole: an archive is fetched beside it and moved into place.
 * Whoever uses one has a link to it in a folder of its own, so that it stays readable when it is
 * evicted, and is not evicted while it has more than one: workers that share a directory need no
 * word with each other. Thread-safe; calls block.
 */
final class CodeCache implements AutoCloseable {
  private static final long LOCK_WAIT_NANOS = 60_000_000_000L;
  private static final long LOCK_POLL_MILLIS = 20;

  private final CodeDirectory directory;
  private final BlobReader reader;
  private final long bytesMax;
  private final ConcurrentHashMap<String, Running> running = new ConcurrentHashMap<>();
  private final AtomicInteger uses = new AtomicInteger();

  private record Running(Fetch fetch, CompletableFuture<Void> done) {}

  /**
   * @param bytesMax of archives, but for those in use
   */
  CodeCache(CodeDirectory directory, BlobReader reader, long bytesMax) {
    this.directory = directory;
    this.reader = reader;
    this.bytesMax = bytesMax;
  }

  /**
   * Gets {@code archives}.
   *
   * @return their files, in order, to be given to {@link #release}; readable until then
   * @throws UnusableException if one is not what it should be
   * @throws IOException if one could not be fetched for so long
   */
  List<String> open(List<CodeArchive> archives, Fetch fetch)
      throws IOException, InterruptedException, UnusableException {
    Path use = Files.createDirectory(directory.uses().resolve("" + uses.incrementAndGet()));
    try {
      List<String> files = new ArrayList<>();
      for (CodeArchive archive : archives) {
        files.add(open(archive, use, fetch).toString());
      }
      return files;
    } catch (IOException | InterruptedException | UnusableException | RuntimeException e) {
      CodeDirectory.delete(use);
      throw e;
    }
  }

  /** Lets {@code files} go, which {@link #open} gave. */
  void release(List<String> files) {
    Path use = Path.of(files.get(0)).getParent();
    if (use != null) {
      CodeDirectory.delete(use);
    }
  }

  private Path open(CodeArchive archive, Path use, Fetch fetch)
      throws IOException, InterruptedException, UnusableException {
    Blob blob = archive.getArchive();
    if (blob.getSha256().size() != 32
        || blob.getSizeBytes() < 1
        || blob.getSizeBytes() > ClassPathArchives.ARCHIVE_BYTES_MAX) {
      throw unusable(
          archive,
          FailureKind.FUNCTION_NOT_FOUND,
          "it has " + blob.getSizeBytes() + " bytes, and 512 MiB is the most; make it smaller");
    }
    String digest = BlobReader.hex(blob.getSha256());
    Path stored = directory.path().resolve(digest + ".jar");
    Path link = use.resolve(digest + ".jar");
    while (!link(stored, link, blob.getSizeBytes())) {
      fetchOnce(archive, digest, stored, fetch);
    }
    return link;
  }

  private static boolean link(Path stored, Path link, long sizeBytes) throws IOException {
    try {
      if (Files.size(stored) != sizeBytes) {
        Files.delete(stored); // somebody's disk was full, or lost what was written
        return false;
      }
      Files.setLastModifiedTime(stored, FileTime.from(Instant.now()));
      try {
        Files.createLink(link, stored);
      } catch (UnsupportedOperationException e) {
        Files.copy(stored, link);
      }
      return true;
    } catch (FileAlreadyExistsException e) {
      return true; // twice on the class path
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Has the archive stored, by this thread or another that is at it already. */
  private void fetchOnce(CodeArchive archive, String digest, Path stored, Fetch fetch)
      throws IOException, InterruptedException, UnusableException {
    Running mine = new Running(fetch, new CompletableFuture<>());
    Running other = running.putIfAbsent(digest, mine);
    if (other != null) {
      await(other, fetch);
      return;
    }
    try (FileChannel locks =
        FileChannel.open(
            directory.path().resolve("locks"),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE)) {
      lock(locks, digest, stored, fetch); // released with its channel
      if (!Files.exists(stored)) {
        store(archive, stored, fetch);
      }
      mine.done.complete(null);
    } catch (IOException | InterruptedException | UnusableException | RuntimeException e) {
      mine.done.completeExceptionally(e);
      throw e;
    } finally {
      mine.done.completeExceptionally(new IOException("given up"));
      running.remove(digest, mine);
    }
  }

  /** Returns when {@code other} has ended, but for a result that concerns all. */
  private static void await(Running other, Fetch fetch)
      throws IOException, InterruptedException, UnusableException {
    while (true) {
      if (!other.fetch.isCancelled()) { // else it may have to be waited for, but got on long ago
        fetch.follow(other.fetch);
      }
      try {
        other.done.get(LOCK_POLL_MILLIS, TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException e) {
        // It goes on.
      } catch (ExecutionException e) {
        if (e.getCause() instanceof UnusableException unusable) {
          throw unusable;
        }
        if (e.getCause() instanceof IOException failure && !other.fetch.isCancelled()) {
          throw failure;
        }
        return; // it was called off: now it's our turn
      }
    }
  }

  /** Waits while another process fetches the same; for a while, as that costs no more than time. */
  private static void lock(FileChannel locks, String digest, Path stored, Fetch fetch)
      throws IOException, InterruptedException {
    long position = Long.parseLong(digest.substring(0, 15), 16);
    long end = System.nanoTime() + LOCK_WAIT_NANOS;
    while (System.nanoTime() < end && !Files.exists(stored)) {
      try {
        if (locks.tryLock(position, 1, false) != null) {
          return;
        }
      } catch (OverlappingFileLockException e) {
        // Another worker of this JVM.
      }
      fetch.touch();
      Thread.sleep(LOCK_POLL_MILLIS);
    }
  }

  private void store(CodeArchive archive, Path stored, Fetch fetch)
      throws IOException, InterruptedException, UnusableException {
    Blob blob = archive.getArchive();
    directory.makeRoom(bytesMax - blob.getSizeBytes());
    Path part = Files.createTempFile(directory.uses(), "part", "");
    try {
      reader.read(
          blob, () -> Files.newOutputStream(part, StandardOpenOption.TRUNCATE_EXISTING), fetch);
      String problem = ArchiveCheck.problem(part, fetch::touch);
      if (problem != null) {
        throw unusable(
            archive,
            FailureKind.FUNCTION_NOT_FOUND,
            problem + "; mend it, or take it off the submitter's class path");
      }
      try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
        channel.force(true); // a name must not outlive what it stands for
      }
      Files.move(part, stored, StandardCopyOption.ATOMIC_MOVE);
    } catch (WrongBytesException e) {
      throw unusable(archive, FailureKind.CODE_MISMATCH, e.getMessage() + "; submit the job again");
    } catch (FileNotFoundException e) {
      throw unusable(
          archive,
          FailureKind.FUNCTION_NOT_FOUND,
          "the queue does not have it (" + e.getMessage() + "); submit the job again");
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static UnusableException unusable(CodeArchive archive, FailureKind kind, String why) {
    return new UnusableException(
        kind,
        "the code that came with the function cannot be used: the archive '"
            + UnusableException.shown(archive.getName())
            + "': "
            + why);
  }

  /** Lets all go that is in use here. The archives stay, if the directory is not this worker's. */
  @Override
  public void close() {
    directory.close();
  }
}
