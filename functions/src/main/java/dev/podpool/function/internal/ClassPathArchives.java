package dev.podpool.function.internal;

import dev.podpool.function.CaptureException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * A class path as archives that can travel, in its order. Each entry is looked at once in a JVM.
 *
 * <p>Jars are taken as they are, with those that their manifests name behind them: a program
 * started by {@code java -jar} has the others only there. Directories are packed, without files and
 * folders whose name begins with a dot. What is not there, or is no jar, is skipped, as Java does.
 * What each worker's child has anyway is left out: see {@link #WITH_THE_CHILD}.
 */
public final class ClassPathArchives {
  /** Largest archive that travels. */
  public static final long ARCHIVE_BYTES_MAX = 512L << 20;

  /** Most entries that an archive may have. */
  public static final int ENTRIES_MAX = 200_000;

  /** An entry all of whose classes are below one of these is not sent: a child has its own. */
  private static final List<String> WITH_THE_CHILD =
      List.of(
          "dev/podpool/function/",
          "dev/podpool/protocol/",
          "dev/podpool/queue/",
          "dev/podpool/sandbox/",
          "dev/podpool/session/",
          "dev/podpool/worker/",
          "com/fasterxml/jackson/annotation/",
          "com/fasterxml/jackson/core/",
          "com/fasterxml/jackson/databind/",
          "com/fasterxml/jackson/datatype/jdk8/",
          "com/fasterxml/jackson/datatype/jsr310/",
          "com/fasterxml/jackson/module/paramnames/",
          "com/google/protobuf/",
          "io/grpc/",
          "org/jspecify/");

  private static final ConcurrentHashMap<Path, Optional<Archive>> KNOWN = new ConcurrentHashMap<>();

  private ClassPathArchives() {}

  /**
   * A jar that is ready to be sent.
   *
   * @param name for people: "index.jar", "target/classes"
   * @param file there until this JVM ends
   */
  public record Archive(
      String name,
      Path file,
      @SuppressWarnings("ArrayRecordComponent") byte[] sha256,
      long sizeBytes) {}

  /**
   * The archives of {@code classPath}. Reads all of it the first time, and blocks meanwhile.
   *
   * @param classPath in the form of the system property {@code java.class.path}
   * @throws CaptureException if an entry is too large to travel, or cannot be read
   */
  public static List<Archive> of(String classPath) {
    Set<Path> entries = new LinkedHashSet<>();
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      add(Path.of(entry).toAbsolutePath().normalize(), entries);
    }
    List<Archive> archives = new ArrayList<>();
    for (Path entry : entries) {
      KNOWN.computeIfAbsent(entry, ClassPathArchives::archive).ifPresent(archives::add);
    }
    return archives;
  }

  /** A new digest of the kind that archives, and other blobs, are named by. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static void add(Path entry, Set<Path> entries) {
    if (Files.isDirectory(entry)) {
      entries.add(entry);
    } else if (Files.isRegularFile(entry) && entries.add(entry)) {
      for (Path further : ManifestClassPath.of(entry)) {
        add(further, entries);
      }
    }
  }

  private static Optional<Archive> archive(Path entry) {
    try {
      return Files.isDirectory(entry) ? packed(entry) : asItIs(entry);
    } catch (IOException e) {
      throw new CaptureException(
          "the class path's entry "
              + entry
              + " cannot be read ("
              + e
              + "), so the code cannot travel. Make it readable, or take it off the class path.");
    }
  }

  private static Optional<Archive> asItIs(Path jar) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      if (isWithTheChild(zip.stream().map(entry -> entry.getName()).toList())) {
        return Optional.empty();
      }
    } catch (ZipException e) {
      return Optional.empty(); // Java skips it, too
    }
    long size = Files.size(jar);
    if (size > ARCHIVE_BYTES_MAX) {
      throw PackedDirectory.tooLarge(jar, size + " bytes");
    }
    MessageDigest digest = sha256();
    try (InputStream in = Files.newInputStream(jar)) {
      byte[] buffer = new byte[64 << 10];
      int count;
      while ((count = in.read(buffer)) >= 0) {
        digest.update(buffer, 0, count);
      }
    }
    return Optional.of(new Archive(jar.getFileName().toString(), jar, digest.digest(), size));
  }

  private static Optional<Archive> packed(Path directory) throws IOException {
    PackedDirectory packed = PackedDirectory.list(directory);
    if (packed.names().isEmpty() || isWithTheChild(packed.names())) {
      return Optional.empty();
    }
    Path parent = directory.getParent();
    Path name = parent == null || parent.getParent() == null ? directory : lastTwo(directory);
    return Optional.of(packed.pack(name.toString()));
  }

  private static Path lastTwo(Path directory) {
    int names = directory.getNameCount();
    return directory.subpath(names - 2, names);
  }

  private static boolean isWithTheChild(Iterable<String> names) {
    boolean any = false;
    for (String name : names) {
      String plain = name.replaceFirst("^META-INF/versions/\\d+/", "");
      if (!plain.endsWith(".class") || plain.equals("module-info.class")) {
        continue;
      }
      if (WITH_THE_CHILD.stream().noneMatch(plain::startsWith)) {
        return false;
      }
      any = true;
    }
    return any;
  }
}
