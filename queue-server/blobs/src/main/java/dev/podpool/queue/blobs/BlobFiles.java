package dev.podpool.queue.blobs;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.BlobSnapshot;
import dev.podpool.protocol.Snapshot;
import dev.podpool.queue.loop.BlobStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Blobs as files, one each, named after what they are; readable by their user only.
 *
 * <p>A piece is in the log before it is here. So a file needs to be durable only when a snapshot
 * takes the place of the entries that hold its pieces.
 */
public final class BlobFiles implements BlobStore {

  private static final HexFormat HEX = HexFormat.of();

  private final Path directory;
  // Forced by this process, and not written since.
  private final Set<String> durable = ConcurrentHashMap.newKeySet();
  // That are listed perhaps by the snapshot that a restart would begin with; guarded by itself.
  private final Set<String> forgotten = new HashSet<>();

  /** Keeps blobs in {@code directory}, which is made if it is not there. */
  public BlobFiles(Path directory) throws IOException {
    this.directory = directory;
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private static String name(Blob blob) {
    return HEX.formatHex(blob.getSha256().toByteArray()) + "-" + blob.getSizeBytes();
  }

  private Path file(Blob blob) {
    return directory.resolve(name(blob));
  }

  @Override
  public void write(Blob blob, long offsetBytes, ByteString data) {
    synchronized (forgotten) {
      forgotten.remove(name(blob));
    }
    try (FileChannel file =
        FileChannel.open(
            file(blob),
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      long at = offsetBytes;
      for (ByteBuffer part : data.asReadOnlyByteBufferList()) {
        while (part.hasRemaining()) {
          at += file.write(part, at);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("blob " + file(blob) + " can't be written", e);
    } finally {
      durable.remove(name(blob)); // afterwards: it may have been forced meanwhile, without this
    }
  }

  @Override
  public void forget(Blob blob) {
    synchronized (forgotten) {
      forgotten.add(name(blob));
    }
  }

  @Override
  public void begin(Snapshot snapshot) {
    Set<String> listed =
        snapshot.getBlobsList().stream()
            .map(each -> name(each.getBlob()))
            .collect(Collectors.toSet());
    synchronized (forgotten) {
      for (String name : List.copyOf(forgotten)) {
        if (!listed.contains(name)) {
          forgotten.remove(name);
          delete(name);
        }
      }
    }
  }

  private void delete(String name) {
    durable.remove(name);
    try {
      Files.deleteIfExists(directory.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException("blob " + name + " can't be deleted", e);
    }
  }

  @Override
  public void restore(Snapshot snapshot) {
    Map<String, BlobSnapshot> listed =
        snapshot.getBlobsList().stream()
            .collect(Collectors.toMap(each -> name(each.getBlob()), each -> each));
    synchronized (forgotten) {
      forgotten.clear();
    }
    durable.clear();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        if (!listed.containsKey(file.getFileName().toString())) {
          Files.delete(file);
        }
      }
      for (BlobSnapshot each : listed.values()) {
        check(each);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the blobs in " + directory + " can't be read", e);
    }
  }

  private long held(Blob blob) throws IOException {
    try {
      return Files.size(file(blob));
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  private void check(BlobSnapshot each) throws IOException {
    long size = held(each.getBlob());
    if (size < each.getReceivedBytes()) {
      throw new IllegalStateException(
          file(each.getBlob())
              + " has "
              + size
              + " bytes, and the snapshot lists "
              + each.getReceivedBytes()
              + ": the data directory was damaged; restore it from a backup");
    }
  }

  @Override
  public void sync(Snapshot snapshot) {
    for (BlobSnapshot each : snapshot.getBlobsList()) {
      String name = name(each.getBlob());
      if (durable.add(name)) {
        try (FileChannel file =
            FileChannel.open(directory.resolve(name), StandardOpenOption.WRITE)) {
          file.force(true);
        } catch (NoSuchFileException e) {
          // Empty, or forgotten since.
        } catch (IOException e) {
          durable.remove(name);
          throw new UncheckedIOException("blob " + name + " can't be made durable", e);
        }
      }
    }
    try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
      names.force(true);
    } catch (IOException e) {
      throw new UncheckedIOException("the names in " + directory + " can't be made durable", e);
    }
  }

  // ---- between replicas

  @Override
  public boolean has(BlobSnapshot listed) {
    try {
      return held(listed.getBlob()) >= listed.getReceivedBytes();
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public @Nullable InputStream open(BlobSnapshot listed) throws IOException {
    try {
      return Files.newInputStream(file(listed.getBlob()));
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  @Override
  public void take(BlobSnapshot listed, Iterator<byte[]> pieces) throws IOException {
    long at = 0;
    while (pieces.hasNext()) {
      byte[] piece = pieces.next();
      write(listed.getBlob(), at, UnsafeByteOperations.unsafeWrap(piece));
      at += piece.length;
    }
    if (!has(listed)) {
      throw new IOException(
          "%s came with %d of %d bytes from another replica"
              .formatted(file(listed.getBlob()), at, listed.getReceivedBytes()));
    }
  }

  // ---- for who reads them

  /** The bytes of {@code blob}; null where it is not there, or not complete. Any thread. */
  public @Nullable InputStream open(Blob blob) throws IOException {
    if (blob.getSizeBytes() == 0) {
      return InputStream.nullInputStream();
    }
    try {
      InputStream in = Files.newInputStream(file(blob));
      if (Files.size(file(blob)) == blob.getSizeBytes()) {
        return in;
      }
      in.close();
      return null;
    } catch (NoSuchFileException e) {
      return null;
    }
  }
}
