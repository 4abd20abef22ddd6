package dev.podpool.operator.local;

import dev.podpool.rpc.RuntimeDirectory;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a runtime keeps in its directory, all of it for its user only.
 *
 * <pre>
 * lock               held while a runtime runs; holds its process's number
 * key                what opens the queue
 * queue              the queue's own
 * pools/NAME.yaml    the pools that are wanted: whoever writes here changes the runtime
 * applied/NAME.yaml  the pools that there are, each as it was last found in order
 * status/NAME.json   what became of each
 * logs               what processes printed, the newest part
 * code               code that travelled
 * class-path         what local up was last given for workers; absent: never any
 * tmp                temporary directories of processes; emptied at each start
 * </pre>
 */
final class RuntimeFiles {

  private static final Set<PosixFilePermission> DIRECTORY =
      PosixFilePermissions.fromString("rwx------");
  private static final FileAttribute<?> PRIVATE_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  // All that a runtime makes there. What tells whose the directory is goes last.
  private static final List<String> OWN =
      List.of(
          "tmp",
          "class-path",
          "code",
          "logs",
          "status",
          "pools",
          "queue",
          "key",
          "lock",
          "applied");
  private static final Pattern UNFINISHED = Pattern.compile("\\.\\d+\\.new"); // see write
  private static final int KEY_BYTES = 32;
  private static final String MANIFEST = ".yaml";

  private final RuntimeDirectory directory;

  RuntimeFiles(RuntimeDirectory directory) {
    this.directory = directory;
  }

  RuntimeDirectory directory() {
    return directory;
  }

  Path pools() {
    return directory.path().resolve("pools");
  }

  Path applied() {
    return directory.path().resolve("applied");
  }

  Path status() {
    return directory.path().resolve("status");
  }

  Path logs() {
    return directory.path().resolve("logs");
  }

  Path code() {
    return directory.path().resolve("code");
  }

  Path classPath() {
    return directory.path().resolve("class-path");
  }

  Path temporary() {
    return directory.path().resolve("tmp");
  }

  Path status(String pool) {
    return status().resolve(pool + ".json");
  }

  /**
   * Makes the directories that are missing.
   *
   * @throws RuntimeUnusableException if the directory holds what is somebody else's, or can't be
   *     written
   */
  void makeDirectories() throws IOException {
    try {
      makeMissing();
    } catch (FileSystemException e) {
      throw RuntimeUnusableException.of(directory.path(), e);
    }
  }

  private void makeMissing() throws IOException {
    if (!isRuntimes() && !isEmpty(directory.path())) {
      throw new RuntimeUnusableException(
          directory.path()
              + " is no runtime's directory, and not empty: give one that is empty, or not there"
              + " (--runtime, or "
              + RuntimeDirectory.VARIABLE
              + ")");
    }
    makePrivate(directory.path());
    for (Path each : new Path[] {applied(), pools(), status(), logs()}) {
      makePrivate(each);
    }
  }

  /** Whether a runtime has made its directories there: the first that it makes tells. */
  boolean isRuntimes() {
    return Files.isDirectory(applied());
  }

  private static boolean isEmpty(Path path) throws IOException {
    if (!Files.exists(path)) {
      return true;
    }
    try (DirectoryStream<Path> all = Files.newDirectoryStream(path)) {
      return !all.iterator().hasNext();
    }
  }

  /**
   * Deletes what a runtime has made there, and the directory if that was all.
   *
   * @return false if it was not, and the directory stays with the rest
   * @throws IOException if something of it could not be deleted
   */
  boolean deleteOwn() throws IOException {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(directory.path())) {
      for (Path each : all) {
        if (UNFINISHED.matcher(each.getFileName().toString()).matches()) {
          delete(each);
        }
      }
    }
    for (String name : OWN) {
      Path own = directory.path().resolve(name);
      delete(own);
      if (Files.exists(own, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException(own + " could not be deleted wholly; see who has it");
      }
    }
    try {
      Files.delete(directory.path());
      return true;
    } catch (DirectoryNotEmptyException e) {
      return false;
    }
  }

  private static void makePrivate(Path path) throws IOException {
    Files.createDirectories(path, PosixFilePermissions.asFileAttribute(DIRECTORY));
    if (!Files.getPosixFilePermissions(path).equals(DIRECTORY)) {
      Files.setPosixFilePermissions(path, DIRECTORY); // fails where it is somebody else's
    }
  }

  /** Makes a key where there is none, and empties what belongs to processes that are gone. */
  void prepare() throws IOException {
    if (!Files.exists(directory.key())) {
      byte[] key = new byte[KEY_BYTES];
      new SecureRandom().nextBytes(key);
      write(directory.key(), HexFormat.of().formatHex(key) + "\n");
    }
    delete(temporary());
    makePrivate(temporary());
  }

  /** A new temporary directory of one process, which {@link #delete} ends. */
  Path temporary(String process) throws IOException {
    return Files.createTempDirectory(temporary(), process);
  }

  // ---- manifests

  /** The text of each manifest in {@code from}, by the pool that its file is named after. */
  static Map<String, String> manifests(Path from) throws IOException {
    Map<String, String> found = new TreeMap<>();
    for (String pool : pools(from)) {
      String text = read(manifest(from, pool));
      if (text != null) {
        found.put(pool, text);
      }
    }
    return found;
  }

  /** The pools that manifests in {@code from} are named after, whatever is in these. */
  static Set<String> pools(Path from) throws IOException {
    Set<String> found = new TreeSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(from, "*" + MANIFEST)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        found.add(name.substring(0, name.length() - MANIFEST.length()));
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return found;
  }

  static Path manifest(Path in, String pool) {
    return in.resolve(pool + MANIFEST);
  }

  // ---- files

  /** Null where there is no such file. */
  static @Nullable String read(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      return null;
    } catch (CharacterCodingException e) {
      throw new IOException(file + " is not text in UTF-8", e);
    }
  }

  /** Has {@code text} in {@code file}, whole or not at all, and durably. */
  static void write(Path file, String text) throws IOException {
    Path written = Files.createTempFile(file.getParent(), ".", ".new", PRIVATE_FILE);
    try {
      try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(written);
    }
  }

  /** Deletes {@code path} with what is in it, links and not what they lead to, as far as it can. */
  static void delete(Path path) {
    File[] files = Files.isSymbolicLink(path) ? null : path.toFile().listFiles();
    if (files != null) {
      for (File file : files) {
        delete(file.toPath());
      }
    }
    var _ = path.toFile().delete();
  }
}
