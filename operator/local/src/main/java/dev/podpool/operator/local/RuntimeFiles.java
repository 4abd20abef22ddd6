package dev.podpool.operator.local;

import dev.podpool.rpc.RuntimeDirectory;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
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
 * tmp                temporary directories of processes; emptied at each start
 * </pre>
 */
final class RuntimeFiles {

  private static final Set<PosixFilePermission> DIRECTORY =
      PosixFilePermissions.fromString("rwx------");
  private static final FileAttribute<?> PRIVATE_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
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

  Path temporary() {
    return directory.path().resolve("tmp");
  }

  Path status(String pool) {
    return status().resolve(pool + ".json");
  }

  /** Makes the directories that are missing. */
  void makeDirectories() throws IOException {
    makePrivate(directory.path());
    for (Path each : new Path[] {pools(), applied(), status(), logs()}) {
      makePrivate(each);
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
    try (DirectoryStream<Path> files = Files.newDirectoryStream(from, "*" + MANIFEST)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        String text = read(file);
        if (text != null) {
          found.put(name.substring(0, name.length() - MANIFEST.length()), text);
        }
      }
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
