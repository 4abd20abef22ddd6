package dev.podpool.testing.disk;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that keeps what POSIX promises, and no more: the bytes of a file that was
 * synced, and the names in a directory that was synced. Owned by one thread at a time.
 *
 * <p>When the power is lost, of the bytes that were not synced each sector is there or not, and the
 * file is as long as before, as now, or in between; of the names that were made, moved or deleted
 * in a directory, the first so many are, in their order. A directory is there once it is made.
 *
 * <p>A sync that fails leaves what it was to write unwritten for ever, as Linux does: a later one
 * that succeeds does not mean it.
 */
public final class LossyDisk extends FileSystem {

  static final int SECTOR_BYTES = 512;

  private static final int NEVER = Integer.MAX_VALUE;

  /** Of names in one directory: one is made, or moved from another, or gone. */
  private record Change(@Nullable String gone, @Nullable String made, LossyFile file) {

    void make(Map<String, LossyFile> names) {
      if (gone != null) {
        names.remove(gone);
      }
      if (made != null) {
        names.put(made, file);
      }
    }
  }

  private final LossyProvider provider = new LossyProvider(this);
  private final Set<String> directories = new TreeSet<>(Set.of("/"));
  private final TreeMap<String, LossyFile> names = new TreeMap<>();
  private final TreeMap<String, LossyFile> durable = new TreeMap<>();
  // By directory, in their order.
  private final TreeMap<String, List<Change>> unsynced = new TreeMap<>();
  private int changesLeft = NEVER;
  private boolean full;
  private boolean failing;

  /** The directory that all others are in. */
  public Path root() {
    return getPath("/");
  }

  // ---- what goes wrong

  /** From now on there is no room: what would take some fails as on Linux. */
  public void fill() {
    full = true;
  }

  /** There is room again. */
  public void makeRoom() {
    full = false;
  }

  /** The next sync fails with an input/output error. */
  public void failNextSync() {
    failing = true;
  }

  /**
   * The power is lost after {@code changes} more writes, syncs and changes of names: each that
   * comes later fails, until {@link #losePower} says what is left.
   */
  public void endAfter(int changes) {
    changesLeft = changes;
  }

  /**
   * The power is lost, and is back: what was not synced may be there or not. Channels that are open
   * must not be used any more.
   *
   * @param inOrder whether sectors were written in their order, so that of what was not synced in a
   *     file the first so many are there
   */
  public void losePower(SplittableRandom random, boolean inOrder) {
    unsynced.forEach(
        (directory, changes) -> {
          int kept = random.nextInt(changes.size() + 1);
          changes.subList(0, kept).forEach(change -> change.make(durable));
        });
    unsynced.clear();
    new LinkedHashSet<>(durable.values()).forEach(file -> file.losePower(random, inOrder));
    names.clear();
    names.putAll(durable);
    changesLeft = NEVER;
    failing = false;
  }

  /** Flips one bit of {@code file}, on the disk and for who reads it. */
  public void flip(Path file, long offset, int bit) throws IOException {
    existing(file).flip(Math.toIntExact(offset), bit);
  }

  // ---- for its provider and its channels

  /** Before each change. */
  void change() throws IOException {
    if (changesLeft == 0) {
      throw new IOException("the power is gone");
    }
    changesLeft -= changesLeft == NEVER ? 0 : 1;
  }

  void requireRoom(Path file) throws IOException {
    if (full) {
      throw new IOException(file + ": No space left on device");
    }
  }

  void sync(LossyFile file) throws IOException {
    change();
    if (failing) {
      failing = false;
      file.forget();
      throw new IOException("Input/output error");
    }
    file.sync();
  }

  void syncDirectory(Path directory) throws IOException {
    change();
    if (failing) {
      failing = false;
      throw new IOException("Input/output error");
    }
    List<Change> changes = unsynced.remove(key(directory));
    if (changes != null) {
      changes.forEach(change -> change.make(durable));
    }
  }

  boolean isDirectory(Path path) {
    return directories.contains(key(path));
  }

  boolean exists(Path path) {
    return isDirectory(path) || names.containsKey(key(path));
  }

  LossyFile existing(Path path) throws NoSuchFileException {
    LossyFile file = names.get(key(path));
    if (file == null) {
      throw new NoSuchFileException(path.toString());
    }
    return file;
  }

  LossyFile create(Path path) throws IOException {
    if (exists(path)) {
      throw new FileAlreadyExistsException(path.toString());
    }
    requireParent(path);
    requireRoom(path);
    change();
    LossyFile file = new LossyFile();
    make(path, new Change(null, key(path), file));
    return file;
  }

  void createDirectory(Path path) throws IOException {
    if (exists(path)) {
      throw new FileAlreadyExistsException(path.toString());
    }
    requireParent(path);
    directories.add(key(path));
  }

  /** Within one directory: at once, and replacing what has that name. */
  void move(Path from, Path to) throws IOException {
    LossyFile file = existing(from);
    if (!key(from.resolveSibling(".")).equals(key(to.resolveSibling(".")))) {
      throw new UnsupportedOperationException(from + " to " + to + ": not within one directory");
    }
    change();
    make(to, new Change(key(from), key(to), file));
  }

  void delete(Path path) throws IOException {
    LossyFile file = existing(path);
    change();
    make(path, new Change(key(path), null, file));
  }

  private void make(Path in, Change change) {
    change.make(names);
    unsynced.computeIfAbsent(key(in.resolveSibling(".")), any -> new ArrayList<>()).add(change);
  }

  private void requireParent(Path path) throws NoSuchFileException {
    if (!isDirectory(path.resolveSibling("."))) {
      throw new NoSuchFileException(String.valueOf(path.getParent()));
    }
  }

  /** The files and directories in {@code directory}, ascending. */
  List<Path> list(Path directory) throws NotDirectoryException {
    if (!isDirectory(directory)) {
      throw new NotDirectoryException(directory.toString());
    }
    String own = key(directory);
    Set<String> all = new TreeSet<>(names.keySet());
    all.addAll(directories);
    List<Path> inside = new ArrayList<>();
    for (String name : all) {
      Path path = getPath(name);
      if (!name.equals(own) && key(path.resolveSibling(".")).equals(own)) {
        inside.add(directory.resolve(String.valueOf(path.getFileName())));
      }
    }
    return inside;
  }

  private static String key(Path path) {
    return path.toAbsolutePath().normalize().toString();
  }

  // ---- as a file system

  @Override
  public FileSystemProvider provider() {
    return provider;
  }

  @Override
  public Path getPath(String first, String... more) {
    return new LossyPath(this, FileSystems.getDefault().getPath(first, more));
  }

  @Override
  public PathMatcher getPathMatcher(String syntaxAndPattern) {
    PathMatcher plain = FileSystems.getDefault().getPathMatcher(syntaxAndPattern);
    return path -> plain.matches(LossyPath.plain(path));
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public boolean isReadOnly() {
    return false;
  }

  @Override
  public String getSeparator() {
    return "/";
  }

  @Override
  public Iterable<Path> getRootDirectories() {
    return List.of(root());
  }

  @Override
  public Iterable<FileStore> getFileStores() {
    return List.of();
  }

  @Override
  public Set<String> supportedFileAttributeViews() {
    return Set.of("basic");
  }

  @Override
  public UserPrincipalLookupService getUserPrincipalLookupService() {
    throw new UnsupportedOperationException();
  }

  @Override
  public WatchService newWatchService() {
    throw new UnsupportedOperationException();
  }

  /** It stays open: nothing is to be given back. */
  @Override
  public void close() {}
}
