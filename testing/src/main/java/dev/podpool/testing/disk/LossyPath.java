package dev.podpool.testing.disk;

import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import org.jspecify.annotations.Nullable;

/** A path on a {@link LossyDisk}: reckoned with as a path of this machine. */
final class LossyPath implements Path {

  private final LossyDisk disk;
  private final Path plain;

  LossyPath(LossyDisk disk, Path plain) {
    this.disk = disk;
    this.plain = plain;
  }

  static Path plain(Path path) {
    if (path instanceof LossyPath lossy) {
      return lossy.plain;
    }
    throw new ProviderMismatchException(path + " is not on a lossy disk");
  }

  private LossyPath with(Path other) {
    return new LossyPath(disk, other);
  }

  private @Nullable LossyPath orNull(@Nullable Path other) {
    return other == null ? null : with(other);
  }

  @Override
  public FileSystem getFileSystem() {
    return disk;
  }

  @Override
  public boolean isAbsolute() {
    return plain.isAbsolute();
  }

  @Override
  public @Nullable Path getRoot() {
    return orNull(plain.getRoot());
  }

  @Override
  public @Nullable Path getFileName() {
    return orNull(plain.getFileName());
  }

  @Override
  public @Nullable Path getParent() {
    return orNull(plain.getParent());
  }

  @Override
  public int getNameCount() {
    return plain.getNameCount();
  }

  @Override
  public Path getName(int index) {
    return with(plain.getName(index));
  }

  @Override
  public Path subpath(int beginIndex, int endIndex) {
    return with(plain.subpath(beginIndex, endIndex));
  }

  @Override
  public boolean startsWith(Path other) {
    return plain.startsWith(plain(other));
  }

  @Override
  public boolean endsWith(Path other) {
    return plain.endsWith(plain(other));
  }

  @Override
  public Path normalize() {
    return with(plain.normalize());
  }

  @Override
  public Path resolve(Path other) {
    return with(plain.resolve(plain(other)));
  }

  @Override
  public Path relativize(Path other) {
    return with(plain.relativize(plain(other)));
  }

  @Override
  public URI toUri() {
    return URI.create("lossy:" + plain);
  }

  @Override
  public Path toAbsolutePath() {
    return with(plain.toAbsolutePath());
  }

  @Override
  public Path toRealPath(LinkOption... options) {
    return with(plain.toAbsolutePath().normalize());
  }

  @Override
  public WatchKey register(
      WatchService watcher, WatchEvent.Kind<?>[] events, WatchEvent.Modifier... modifiers) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int compareTo(Path other) {
    return plain.compareTo(plain(other));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof LossyPath path && path.disk == disk && path.plain.equals(plain);
  }

  @Override
  public int hashCode() {
    return plain.hashCode();
  }

  @Override
  public String toString() {
    return plain.toString();
  }
}
